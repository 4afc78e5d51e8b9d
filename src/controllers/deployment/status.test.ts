import { describe, expect, test } from 'vitest';
import { aDeployment, aSet, now } from '../../../test/fixtures/controllers/workloads.ts';
import type { apps } from '../../kinds/index.ts';
import { seconds } from '../../lib/clock.ts';
import { noteProgress, planDeployment } from './plan.ts';
import { countedStatus, judgeAgainIn, rolloutStatus } from './status.ts';

const time = (ago: number): string => `${new Date(now - ago * 1000).toISOString().slice(0, 19)}Z`;
const condition = (type: string, status: string, reason: string, ago: number): apps.DeploymentCondition => ({
  ...{ type, status, reason, message: '' },
  lastUpdateTime: time(ago),
  lastTransitionTime: time(ago),
});
const told = (status: apps.DeploymentStatus, type = 'Progressing'): string => {
  const it = status.conditions?.find((one) => one.type === type);
  return it ? `${it.status} ${it.reason}` : 'none';
};

test('counts are those of all sets; updated are those of the current one', () => {
  const current = aSet('new', 3, { available: 1, status: { replicas: 2, readyReplicas: 2, terminatingReplicas: 1 } });
  const old = aSet('old', 2, { status: { terminatingReplicas: 2 } });
  expect(countedStatus(aDeployment(4, {}, { collisionCount: 2 }), { current, old: [old] }, now)).toMatchObject({
    ...{ observedGeneration: 1, replicas: 4, updatedReplicas: 2, readyReplicas: 4, availableReplicas: 3, unavailableReplicas: 2 },
    ...{ terminatingReplicas: 3, collisionCount: 2 },
  });
});

test('zeros are left out, and terminatingReplicas as long as a set has not told', () => {
  const status = countedStatus(aDeployment(0), { current: aSet('new', 0), old: [] }, now);
  expect(Object.keys(status)).toEqual(['observedGeneration', 'conditions']);
});

const available: Array<[available: number, maxUnavailable: number, want: string]> = [
  [4, 0, 'True MinimumReplicasAvailable'],
  [3, 1, 'True MinimumReplicasAvailable'],
  [2, 1, 'False MinimumReplicasUnavailable'],
];
test.each(available)('with %i of 4 available and %i that may be missing', (up, maxUnavailable, want) => {
  const deployment = aDeployment(4, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable } } });
  expect(told(countedStatus(deployment, { current: aSet('new', 4, { available: up }), old: [] }, now), 'Available')).toBe(want);
});

describe('progress', () => {
  const known = (reason: string, ago: number, counts: apps.DeploymentStatus): apps.DeploymentStatus => ({
    ...counts,
    conditions: [condition('Progressing', reason === 'ProgressDeadlineExceeded' ? 'False' : 'True', reason, ago)],
  });
  const half = { replicas: 4, updatedReplicas: 2, readyReplicas: 3, availableReplicas: 3 };
  const sets = { current: aSet('new', 2, { available: 1 }), old: [aSet('old', 2)] };
  const done = { current: aSet('new', 4), old: [aSet('old', 0)] };

  const cases: Array<[name: string, was: apps.DeploymentStatus, sets: typeof sets, want: string]> = [
    ['the end', known('ReplicaSetUpdated', 10, half), done, 'True NewReplicaSetAvailable'],
    ['the end, after the deadline', known('ProgressDeadlineExceeded', 9999, half), done, 'True NewReplicaSetAvailable'],
    ['more new pods', known('NewReplicaSetCreated', 10, { ...half, updatedReplicas: 1 }), sets, 'True ReplicaSetUpdated'],
    ['fewer old pods', known('NewReplicaSetCreated', 10, { ...half, replicas: 5 }), sets, 'True ReplicaSetUpdated'],
    ['more available ones', known('NewReplicaSetCreated', 10, { ...half, availableReplicas: 2 }), sets, 'True ReplicaSetUpdated'],
    [
      'progress after the deadline',
      known('ProgressDeadlineExceeded', 9999, { ...half, availableReplicas: 2 }),
      sets,
      'True ReplicaSetUpdated',
    ],
    ['none, with time left', known('ReplicaSetUpdated', 600, half), sets, 'True ReplicaSetUpdated'],
    ['none, and the time is over', known('ReplicaSetUpdated', 601, half), sets, 'False ProgressDeadlineExceeded'],
    ['none since long', known('ProgressDeadlineExceeded', 1, half), sets, 'False ProgressDeadlineExceeded'],
    [
      'a finished rollout whose pods fail later',
      known('NewReplicaSetAvailable', 9999, { replicas: 4, updatedReplicas: 4, availableReplicas: 4 }),
      { current: aSet('new', 4, { available: 0 }), old: [aSet('old', 0)] },
      'True NewReplicaSetAvailable',
    ],
    ['nothing known', half, sets, 'none'],
  ];
  test.each(cases)('%s', (_, was, those, want) => {
    expect(told(rolloutStatus(aDeployment(4, {}, was), those, now))).toBe(want);
  });

  test('moves the update time with every sign of it, and the transition time only with the status', () => {
    const was = known('ReplicaSetUpdated', 10, { ...half, availableReplicas: 2 });
    const it = rolloutStatus(aDeployment(4, {}, was), sets, now).conditions?.find((one) => one.type === 'Progressing');
    expect(it).toMatchObject({ lastUpdateTime: time(0), lastTransitionTime: time(10), message: 'ReplicaSet "new" is progressing.' });
  });

  test('is not judged without a deadline', () => {
    for (const progressDeadlineSeconds of [undefined, 0x7fffffff]) {
      const deployment = aDeployment(4, {}, known('ReplicaSetUpdated', 9999, half));
      if (progressDeadlineSeconds === undefined) delete deployment.spec.progressDeadlineSeconds;
      else deployment.spec.progressDeadlineSeconds = progressDeadlineSeconds;
      expect(told(rolloutStatus(deployment, sets, now))).toBe('none');
    }
  });

  test('is looked at again when the deadline has passed', () => {
    const next = (was: apps.DeploymentStatus) => judgeAgainIn(aDeployment(4, {}, was), was, now);
    expect(next(known('ReplicaSetUpdated', 180, half))).toBe(seconds(421));
    expect(next(known('ReplicaSetUpdated', 9999, half))).toBe(seconds(1));
    expect(next(known('ProgressDeadlineExceeded', 1, half))).toBeUndefined();
    expect(next({ ...half, conditions: [] })).toBeUndefined();
  });

  const pauses: Array<[name: string, paused: boolean, reason: string | undefined, want: string]> = [
    ['a pause stops the clock', true, 'ReplicaSetUpdated', 'Unknown DeploymentPaused'],
    ['a pause from the start', true, undefined, 'Unknown DeploymentPaused'],
    ['its end starts it', false, 'DeploymentPaused', 'Unknown DeploymentResumed'],
    ['a missed deadline stays', true, 'ProgressDeadlineExceeded', 'False ProgressDeadlineExceeded'],
    ['a set was found', false, undefined, 'True FoundNewReplicaSet'],
    ['else nothing', false, 'ReplicaSetUpdated', 'True ReplicaSetUpdated'],
  ];
  test.each(pauses)('%s', (_, paused, reason, want) => {
    const was = reason === undefined ? {} : known(reason, 5, half);
    if (reason === 'DeploymentPaused') was.conditions = [condition('Progressing', 'Unknown', reason, 5)];
    expect(told(noteProgress(aDeployment(4, { paused }, was), sets, now).status ?? {})).toBe(want);
  });
});

