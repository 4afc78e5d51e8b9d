import type { Random } from '../../src/lib/random.ts';

/** Chance in the forms a simulation asks for, all from one seeded source. */
export type Draw = {
  /** True so often. */
  chance(share: number): boolean;
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  one<T>(of: readonly T[]): T | undefined;
};

export const drawFrom = (random: Random): Draw => ({
  chance: (share) => random.next() < share,
  whole: (least, most) => least + Math.floor(random.next() * (most - least + 1)),
  one: (of) => of[Math.floor(random.next() * of.length)],
});
