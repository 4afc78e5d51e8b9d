import { expect, test } from 'vitest';
import { podOf } from '../../../test/fixtures/controllers/objects.ts';
import type { core, policy } from '../../kinds/index.ts';
import { planBudget, type Scale } from './plan.ts';

const now = Date.UTC(2026, 0, 1);
const aBudget = (spec: policy.PodDisruptionBudgetSpec, status: policy.PodDisruptionBudgetStatus = {}): policy.PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'few', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', generation: 3 },
  spec,
  status,
});
const ready = (n: number): core.Pod[] => Array.from({ length: n }, (_, i) => podOf(`pod-${i}`));
const wanted = (replicas: number): Scale => ({ replicas, unmanaged: [] });

// Cases after upstream's disruption_test.go. Columns: allowed, healthy, desired, expected.
test.each<[string, policy.PodDisruptionBudgetSpec, core.Pod[], Scale, number[]]>([
  ['a number that is there', { minAvailable: 2 }, ready(3), wanted(9), [1, 3, 2, 3]],
  ['fewer than that', { minAvailable: 4 }, ready(3), wanted(9), [0, 3, 4, 3]],
  ['no pods', { minAvailable: 1 }, [], wanted(9), [0, 0, 1, 0]],
  ['nothing is said', {}, ready(2), wanted(9), [2, 2, 0, 2]],
  ['a share of what is wanted, rounded up', { minAvailable: '30%' }, ready(2), wanted(5), [0, 2, 2, 5]],
  ['all of it', { minAvailable: '100%' }, ready(5), wanted(5), [0, 5, 5, 5]],
  ['one may be missing', { maxUnavailable: 1 }, ready(5), wanted(5), [1, 5, 4, 5]],
  ['more than there are', { maxUnavailable: 7 }, ready(5), wanted(5), [5, 5, 0, 5]],
  ['a share may be missing, rounded up', { maxUnavailable: '30%' }, ready(5), wanted(5), [2, 5, 3, 5]],
  ['one that is not ready is missing', { maxUnavailable: 1 }, [...ready(4), podOf('sick', { ready: false })], wanted(5), [0, 4, 4, 5]],
])('%s', (_, spec, pods, scale, want) => {
  const { status } = planBudget(aBudget(spec), pods, () => scale, now);
  expect([status.disruptionsAllowed, status.currentHealthy, status.desiredHealthy, status.expectedPods]).toEqual(want);
  expect(status.conditions).toMatchObject([
    {
      type: 'DisruptionAllowed',
      status: want[0] ? 'True' : 'False',
      reason: want[0] ? 'SufficientPods' : 'InsufficientPods',
      observedGeneration: 3,
    },
  ]);
});

test('an eviction that was allowed counts until it shows, or two minutes have passed', () => {
  const disruptedPods = {
    'pod-0': '2025-12-31T23:59:00Z',
    'pod-1': '2025-12-31T23:57:00Z',
    'pod-2': '2025-12-31T23:59:30Z',
    gone: '2025-12-31T23:59:30Z',
  };
  const pods = ready(4);
  pods[2]!.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  const plan = planBudget(aBudget({ minAvailable: 1 }, { disruptedPods }), pods, () => wanted(0), now);
  expect(plan.status).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1, disruptedPods: { 'pod-0': '2025-12-31T23:59:00Z' } });
  expect([plan.notDeleted.map((it) => it.metadata.name), plan.again]).toEqual([['pod-1'], 60_001]);
});

test('what cannot be reckoned allows nothing', () => {
  const before = aBudget({ maxUnavailable: 1 }, { disruptionsAllowed: 2, currentHealthy: 3, desiredHealthy: 1, expectedPods: 3 });
  const fault = 'jobs.batch does not implement the scale subresource';
  expect(planBudget(before, ready(3), () => ({ fault }), now).status).toMatchObject({
    ...{ disruptionsAllowed: 0, currentHealthy: 3 },
    conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: fault }],
  });
});
