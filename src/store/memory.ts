import { type Disk, type HistoryBudget, Revisions } from './revisions.ts';
import type { Change, Store } from './store.ts';

const defaultBudget: HistoryBudget = { memoryBytes: 64 << 20, diskBytes: 64 << 20 };

/** A store that ends with the process: for tests and simulation. History is what the memory budget holds. */
export function openMemoryStore(budget: Partial<HistoryBudget> = {}): Store {
  return new Revisions(forgetfulDisk(), { ...defaultBudget, ...budget });
}

/** Keeps the changes in an array: the "disk" that the memory budget's overflow goes to. */
function forgetfulDisk(): Disk {
  let kept: Change[] = [];
  let bytes = 0;
  const size = (change: Change): number => (change.entry?.value.byteLength ?? 0) + 200;
  return {
    current: [],
    revision: 0,
    oldest: 0,
    async commit(changes) {
      kept.push(...changes);
      for (const change of changes) bytes += size(change);
    },
    changes: (since, until) => kept.filter((it) => it.revision > since && it.revision <= until),
    async compact(_, revision) {
      for (const change of kept) if (change.revision <= revision) bytes -= size(change);
      kept = kept.filter((it) => it.revision > revision);
    },
    bytes: () => bytes,
    async close() {},
  };
}
