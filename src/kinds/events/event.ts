import type { KubeObject } from '../../meta/types.ts';
import { event } from '../core/event.ts';
import { defineKind } from '../define.ts';
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

export const eventsEvent = defineKind<Event>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  bareTable: true,
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
