import { describe, expect, test } from 'vitest';
import { aPod, aSet, now } from '../../../test/fixtures/controllers/workloads.ts';
import { nextAvailableIn } from '../available.ts';
import { statusOf } from './status.ts';

const none = { active: [], terminating: 0, fault: undefined };

test('counts that are zero are left out, but for replicas and terminatingReplicas', () => {
  expect(statusOf(aSet('web', 3), none, now)).toEqual({ replicas: 0, terminatingReplicas: 0, observedGeneration: 1 });
});

test('a pod is fully labelled when it has all labels of the template', () => {
  const set = aSet('web', 2);
  const full = aPod('full', { readyFor: 5 });
  full.metadata.labels = { app: 'web', 'pod-template-hash': 'web', more: 'x' };
  const status = statusOf(set, { ...none, active: [full, aPod('less')] }, now);
  expect(status).toMatchObject({ replicas: 2, fullyLabeledReplicas: 1, readyReplicas: 1, availableReplicas: 1 });
});

const ages: Array<[minReadySeconds: number, readyFor: number, available: boolean, next: number | undefined]> = [
  [0, 0, true, undefined],
  [10, 0, false, 10_000],
  [10, 9, false, 1_000],
  [10, 10, true, undefined],
  [10, 600, true, undefined],
];
test.each(ages)('with minReadySeconds %i, ready for %i s', (minReadySeconds, readyFor, available, next) => {
  const set = aSet('web', 1);
  set.spec.minReadySeconds = minReadySeconds;
  const active = [aPod('a', { readyFor }), aPod('not ready')];
  expect(statusOf(set, { ...none, active }, now).availableReplicas ?? 0).toBe(available ? 1 : 0);
  expect(nextAvailableIn(active, minReadySeconds, now)).toBe(next);
});

describe('a failure', () => {
  const fault = new Error('pods "web-" is forbidden: exceeded quota');
  test('becomes a condition that names what could not be done', () => {
    expect(statusOf(aSet('web', 1), { ...none, fault }, now).conditions).toEqual([
      {
        type: 'ReplicaFailure',
        status: 'True',
        reason: 'FailedCreate',
        message: 'pods "web-" is forbidden: exceeded quota',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ]);
    expect(statusOf(aSet('web', 0), { ...none, active: [aPod('a')], fault }, now).conditions?.[0]?.reason).toBe('FailedDelete');
  });
  test('stands as it was first told, and goes when all is well', () => {
    const set = aSet('web', 1);
    set.status = statusOf(set, { ...none, fault }, now - 60_000);
    const again = statusOf(set, { ...none, fault: new Error('another') }, now);
    expect(again.conditions).toEqual(set.status.conditions);
    expect(statusOf(set, none, now).conditions).toBeUndefined();
  });
});
