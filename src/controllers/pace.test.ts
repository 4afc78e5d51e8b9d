import { expect, test } from 'vitest';
import { createPace } from './pace.ts';

test('turns keep a distance that grows with the items, up to a limit', () => {
  const pace = createPace(1, 100);
  expect(pace.wait('a', 0)).toBe(0);
  pace.worked('a', 50, 0);
  expect([pace.wait('a', 10), pace.wait('b', 10), pace.wait('a', 50)]).toEqual([40, 0, 0]);
  pace.worked('a', 5000, 60);
  expect(pace.wait('a', 60)).toBe(100);
  pace.worked('a', 4, 200);
  expect(pace.wait('a', 200)).toBe(0);
  pace.worked('a', 50, 200);
  pace.forget('a');
  expect(pace.wait('a', 200)).toBe(0);
});
