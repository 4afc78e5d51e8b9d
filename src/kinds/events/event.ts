import { type FieldError, invalidValue, required } from '../../meta/field-error.ts';
import { qualifiedName } from '../../meta/names.ts';
import type { KubeObject } from '../../meta/types.ts';
import { event } from '../core/event.ts';
import { defineKind } from '../define.ts';
import { faultsOf } from '../faults.ts';
import type { Event as CoreEvent } from '../generated/core-v1.ts';
import type { Event } from '../generated/events-v1.ts';

/** events.k8s.io shows the same stored events under newer names (upstream: pkg/apis/core/v1 conversion). */
function fromStored(stored: KubeObject): Event {
  const { involvedObject, source, firstTimestamp, lastTimestamp, count, message, reportingComponent, reportingInstance, ...rest } =
    stored as CoreEvent;
  return {
    ...rest,
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject,
    note: message,
    reportingController: reportingComponent ?? '',
    reportingInstance: reportingInstance ?? '',
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
  } as Event;
}

function toStored(it: Event): KubeObject {
  const {
    regarding,
    note,
    reportingController,
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    ...rest
  } = it;
  return {
    ...rest,
    apiVersion: 'v1',
    involvedObject: regarding ?? {},
    message: note,
    reportingComponent: reportingController,
    source: deprecatedSource,
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
    count: deprecatedCount,
  } as CoreEvent;
}

/** The newer group wants to know who tells what (pkg/apis/core/validation, events.go). */
function validate(it: Event, was?: Event): FieldError[] {
  if (was) return [];
  const faults: FieldError[] = [];
  if (!it.eventTime) faults.push(required('eventTime'));
  if (it.type !== 'Normal' && it.type !== 'Warning') faults.push(invalidValue('type', it.type ?? '', 'has invalid value: '));
  for (const field of ['reportingController', 'reportingInstance', 'action', 'reason'] as const)
    if (!it[field]) faults.push(required(field));
  if (it.reportingController)
    faults.push(...faultsOf('reportingController', it.reportingController, qualifiedName(it.reportingController)));
  for (const field of ['reportingInstance', 'action', 'reason'] as const)
    if ((it[field]?.length ?? 0) > 128) faults.push(invalidValue(field, '', 'can have at most 128 characters'));
  if ((it.note?.length ?? 0) > 1024) faults.push(invalidValue('note', '', 'can have at most 1024 characters'));
  return faults;
}

export const eventsEvent = defineKind<Event>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  bareTable: true,
  createOnUpdate: true,
  validate,
  columns: (event.columns ?? []).map((column) => ({ ...column, value: (it, now) => column.value(toStored(it) as CoreEvent, now) })),
  fields: {
    'regarding.kind': (it) => it.regarding?.kind ?? '',
    'regarding.namespace': (it) => it.regarding?.namespace ?? '',
    'regarding.name': (it) => it.regarding?.name ?? '',
    'regarding.uid': (it) => it.regarding?.uid ?? '',
    reason: (it) => it.reason ?? '',
    type: (it) => it.type ?? '',
    reportingController: (it) => it.reportingController ?? '',
  },
  viewOf: { kind: event, fromStored, toStored },
});
