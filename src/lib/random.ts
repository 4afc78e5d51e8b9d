import { randomFillSync, randomUUID } from 'node:crypto';

/** Chance, handed in so that a simulation can be replayed from its seed. */
export interface Random {
  /** A number from 0 (included) to 1 (excluded). */
  next(): number;
  uuid(): string;
}

export const systemRandom: Random = {
  next: () => randomFillSync(new Uint32Array(1))[0]! / 2 ** 32,
  uuid: () => randomUUID(),
};

/** A small seeded generator (mulberry32): not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const hex = (digits: number): string => Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join('');
  return { next, uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}` };
}

// Upstream's alphabet for generated names: no vowels and no look-alikes (apimachinery, util/rand).
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** `length` characters that are safe in a name, as in the suffix of generateName. */
export function nameSuffix(random: Random, length = 5): string {
  let suffix = '';
  for (let i = 0; i < length; i++) suffix += alphabet[Math.floor(random.next() * alphabet.length)];
  return suffix;
}