test('a set’s failure is the deployment’s, the current set’s before others’, and goes with it', () => {
  const failing = (message: string) => ({
    status: { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message, lastTransitionTime: time(7) }] },
  });
  const sets = { current: aSet('new', 1, failing('quota')), old: [aSet('old', 1, failing('other'))] };
  const status = rolloutStatus(aDeployment(2), sets, now);
  expect(status.conditions?.at(-1)).toEqual({
    ...{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota' },
    ...{ lastTransitionTime: time(7), lastUpdateTime: time(7) },
  });
  const later = rolloutStatus(aDeployment(2, {}, status), { current: aSet('new', 1), old: [aSet('old', 1)] }, now);
  expect(told(later, 'ReplicaFailure')).toBe('none');
});

test('a Recreate deployment that was scaled in the middle of a rollout goes on with it', () => {
  const annotations = { 'deployment.kubernetes.io/desired-replicas': '3' };
  const sets = { current: aSet('new', 1, { annotations, available: 0 }), old: [aSet('old', 2, { annotations })] };
  const { sizes, isRollout } = planDeployment(aDeployment(5, { strategy: { type: 'Recreate' } }), sets, () => []);
  expect([sizes.map(({ set, replicas }) => `${set.metadata.name}=${replicas}`), isRollout]).toEqual([['old=0'], true]);
});

test('one step at a time: growth, then shrinkage, then the history', () => {
  const deployment = aDeployment(2, {
    revisionHistoryLimit: 0,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  });
  const plan = (sets: Parameters<typeof planDeployment>[1], it = deployment) => {
    const { create, sizes, remove, isRollout } = planDeployment(it, sets, () => []);
    return { create, sizes: sizes.map(({ set, replicas }) => `${set.metadata.name}=${replicas}`), remove: remove.length, isRollout };
  };
  const rollout = { create: undefined, sizes: [], remove: 0, isRollout: true };
  expect(plan({ current: undefined, old: [aSet('old', 2)] })).toEqual({ ...rollout, create: 1 });
  expect(plan({ current: aSet('new', 1), old: [aSet('old', 2)] })).toEqual({ ...rollout, sizes: ['old=1'] });
  expect(plan({ current: aSet('new', 1), old: [aSet('old', 1)] })).toEqual({ ...rollout, sizes: ['new=2'] });
  const ended = { current: aSet('new', 2), old: [aSet('old', 0)] };
  expect(plan(ended)).toEqual(rollout);
  const status = { replicas: 2, updatedReplicas: 2, availableReplicas: 2, observedGeneration: 1 };
  expect(plan(ended, { ...deployment, status })).toEqual({ ...rollout, remove: 1 });
  const paused = { ...deployment, spec: { ...deployment.spec, paused: true } };
  expect(plan({ current: undefined, old: [aSet('old', 1)] }, paused)).toEqual({ ...rollout, sizes: ['old=2'], isRollout: false });
  const going = { ...deployment, metadata: { ...deployment.metadata, deletionTimestamp: time(1) } };
  expect(plan({ current: undefined, old: [aSet('old', 1)] }, going)).toEqual({ ...rollout, isRollout: false });
});
