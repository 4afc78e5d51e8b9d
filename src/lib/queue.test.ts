import { expect, test } from 'vitest';
import { jittered } from './backoff.ts';
import { sleep } from './clock.ts';
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
  const spans = times.slice(1).map((it, i) => it - (times[i] ?? 0));
  // Doubling, and up to a quarter longer.
  expect(spans.map((it, i) => it >= 5 * 2 ** i && it <= Math.round(5 * 2 ** i * 1.25))).toEqual([true, true, true, true]);
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

test('keys that failed together come back apart', () => {
  const spans = new Set(Array.from({ length: 40 }, (_, i) => jittered(1_000, `default/web-${i} 3`)));
  expect([spans.size > 30, Math.min(...spans) >= 1_000, Math.max(...spans) <= 1_250, jittered(1_000, 'a')]).toEqual([
    ...[true, true, true],
    jittered(1_000, 'a'),
  ]);
});

test('it tells how long a key was due before it was worked on', async () => {
  const clock = new VirtualClock();
  const waits: number[] = [];
  const queue = new WorkQueue({ clock, workers: 1, work: () => sleep(clock, 20), onWait: (span) => void waits.push(span) });
  for (const key of ['a', 'b', 'a']) queue.add(key);
  await clock.advance(5);
  // Due again while it is worked on: it waits for that.
  queue.add('a');
  await clock.advance(100);
  expect(waits).toEqual([0, 20, 35]);
});
