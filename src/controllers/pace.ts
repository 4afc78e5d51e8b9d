import type { Milliseconds } from '../lib/clock.ts';

export type Pace = {
  /** How long `key` is to wait for its turn; 0 when it may go on. */
  wait(key: string, now: Milliseconds): Milliseconds;
  /** `key` had its turn, over so many items. */
  worked(key: string, items: number, now: Milliseconds): void;
  forget(key: string): void;
};

/** Gaps shorter than this are none. */
const unnoticed: Milliseconds = 5;

/**
 * Where each turn costs as much as there are items, and each item's change asks for a turn, the cost would grow with
 * the square. So turns keep a distance that grows with the items, up to `most`; a change after a rest is done at once.
 * Upstream has the same from its limit of requests per second.
 */
export function createPace(perItem: Milliseconds, most: Milliseconds): Pace {
  const free = new Map<string, Milliseconds>();
  return {
    wait: (key, now) => Math.max(0, (free.get(key) ?? 0) - now),
    worked(key, items, now) {
      const gap = Math.min(most, items * perItem);
      if (gap >= unnoticed) free.set(key, now + gap);
      else free.delete(key);
    },
    forget: (key) => void free.delete(key),
  };
}
