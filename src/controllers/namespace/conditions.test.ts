import { expect, test } from 'vitest';
import { conditionsAfter, type Found } from './conditions.ts';

const counts = (it: Record<string, number>): Map<string, number> => new Map(Object.entries(it));
const found = (it: Partial<Found>): Found => ({ remaining: counts({}), finalizers: counts({}), faults: [], ...it });

const cases: Array<[name: string, found: Found, type: string, want: string]> = [
  ['all gone', found({}), 'NamespaceContentRemaining', 'False ContentRemoved All content successfully removed'],
  [
    'some left, by name',
    found({ remaining: counts({ 'pods.': 2, 'deployments.apps': 1 }) }),
    'NamespaceContentRemaining',
    'True SomeResourcesRemain Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances',
  ],
  [
    'finalizers',
    found({ finalizers: counts({ 'b/x': 1, 'a/y': 2 }) }),
    'NamespaceFinalizersRemaining',
    'True SomeFinalizersRemain Some content in the namespace has finalizers remaining: a/y in 2 resource instances, b/x in 1 resource instances',
  ],
  [
    'refused',
    found({ faults: ['no', 'never'] }),
    'NamespaceDeletionContentFailure',
    'True ContentDeletionFailed Failed to delete all resource types, 2 remaining: never, no',
  ],
];
test.each(cases)('%s', (_, it, type, want) => {
  const condition = conditionsAfter(undefined, it, 't1').find((one) => one.type === type);
  expect(`${condition?.status} ${condition?.reason} ${condition?.message}`).toBe(want);
});

test('times move with the status alone, foreign conditions stay', () => {
  const foreign = { type: 'Foreign', status: 'True' };
  const first = conditionsAfter([foreign], found({ remaining: counts({ 'pods.': 2 }) }), 't1');
  const second = conditionsAfter(first, found({ remaining: counts({ 'pods.': 1 }) }), 't2');
  const third = conditionsAfter(second, found({}), 't3');
  const time = (all: typeof first): string | undefined => all.find((it) => it.type === 'NamespaceContentRemaining')?.lastTransitionTime;
  expect([time(first), time(second), time(third), third[0], third.length]).toEqual(['t1', 't1', 't3', foreign, 6]);
});
