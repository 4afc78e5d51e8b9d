import { type FieldError, invalidValue } from '../../meta/field-error.ts';
import { age } from '../age.ts';
import { type Column, defineKind } from '../define.ts';
import type { Event } from '../generated/core-v1.ts';

function lastSeen(it: Event, now: number): string {
  if (it.series) return `${age(it.series.lastObservedTime, now)} (x${it.series.count} over ${age(it.eventTime ?? it.firstTimestamp, now)})`;
  const last = age(it.lastTimestamp ?? it.eventTime, now);
  return (it.count ?? 1) > 1 ? `${last} (x${it.count} over ${age(it.firstTimestamp ?? it.eventTime, now)})` : last;
}

/** An event stands in the namespace of what it tells of; what has none is told of in `default` or `kube-system`. */
function validate(it: Event): FieldError[] {
  const { namespace = '' } = it.involvedObject ?? {};
  const own = it.metadata.namespace ?? '';
  const fits = namespace ? namespace === own : ['default', 'kube-system'].includes(own);
  return fits ? [] : [invalidValue('involvedObject.namespace', namespace, 'does not match event.namespace')];
}

const columns: ReadonlyArray<Column<Event>> = [
  { name: 'Last Seen', type: 'string', value: lastSeen },
  { name: 'Type', type: 'string', value: (it) => it.type },
  { name: 'Reason', type: 'string', value: (it) => it.reason },
  { name: 'Object', type: 'string', value: (it) => `${(it.involvedObject.kind ?? '').toLowerCase()}/${it.involvedObject.name ?? ''}` },
  { name: 'Subobject', type: 'string', wide: true, value: (it) => it.involvedObject.fieldPath ?? '' },
  {
    name: 'Source',
    type: 'string',
    wide: true,
    value: (it) => [it.source?.component || it.reportingComponent, it.source?.host].filter(Boolean).join(', '),
  },
  { name: 'Message', type: 'string', value: (it) => (it.message ?? '').trim() },
  { name: 'First Seen', type: 'string', wide: true, value: (it, now) => age(it.firstTimestamp ?? it.eventTime, now) },
  { name: 'Count', type: 'integer', wide: true, value: (it) => it.count ?? 1 },
  { name: 'Name', type: 'string', format: 'name', wide: true, value: (it) => it.metadata.name },
];

export const event = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  bareTable: true,
  createOnUpdate: true,
  defaults: (draft) => {
    draft.involvedObject ??= {};
  },
  validate,
  columns,
  fields: {
    'involvedObject.kind': (it) => it.involvedObject.kind ?? '',
    'involvedObject.namespace': (it) => it.involvedObject.namespace ?? '',
    'involvedObject.name': (it) => it.involvedObject.name ?? '',
    'involvedObject.uid': (it) => it.involvedObject.uid ?? '',
    'involvedObject.apiVersion': (it) => it.involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': (it) => it.involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': (it) => it.involvedObject.fieldPath ?? '',
    reason: (it) => it.reason ?? '',
    reportingComponent: (it) => it.reportingComponent ?? '',
    source: (it) => it.source?.component ?? it.reportingComponent ?? '',
    type: (it) => it.type ?? '',
  },
});
