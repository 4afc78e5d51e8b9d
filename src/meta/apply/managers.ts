import type { ManagedFieldsEntry } from '../types.ts';
import { type FieldSet, type FieldSetDraft, isEmpty, member, union } from './field-set.ts';
import { isRecord } from './record.ts';
import { canonicalStep } from './step.ts';

/** Who owns what of an object: an entry of managedFields. */
export type Manager = {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fields: FieldSet;
};

/** Who writes: an entry without what it owns. */
export type Writer = Pick<Manager, 'manager' | 'operation' | 'apiVersion' | 'subresource'>;

/** One who applies is the same in every version of the kind; one who updates is another in each. */
export const isSame = (a: Writer, b: Writer): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  (a.subresource ?? '') === (b.subresource ?? '') &&
  (a.operation === 'Apply' || a.apiVersion === b.apiVersion);

/** What sorts entries upstream: appliers first, then by time and name. */
const sortKey = (it: Manager): string => [it.operation, it.time ?? '', it.manager, it.apiVersion, it.subresource ?? ''].join('\0');

const sorted = (managers: readonly Manager[]): readonly Manager[] => {
  if (managers.length < 2) return managers;
  const keyed = managers.map((it) => ({ it, key: sortKey(it) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ it }) => it);
};

/** How entries are written into an object; undefined when there are none. */
export function entriesOf(managers: readonly Manager[]): ManagedFieldsEntry[] | undefined {
  if (managers.length === 0) return undefined;
  return sorted(managers).map(({ manager, operation, apiVersion, time, fields, subresource }) => ({
    manager,
    operation,
    apiVersion,
    ...(time && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(subresource && { subresource }),
  }));
}

/** Entries the server has written itself: their sets are as they should be. */
export const storedManagers = (entries: readonly ManagedFieldsEntry[] | undefined): readonly Manager[] =>
  (entries ?? []).map((it) => managerOf(it, (it.fieldsV1 ?? {}) as FieldSet));

/** Entries out of a request; undefined when they are not what they should be (upstream: DecodeManagedFields). */
export function readManagers(entries: readonly ManagedFieldsEntry[]): readonly Manager[] | undefined {
  const managers: Manager[] = [];
  for (const it of entries) {
    if (it.operation !== 'Apply' && it.operation !== 'Update') return undefined;
    if (!it.apiVersion || it.fieldsType !== 'FieldsV1') return undefined;
    const fields = readSet(it.fieldsV1 ?? {}, 0);
    if (fields === undefined) return undefined;
    managers.push(managerOf(it, fields));
  }
  return managers;
}

const managerOf = (it: ManagedFieldsEntry, fields: FieldSet): Manager => ({
  manager: it.manager ?? '',
  operation: it.operation === 'Apply' ? 'Apply' : 'Update',
  apiVersion: it.apiVersion ?? '',
  ...(it.time && { time: it.time }),
  ...(it.subresource && { subresource: it.subresource }),
  fields,
});

/** No object of the API goes deeper. */
const deepest = 200;

function readSet(given: unknown, depth: number): FieldSet | undefined {
  if (!isRecord(given) || depth > deepest) return undefined;
  const set: FieldSetDraft = {};
  for (const key of Object.keys(given)) {
    const step = key === '.' ? key : canonicalStep(key);
    const below = step === undefined ? undefined : readSet(given[key], depth + 1);
    if (step === undefined || below === undefined) return undefined;
    set[step] = step === '.' ? member : below;
  }
  // A member without anything below is an empty node. Of the object itself nobody keeps record.
  if (set['.'] !== undefined && (depth === 0 || Object.keys(set).length === 1)) delete set['.'];
  return set;
}

/** At most this many entries of updates are kept apart. */
const mostUpdaters = 10;

/** The oldest updates as one, `ancient-changes`, where there are too many of them (upstream: capmanagers.go). */
export function capped(managers: readonly Manager[]): readonly Manager[] {
  const updaters = managers.filter((it) => it.operation === 'Update');
  let over = updaters.length - mostUpdaters;
  if (over <= 0) return managers;
  const oldest = [...sorted(updaters)];
  const buckets = new Map<string, Manager>();
  const firsts = new Map<string, Manager>();
  const gone = new Set<Manager>();
  for (const it of oldest) {
    if (over <= 0) break;
    const first = firsts.get(it.apiVersion);
    if (!first) {
      firsts.set(it.apiVersion, it);
      continue;
    }
    const into = buckets.get(it.apiVersion) ?? first;
    buckets.set(it.apiVersion, {
      manager: 'ancient-changes',
      operation: 'Update',
      apiVersion: it.apiVersion,
      ...(it.time && { time: it.time }),
      fields: union(into.fields, it.fields),
    });
    gone.add(first).add(it);
    over--;
  }
  const kept = managers.filter((it) => !gone.has(it));
  return [...kept, ...buckets.values()];
}

/** The managers with another one's set in place; whoever owns nothing is left out. */
export function withManager(managers: readonly Manager[], it: Manager): readonly Manager[] {
  const others = managers.filter((other) => !isSame(other, it));
  return isEmpty(it.fields) ? others : [...others, it];
}
