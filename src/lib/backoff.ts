import type { Milliseconds } from './clock.ts';
import { fnv } from './fnv.ts';

/** The span before try number `failures` + 1: doubling from `first` to at most `most`. */
export const backoff = (failures: number, first: Milliseconds, most: Milliseconds): Milliseconds =>
  Math.min(most, first * 2 ** Math.min(failures, 30));

/**
 * A span made up to a quarter longer, by what is waited for: those that failed together do not all come back together. The
 * same each time, so that a run can be replayed.
 */
export function jittered(span: Milliseconds, what: string): Milliseconds {
  const hash = fnv(what);
  // The low bits of such a sum tell neighbours apart only after they are stirred once more.
  const stirred = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return Math.round(span * (1 + stirred / 2 ** 34));
}
