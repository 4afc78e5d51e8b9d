import { expect, test } from 'vitest';
import { WorkQueue } from './queue.ts';
import { VirtualClock } from './virtual-clock.ts';

test('a key is worked on once at a time, and again when it was added meanwhile', async () => {
  const clock = new VirtualClock();
  let running = 0;
  let most = 0;
  let runs = 0;
  let release: () => void = () => {};
  const queue = new WorkQueue({
    clock,
    workers: 4,
    async work() {
      running += 1;
      most = Math.max(most, running);
      runs += 1;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      running -= 1;
    },
  });
  for (let i = 0; i < 5; i++) queue.add('a');
  await clock.advance(1);
  queue.add('a');
  queue.add('a');
  release();
  await clock.advance(1);
  release();
  await clock.advance(1);
  expect([runs, most]).toEqual([2, 1]);
});

test('failures come back later and later until they are forgotten', async () => {
  const clock = new VirtualClock();
  const times: number[] = [];
  const start = clock.now();
  const queue = new WorkQueue({
    clock,
    workers: 1,
    async work(key) {
      times.push(clock.now() - start);
      if (times.length < 5) queue.retry(key);
      else queue.forget(key);
    },
  });
  queue.add('a');
  await clock.advance(1_000);
  expect(times).toEqual([0, 5, 15, 35, 75]);
});

test('work begins after the turn in which its key was added', async () => {
  const clock = new VirtualClock();
  const worked: string[] = [];
  const queue = new WorkQueue({ clock, workers: 2, work: async (key) => void worked.push(key) });
  queue.add('a');
  queue.add('b');
  expect(worked).toEqual([]);
  await clock.advance(0);
  expect(worked).toEqual(['a', 'b']);
  queue.add('c');
  queue.stop();
  await clock.advance(0);
  expect(worked).toEqual(['a', 'b']);
});
