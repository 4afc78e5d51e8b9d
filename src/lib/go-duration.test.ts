import { expect, test } from 'vitest';
import { goDuration } from './go-duration.ts';

for (const [span, want] of [
  [0, '0s'],
  [312, '312ms'],
  [1_210, '1.21s'],
  [10_000, '10s'],
  [62_500, '1m2.5s'],
  [80_000, '1m20s'],
  [300_000, '5m0s'],
  [3_600_000, '1h0m0s'],
] as const) {
  test(`${span} ms is ${want}`, () => expect(goDuration(span)).toBe(want));
}
