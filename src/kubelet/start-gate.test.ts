import { expect, test } from 'vitest';
import { createStartGate } from './start-gate.ts';

test('so many at a time, the most urgent first, in turn among equals', async () => {
  const gate = createStartGate(1);
  const order: string[] = [];
  let release = (): void => {};
  const first = gate.run(
    [0, 1],
    () =>
      new Promise<void>((done) => {
        release = done;
      }),
  );
  const rest = (
    [
      ['new 1', [0, 1]],
      ['new 2', [0, 1]],
      ['begun', [0, 0]],
      ['important', [-1000, 1]],
    ] as const
  ).map(([name, at]) => gate.run(at, async () => void order.push(name)));
  release();
  await Promise.all([first, ...rest]);
  expect(order).toEqual(['important', 'begun', 'new 1', 'new 2']);
});

test('a failure gives the place back', async () => {
  const gate = createStartGate(1);
  await expect(gate.run([0], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await gate.run([0], async () => 'yes')).toBe('yes');
});
