import { expect, test } from 'vitest';
import { aPod, aSet, now } from '../../../test/fixtures/controllers/workloads.ts';
import { isActive, planReplicas } from './plan.ts';
import { rankForDeletion } from './rank.ts';

const names = (pods: readonly { metadata: { name: string } }[]): string[] => pods.map((it) => it.metadata.name);

const sizes: Array<[name: string, wanted: number, there: number, create: number, remove: number]> = [
  ['as many as wanted', 3, 3, 0, 0],
  ['too few', 3, 1, 2, 0],
  ['too many', 1, 3, 0, 2],
  ['no more than a burst at once', 700, 0, 500, 0],
  ['no fewer than a burst at once', 0, 700, 0, 500],
];
test.each(sizes)('%s', (_, wanted, there, create, remove) => {
  const pods = Array.from({ length: there }, (_, i) => aPod(`p${i}`));
  const plan = planReplicas(aSet('web', wanted), pods, () => pods, now);
  expect([plan.create, plan.remove.length]).toEqual([create, remove]);
});

test('a set on its way out leaves its pods to the garbage collector', () => {
  const set = aSet('web', 0);
  set.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  expect(planReplicas(set, [aPod('a')], () => [], now)).toEqual({ create: 0, remove: [] });
});

// The first of each pair goes first.
const pairs: Array<[rule: string, first: ReturnType<typeof aPod>, second: ReturnType<typeof aPod>]> = [
  ['without a node before with one', aPod('z', { node: '', readyFor: 9 }), aPod('a', { phase: 'Pending' })],
  ['pending before unknown', aPod('z', { phase: 'Pending' }), aPod('a', { phase: 'Unknown' })],
  ['unknown before running', aPod('z', { phase: 'Unknown' }), aPod('a')],
  ['not ready before ready', aPod('z', { cost: '100' }), aPod('a', { readyFor: 1 })],
  ['cheap before dear', aPod('z', { readyFor: 99_999, cost: '-5' }), aPod('a', { readyFor: 1 })],
  ['a cost that is no number is none', aPod('z', { readyFor: 1, cost: '+1' }), aPod('a', { readyFor: 99_999, cost: '1' })],
  ['ready for a short time before long', aPod('z', { readyFor: 10 }), aPod('a', { readyFor: 1000, restarts: 9 })],
  ['ready about as long: by uid', aPod('a', { readyFor: 1000 }), aPod('z', { readyFor: 950 })],
  ['many restarts before few', aPod('z', { readyFor: 10, restarts: 5 }), aPod('a', { readyFor: 10, restarts: 1 })],
  [
    'restarts of apps before those of sidecars',
    aPod('z', { restarts: 2, sidecarRestarts: 0 }),
    aPod('a', { restarts: 1, sidecarRestarts: 9 }),
  ],
  ['many restarts of sidecars before few', aPod('z', { sidecarRestarts: 2 }), aPod('a', { sidecarRestarts: 1 })],
  ['young before old', aPod('z', { age: 10 }), aPod('a', { age: 5000 })],
  ['about as old: by uid', aPod('a', { age: 1000 }), aPod('z', { age: 990 })],
];
test.each(pairs)('%s', (_, first, second) => {
  expect(names(rankForDeletion([second, first], [], now))).toEqual(names([first, second]));
  expect(names(rankForDeletion([first, second], [], now))).toEqual(names([first, second]));
});

test('pods on a node with many of the same owner go before the one that is alone', () => {
  const [alone, together] = [aPod('a', { node: 'n1', readyFor: 10 }), aPod('z', { node: 'n2', readyFor: 99_999 })];
  const ofAnotherSet = aPod('other', { node: 'n2' });
  expect(names(rankForDeletion([alone, together], [alone, together, ofAnotherSet], now))).toEqual(['z', 'a']);
});

test('pods that are finished or going do not count', () => {
  const going = aPod('going');
  going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  const all = [aPod('done', { phase: 'Succeeded' }), aPod('failed', { phase: 'Failed' }), going, aPod('new', { phase: 'Pending' })];
  expect(names(all.filter(isActive))).toEqual(['new']);
});
