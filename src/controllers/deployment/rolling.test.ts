import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aDeployment, aPod, aSet } from '../../../test/fixtures/controllers/workloads.ts';
import type { IntOrString } from '../../meta/types.ts';
import { maxSurge, maxUnavailable } from './fenceposts.ts';
import { planRecreate } from './recreate.ts';
import { currentSize, planRolling, shrinkOld } from './rolling.ts';

const rolling = (replicas: number, surge: IntOrString, unavailable: IntOrString) =>
  aDeployment(replicas, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } } });
const sizesOf = (sizes: ReturnType<typeof shrinkOld>) => sizes.map(({ set, replicas }) => `${set.metadata.name}=${replicas}`);

const bounds: Array<[replicas: number, surge: IntOrString, unavailable: IntOrString, wantSurge: number, wantUnavailable: number]> = [
  [10, '25%', '25%', 3, 2],
  [1, '25%', '25%', 1, 0],
  [3, '50%', '50%', 2, 1],
  [10, 0, 0, 0, 1],
  [10, '0%', '5%', 0, 1],
  [2, 5, 5, 5, 2],
  [0, '25%', '25%', 0, 0],
];
test.each(bounds)('of %i pods, surge %s and %s unavailable are %i and %i', (replicas, surge, unavailable, wantSurge, wantUnavailable) => {
  const deployment = rolling(replicas, surge, unavailable);
  expect([maxSurge(deployment), maxUnavailable(deployment)]).toEqual([wantSurge, wantUnavailable]);
});

// The cases of upstream's TestDeploymentController_reconcileNewReplicaSet.
const growing: Array<[replicas: number, surge: number, old: number, current: number | undefined, want: number]> = [
  [10, 0, 10, 0, 0],
  [10, 2, 10, 0, 2],
  [10, 2, 5, 0, 7],
  [10, 2, 10, 2, 2],
  [10, 2, 2, 11, 10],
  [10, 2, 10, undefined, 2],
  [10, 2, 0, undefined, 10],
];
test.each(growing)('wanted %i, surge %i, old %i: the current set of %s has %i', (replicas, surge, old, current, want) => {
  const sets = { current: current === undefined ? undefined : aSet('new', current), old: [aSet('old', old)] };
  expect(currentSize(rolling(replicas, surge, 0), sets)).toBe(want);
});

test('a set that has yet to say that it knows its size may have any number of pods: nothing grows until it has', () => {
  const shrunk = aSet('old', 6, { status: { replicas: 4, observedGeneration: 1 } });
  shrunk.metadata.generation = 2;
  const sets = { current: aSet('new', 0), old: [shrunk] };
  expect(currentSize(rolling(8, 0, 2), sets)).toBe(0);
  const known = { ...shrunk, status: { replicas: 6, observedGeneration: 2 } };
  expect(currentSize(rolling(8, 0, 2), { ...sets, old: [known] })).toBe(2);
  // A set that was only just made has no more than it was made with.
  const { status: _, ...fresh } = aSet('old', 6);
  expect(currentSize(rolling(8, 0, 2), { ...sets, old: [fresh] })).toBe(2);
});

// The cases of upstream's TestDeploymentController_reconcileOldReplicaSets, cleanupUnhealthyReplicas and
// scaleDownOldReplicaSetsForRollingUpdate.
const shrinking: Array<
  [name: string, unavailable: number, old: Array<[replicas: number, available: number]>, current: [number, number], want: string[]]
> = [
  ['one, as the fallback allows', 0, [[10, 10]], [0, 0], ['old0=9']],
  ['two that may be missing', 2, [[10, 10]], [0, 0], ['old0=8']],
  ['two that are unhealthy', 2, [[10, 8]], [0, 0], ['old0=8']],
  ['one unhealthy and one that may be missing', 2, [[10, 9]], [0, 0], ['old0=8']],
  ['none, for the new ones are not available', 2, [[8, 8]], [2, 0], []],
  ['one more for each new one that is', 2, [[8, 8]], [2, 1], ['old0=7']],
  ['no healthy one as long as too few are', 2, [[10, 1]], [0, 0], ['old0=8']],
  [
    'unhealthy ones of all sets first, oldest set first',
    2,
    [
      [4, 4],
      [4, 2],
    ],
    [4, 4],
    ['old0=2', 'old1=2'],
  ],
  ['the last ones', 2, [[1, 1]], [10, 10], ['old0=0']],
  ['none where there are none', 2, [[0, 0]], [10, 10], []],
  ['no more than sizes allow, when availability is outdated', 1, [[9, 10]], [0, 0], []],
];
test.each(shrinking)('old sets give up %s', (_, unavailable, old, [size, available], want) => {
  const sets = {
    current: aSet('new', size, { available }),
    old: old.map(([replicas, up], i) => aSet(`old${i}`, replicas, { available: up, age: 9 - i })),
  };
  expect(sizesOf(shrinkOld(rolling(10, 0, unavailable), sets))).toEqual(want);
});

