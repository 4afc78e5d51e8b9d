import { expect, test } from 'vitest';
import { slowStart } from './slow-start.ts';

const cases: Array<[times: number, failFrom: number | undefined, calls: number]> = [
  [0, undefined, 0],
  [1, undefined, 1],
  [10, undefined, 10],
  // The batches are 1, 2, 4, 8: one that holds a failure is finished, the next is not begun.
  [10, 1, 1],
  [10, 2, 3],
  [10, 4, 7],
  [10, 8, 10],
  [500, 100, 127],
];
test.each(cases)('%i times, failing from call %s on: %i calls', async (times, failFrom, calls) => {
  let made = 0;
  const fault = await slowStart(times, async () => {
    made += 1;
    if (failFrom !== undefined && made >= failFrom) throw new Error(`call ${made}`);
  });
  expect([made, fault instanceof Error && fault.message]).toEqual([calls, failFrom !== undefined && `call ${failFrom}`]);
});
