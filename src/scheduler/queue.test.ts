import { expect, test } from 'vitest';
import { anInfo } from '../../test/fixtures/scheduler/objects.ts';
import { minutes, seconds } from '../lib/clock.ts';
import { VirtualClock } from '../lib/virtual-clock.ts';
import { type Entry, SchedulingQueue } from './queue.ts';

function aQueue() {
  const clock = new VirtualClock();
  const queue = new SchedulingQueue(clock, () => undefined);
  const take = (): Entry => queue.next() as Entry;
  const name = (): string | undefined => {
    const entry = queue.next();
    return entry?.info.pod.metadata.name;
  };
  return { clock, queue, take, name };
}

test('the important come first, then those that wait longest', async () => {
  const { clock, queue, name } = aQueue();
  queue.set(anInfo('a'));
  await clock.advance(10);
  queue.set(anInfo('b'));
  queue.set(anInfo('c'));
  queue.set(anInfo('vip', { priority: 5 }));
  queue.set(anInfo('poor', { priority: -5 }));
  queue.remove('uid-b');
  expect([name(), name(), name(), name(), name()]).toEqual(['vip', 'a', 'c', 'poor', undefined]);
});

test('a refused pod comes back after news that may help, but not before it has rested', async () => {
  const { clock, queue, take, name } = aQueue();
  queue.set(anInfo('a'));
  queue.refuse(take(), new Set(['node'] as const));
  await clock.advance(500);
  queue.wake('claim');
  expect(queue.counts().refused).toBe(1);
  queue.wake('node');
  expect([queue.counts().resting, name()]).toEqual([1, undefined]);
  await clock.advance(500);
  expect(name()).toBe('a');
});

test('rests double up to ten seconds', async () => {
  const { clock, queue, take } = aQueue();
  queue.set(anInfo('a'));
  const rests: number[] = [];
  for (let i = 0; i < 6; i++) {
    queue.retry(take());
    const began = clock.now();
    while (queue.counts().ready === 0) await clock.advance(seconds(1));
    rests.push((clock.now() - began) / 1000);
  }
  expect(rests).toEqual([1, 2, 4, 8, 10, 10]);
});

test('without news it comes back after five minutes', async () => {
  const { clock, queue, take, name } = aQueue();
  queue.set(anInfo('a'));
  queue.refuse(take(), new Set(['node'] as const));
  await clock.advance(minutes(5) - 1);
  expect(name()).toBeUndefined();
  await clock.advance(1);
  expect(name()).toBe('a');
});

test('a pod that has changed is tried again; a new status alone is no change', async () => {
  const { clock, queue, take, name } = aQueue();
  queue.set(anInfo('a', {}, { generation: 1 }));
  queue.refuse(take(), new Set());
  await clock.advance(seconds(2));
  queue.set(anInfo('a', {}, { generation: 1 }));
  expect(name()).toBeUndefined();
  queue.set(anInfo('a', {}, { generation: 2 }));
  expect(name()).toBe('a');
});

test('a gated pod waits until its gates are gone', () => {
  const { queue, name } = aQueue();
  queue.set(anInfo('a', { schedulingGates: [{ name: 'quota' }] }));
  expect([name(), queue.counts().gated]).toEqual([undefined, 1]);
  queue.set(anInfo('a'));
  expect(name()).toBe('a');
});

test('a pod that went while it was tried stays away', async () => {
  const { clock, queue, take, name } = aQueue();
  queue.set(anInfo('a'));
  const entry = take();
  queue.remove('uid-a');
  queue.refuse(entry, new Set(['node'] as const));
  queue.retry(entry);
  queue.wake('node');
  await clock.advance(minutes(10));
  expect([name(), queue.counts()]).toEqual([undefined, { ready: 0, resting: 0, refused: 0, gated: 0, busy: 0 }]);
});