test('what the current set gives up itself is no reason for old ones to give up more', () => {
  const sets = { current: aSet('new', 1, { available: 2 }), old: [aSet('old', 3, { available: 3 })] };
  expect(sizesOf(shrinkOld(rolling(2, 1, 0), sets))).toEqual(['old=1']);
});

test('whatever the sets are like, no step breaks the bounds, and a healthy rollout comes to its end', () => {
  const amount = fc.oneof(
    fc.nat(6),
    fc.nat(100).map((it) => `${it}%`),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      amount,
      amount,
      fc.array(fc.nat(3), { minLength: 30, maxLength: 60 }),
      (replicas, surge, unavailable, luck) => {
        const deployment = rolling(replicas, surge, unavailable);
        const [old, current] = [aSet('old', replicas, { age: 9 }), aSet('new', 0)];
        const [most, fewest] = [replicas + maxSurge(deployment), replicas - maxUnavailable(deployment)];
        for (let step = 0; step < 200; step++) {
          for (const { set, replicas: size } of planRolling(deployment, { current, old: [old] })) {
            set.spec.replicas = size;
            // Its controller keeps pods that are available, if it can.
            set.status = { replicas: size, availableReplicas: Math.min(size, set.status?.availableReplicas ?? 0) };
          }
          // Some of the new pods become available.
          const missing = current.spec.replicas! - (current.status?.availableReplicas ?? 0);
          current.status = {
            replicas: current.spec.replicas!,
            availableReplicas: (current.status?.availableReplicas ?? 0) + Math.min(missing, luck[step % luck.length]!),
          };
          const total = old.spec.replicas! + current.spec.replicas!;
          const available = old.status!.availableReplicas! + current.status.availableReplicas!;
          expect([total <= most, available >= fewest]).toEqual([true, true]);
          if (step % 7 === 6) luck[step % luck.length] = 1;
        }
        expect([old.spec.replicas, current.spec.replicas]).toEqual([0, replicas]);
      },
    ),
    { numRuns: 100 },
  );
});

describe('a rollout without overlap', () => {
  const recreate = aDeployment(3, { strategy: { type: 'Recreate' } });
  const unknowing = (set: ReturnType<typeof aSet>) => ({ ...set, metadata: { ...set.metadata, generation: 2 } });
  const going = aPod('going');
  going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  const cases: Array<
    [name: string, sets: Parameters<typeof planRecreate>[1], pods: Array<ReturnType<typeof aPod>>, want: ReturnType<typeof planRecreate>]
  > = [
    ['begins with the end of the old pods', { current: undefined, old: [aSet('old', 3)] }, [], [{ set: aSet('old', 3), replicas: 0 }]],
    ['waits while a set still counts some', { current: undefined, old: [aSet('old', 0, { status: { replicas: 1 } })] }, [], undefined],
    [
      'waits while a set does not know yet that it is to have none',
      { current: undefined, old: [unknowing(aSet('old', 0))] },
      [],
      undefined,
    ],
    ['waits while one is still going', { current: undefined, old: [aSet('old', 0)] }, [going], undefined],
    ['does not wait for finished ones', { current: undefined, old: [aSet('old', 0)] }, [aPod('done', { phase: 'Succeeded' })], 'create'],
    ['starts where there is nothing', { current: undefined, old: [] }, [], 'create'],
    ['sizes the set that was there', { current: aSet('new', 0), old: [aSet('old', 0)] }, [], [{ set: aSet('new', 0), replicas: 3 }]],
    ['ends', { current: aSet('new', 3), old: [aSet('old', 0)] }, [], []],
  ];
  test.each(cases)('%s', (_, sets, pods, want) => {
    expect(planRecreate(recreate, sets, (set) => (set.metadata.name === 'old' ? pods : []))).toEqual(want);
  });
});
