import { deepEqual } from '../copy.ts';
import { compareObjects } from './compare.ts';
import { type Conflict, conflictsOf } from './conflict.ts';
import { difference, emptySet, type FieldSet, intersection, isEmpty, setOf, union } from './field-set.ts';
import { fieldsOf, withNamedFields } from './fields-of.ts';
import { isSame, type Manager, type Writer, withManager } from './managers.ts';
import { mergeObjects } from './merge.ts';
import type { Json } from './record.ts';
import { removeFields, withoutNulls } from './remove.ts';
import type { Struct } from './structure.ts';
import { lessChanged, trackUpdate } from './track.ts';
import { comparisons, type Versions } from './versions.ts';

export type Application = {
  /** `{}` when there is no object yet. */
  live: Json;
  config: Json;
  managers: readonly Manager[];
  by: Writer & { operation: 'Apply' };
  force: boolean;
  /** Now, as metav1.Time. */
  time: string;
  versions: Versions;
  /** What kubectl says it applied last from its own side, if it does. */
  lastApplied?: Json | undefined;
};

/** What became of it: the object with its managers, or what stands against it. */
export type Applied = { conflicts: readonly Conflict[] } | { conflicts?: undefined; object: Json; managers: readonly Manager[] };

/** Who keeps the fields of an object that was there before anybody kept record. */
const beforeFirstApply = 'before-first-apply';

/**
 * Applies a configuration: sets what it says, removes what its applier said last time, says no longer and nobody else
 * owns, and makes the applier the owner of what it says. (Upstream: structured-merge-diff, merge/update.go, and the
 * chain of managers in apimachinery, managedfields/internal.)
 */
export function applyConfiguration(ask: Application): Applied {
  const managers = ask.managers.length > 0 ? ask.managers : firstManagers(ask);
  const applied = applyTo({ ...ask, managers });
  if (!applied.conflicts || ask.by.manager !== 'kubectl' || !ask.lastApplied) return applied;
  // Who moves from `kubectl apply` to server-side apply meets its own former self; that is no conflict.
  const structure = structureFor(ask);
  const { written, removed } = compareObjects(structure, ask.lastApplied, ask.live);
  const itsOwn = difference(difference(fieldsOf(structure, ask.lastApplied), written), removed);
  const conflicts = applied.conflicts.flatMap(({ manager, fields }) => conflictsOf(manager, difference(fields, itsOwn)));
  return conflicts.length > 0 ? { conflicts } : applyTo({ ...ask, managers, force: true });
}

function structureFor({ versions, by }: Pick<Application, 'versions' | 'by'>): Struct {
  const structure = versions.structure(by.apiVersion);
  if (!structure) throw new Error(`nothing is known of ${by.apiVersion}`);
  return structure;
}

const firstManagers = ({ live, by, time, versions }: Application): readonly Manager[] =>
  trackUpdate({ was: {}, now: live, managers: [], by: { ...by, operation: 'Update', manager: beforeFirstApply }, time, versions });

/** Metadata holds what makes the object this one: it is never set nor removed as a whole. */
const metadataItself = setOf('f:metadata');
const namedIn =
  (structure: Struct) =>
  (set: FieldSet): FieldSet =>
    difference(withNamedFields(structure, set), metadataItself);

function applyTo({ live, config, managers, by, force, time, versions }: Application): Applied {
  const structure = structureFor({ versions, by });
  const last = managers.find((it) => isSame(it, by));
  const others = managers.filter((it) => it !== last);
  const fields = difference(fieldsOf(structure, config), metadataItself);
  const merged = mergeObjects(structure, live, config);
  const pruned = last ? prune(merged, last, [...others, { ...by, fields }], by.apiVersion, versions) : merged;
  const object = withoutNulls(structure, pruned) as Json;
  const differences = comparisons(versions, live, object);
  const conflicts = others.flatMap((it) => conflictsOf(it, intersection(it.fields, differences(it.apiVersion)?.written ?? emptySet)));
  if (!force && conflicts.length > 0) return { conflicts };
  const isChange = !deepEqual(object, live) || !last || !deepEqual(last.fields, fields) || last.apiVersion !== by.apiVersion;
  const at = isChange ? time : last.time;
  return { object, managers: withManager(lessChanged(others, differences), { ...by, ...(at && { time: at }), fields }) };
}

/**
 * The merged object without what the applier owned last and does not apply any more: unless somebody else owns it, or
 * it holds something that somebody else owns or nobody does.
 */
function prune(merged: Json, last: Manager, owners: readonly Manager[], apiVersion: string, versions: Versions): Json {
  const structure = versions.structure(last.apiVersion);
  if (!structure || isEmpty(last.fields)) return merged;
  const named = namedIn(structure);
  const before = versions.convert(merged, last.apiVersion);
  const lastFields = named(last.fields);
  const bare = removeFields(structure, before, lastFields);
  const kept = addBackOwned({ merged: before, pruned: bare, apiVersion: last.apiVersion }, owners, versions);
  const had = named(fieldsOf(structure, before));
  const has = named(fieldsOf(structure, versions.convert(kept, last.apiVersion)));
  const result = removeFields(structure, before, intersection(difference(had, has), lastFields));
  return versions.convert(result, apiVersion);
}

type Pruning = { merged: Json; pruned: Json; apiVersion: string };

/** Adds back what somebody owns, in the terms of each owner's version; that of the pruning first. */
function addBackOwned({ merged, pruned, apiVersion }: Pruning, owners: readonly Manager[], versions: Versions): Json {
  const owned = new Map<string, FieldSet>([[apiVersion, emptySet]]);
  for (const it of owners) owned.set(it.apiVersion, union(owned.get(it.apiVersion) ?? emptySet, it.fields));
  let left = pruned;
  for (const [version, set] of owned) {
    const structure = versions.structure(version);
    if (!structure) continue;
    const named = namedIn(structure);
    const whole = versions.convert(merged, version);
    const had = named(fieldsOf(structure, whole));
    const has = named(fieldsOf(structure, versions.convert(left, version)));
    left = removeFields(structure, whole, difference(had, union(has, named(set))));
  }
  return left;
}
