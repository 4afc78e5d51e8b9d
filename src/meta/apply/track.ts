import { difference, emptySet, type FieldSet, isEmpty, union } from './field-set.ts';
import { capped, isSame, type Manager, type Writer, withManager } from './managers.ts';
import type { Json } from './record.ts';
import { comparisons, type Versions } from './versions.ts';

export type Update = {
  /** `{}` when it is created. */
  was: Json;
  now: Json;
  managers: readonly Manager[];
  by: Writer;
  /** Now, as metav1.Time. */
  time: string;
  versions: Versions;
};

/**
 * Who owns what after an update: whoever writes owns what it has changed, everybody else loses that, and what has gone
 * nobody owns. The same list when nothing of it changes (upstream: merge/update.go, managedfieldsupdater.go).
 */
export function trackUpdate({ was, now, managers, by, time, versions }: Update): readonly Manager[] {
  const differences = comparisons(versions, was, now);
  const left = lessChanged(managers, differences);
  const written = differences(by.apiVersion)?.written ?? emptySet;
  if (isEmpty(written)) return left;
  const before = left.find((it) => isSame(it, by))?.fields ?? emptySet;
  return capped(withManager(left, { ...by, time, fields: union(written, before) }));
}

/** The managers without what was changed or has gone; those that own nothing any more are left out. */
export function lessChanged(managers: readonly Manager[], differences: ReturnType<typeof comparisons>): readonly Manager[] {
  let changed = false;
  const left: Manager[] = [];
  for (const it of managers) {
    const found = differences(it.apiVersion);
    const fields: FieldSet = found ? difference(difference(it.fields, found.written), found.removed) : emptySet;
    if (fields !== it.fields) changed = true;
    if (!isEmpty(fields)) left.push(fields === it.fields ? it : { ...it, fields });
  }
  return changed ? left : managers;
}
