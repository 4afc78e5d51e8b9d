import type { Milliseconds } from './clock.ts';

/** The span before try number `failures` + 1: doubling from `first` to at most `most`. */
export const backoff = (failures: number, first: Milliseconds, most: Milliseconds): Milliseconds =>
  Math.min(most, first * 2 ** Math.min(failures, 30));
