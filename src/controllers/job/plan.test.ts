import { describe, expect, test } from 'vitest';
import { aJob, aJobPod, now } from '../../../test/fixtures/controllers/jobs.ts';
import type { batch, core } from '../../kinds/index.ts';
import { countFailures, type Failures, waitAfter } from './backoff.ts';
import { judgeFailure } from './failure-policy.ts';
import { judgeJob } from './judge.ts';
import { planPods } from './plan.ts';
import { metRule } from './success-policy.ts';
import { countReleased, finish, trackPods } from './track.ts';
import { viewJob } from './view.ts';

const none: Failures = { count: 0 };
const secondsAgo = (n: number): number => now - n * 1000;

describe('how many pods run', () => {
  const running = (...names: string[]) => names.map((it) => aJobPod(it));
  const plan = (spec: Partial<batch.JobSpec>, status: batch.JobStatus, pods: core.Pod[], failures = none) => {
    const it = planPods(viewJob(aJob(spec, status), pods), failures, now);
    return [it.create.length, it.remove.map((pod) => pod.metadata.name), it.again];
  };
  // Cases after upstream's TestControllerSyncJob.
  test.each<[string, Partial<batch.JobSpec>, batch.JobStatus, core.Pod[], Failures, unknown[]]>([
    ['a new job', { parallelism: 2, completions: 5 }, {}, [], none, [2, [], undefined]],
    ['a work queue', { parallelism: 2, completions: undefined }, {}, [], none, [2, [], undefined]],
    ['a work queue after a success', { parallelism: 3, completions: undefined }, { succeeded: 1 }, running('a'), none, [0, [], undefined]],
    ['a pod is missing', { parallelism: 2, completions: 5 }, { active: 2 }, running('a'), none, [1, [], undefined]],
    ['few are left to do', { parallelism: 5, completions: 5 }, { succeeded: 4 }, running('a'), none, [0, [], undefined]],
    ['too many', { parallelism: 1, completions: 5 }, {}, [aJobPod('a'), aJobPod('c', { phase: 'Pending' })], none, [0, ['c'], undefined]],
    ['parallelism of none', { parallelism: 0, completions: 5 }, {}, running('a'), none, [0, ['a'], undefined]],
    ['suspended', { parallelism: 2, completions: 5, suspend: true }, {}, running('a', 'b'), none, [0, ['b', 'a'], undefined]],
    ['a failure just now', {}, { failed: 1 }, [], { count: 1, last: secondsAgo(4) }, [0, [], 6000]],
    ['a failure a while ago', {}, { failed: 1 }, [], { count: 1, last: secondsAgo(11) }, [1, [], undefined]],
    ['a pod that goes is replaced', {}, {}, [aJobPod('a', { isGoing: true })], none, [1, [], undefined]],
    ['or only when it has gone', { podReplacementPolicy: 'Failed' }, {}, [aJobPod('a', { isGoing: true })], none, [0, [], undefined]],
  ])('%s', (_, spec, status, pods, failures, want) => {
    const [create, remove, again] = plan(spec, status, pods, failures);
    expect([create, [...(remove as string[])].sort(), again]).toEqual([want[0], [...(want[1] as string[])].sort(), want[2]]);
  });
});

describe('which indexes run', () => {
  const indexed = { completionMode: 'Indexed' as const, parallelism: 3, completions: 6 };
  const plan = (spec: Partial<batch.JobSpec>, status: batch.JobStatus, pods: core.Pod[]) =>
    planPods(viewJob(aJob({ ...indexed, ...spec }, status), pods), none, now);
  test('the lowest that are free', () => {
    expect(plan({}, {}, []).create).toEqual([0, 1, 2]);
    expect(plan({}, { completedIndexes: '0,2', succeeded: 2 }, [aJobPod('a', { index: 1 })]).create).toEqual([3, 4]);
  });
  test('doubles, strangers and those out of range go first', () => {
    const pods = [aJobPod('a', { index: 0, ready: true }), aJobPod('b', { index: 0 }), aJobPod('c'), aJobPod('d', { index: 9 })];
    expect(
      plan({}, {}, pods)
        .remove.map((it) => it.metadata.name)
        .sort(),
    ).toEqual(['b', 'c', 'd']);
  });
  test('with a limit for each, an index waits for itself, and a failed one is left', () => {
    const perIndex = { backoffLimitPerIndex: 1, backoffLimit: 99 };
    const pods = [
      aJobPod('first', { index: 0, phase: 'Failed', failures: 0, endedAgo: 3 }),
      aJobPod('second', { index: 1, phase: 'Failed', failures: 1, endedAgo: 3 }),
    ];
    const view = viewJob(aJob({ ...indexed, ...perIndex }), pods);
    expect(planPods(view, none, now)).toMatchObject({ create: [2, 3], again: 7000 });
    expect(view.indexed).toMatchObject({ failed: [[1, 1]] });
    expect([...(view.indexed?.held.keys() ?? [])]).toEqual([0]);
  });
});

test('failures are forgotten with a success', () => {
  const failed = (name: string, endedAgo: number) => aJobPod(name, { phase: 'Failed', endedAgo });
  const good = aJobPod('good', { phase: 'Succeeded', endedAgo: 20 });
  expect(countFailures({ count: 1, last: 1 }, [], [failed('a', 30), failed('b', 10)])).toEqual({ count: 3, last: secondsAgo(10) });
  expect(countFailures({ count: 4, last: 1 }, [good], [failed('a', 30), failed('b', 10)])).toEqual({ count: 1, last: secondsAgo(10) });
  expect(countFailures({ count: 4, last: 1 }, [good], [])).toEqual({ count: 0 });
  expect([1, 2, 3, 7, 8, 40].map((count) => waitAfter(count, now, now) / 1000)).toEqual([10, 20, 40, 600, 600, 600]);
});

describe('what ends a job', () => {
  const judge = (spec: Partial<batch.JobSpec>, status: batch.JobStatus, pods: core.Pod[] = []) => {
    const it = judgeJob(viewJob(aJob(spec, status), pods), now);
    return it && [it.type, it.reason, it.message];
  };
  const backoff = ['FailureTarget', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'];
  const onFailure = { template: { spec: { restartPolicy: 'OnFailure' as const, containers: [] } } };
  const indexed = { completionMode: 'Indexed' as const, completions: 3, parallelism: 3 };
  const perIndex = { ...indexed, backoffLimitPerIndex: 0, backoffLimit: 99 };
  const lost = (index: number) => aJobPod(`pod-${index}`, { index, phase: 'Failed', failures: 0 });
  const failJob = { action: 'FailJob' as const, onExitCodes: { operator: 'In' as const, values: [42] } };
  test.each<[string, Partial<batch.JobSpec>, batch.JobStatus, core.Pod[], string[] | undefined]>([
    ['nothing', {}, {}, [aJobPod('a')], undefined],
    ['failures up to the limit', { backoffLimit: 1 }, {}, [aJobPod('a', { phase: 'Failed' })], undefined],
    ['one more', { backoffLimit: 1 }, { failed: 1 }, [aJobPod('a', { phase: 'Failed' })], backoff],
    ['a pod that is deleted has failed', { backoffLimit: 0 }, {}, [aJobPod('a', { isGoing: true })], backoff],
    [
      'or not, as long as only failed ones count',
      { backoffLimit: 0, podReplacementPolicy: 'Failed' },
      {},
      [aJobPod('a', { isGoing: true })],
      undefined,
    ],
    ['restarts in place', { ...onFailure, backoffLimit: 3 }, {}, [aJobPod('a', { restarts: 3 })], backoff],
    ['fewer restarts', { ...onFailure, backoffLimit: 3 }, {}, [aJobPod('a', { restarts: 2 })], undefined],
    [
      'time',
      { activeDeadlineSeconds: 1000 },
      {},
      [],
      ['FailureTarget', 'DeadlineExceeded', 'Job was active longer than specified deadline'],
    ],
    ['no time while suspended', { activeDeadlineSeconds: 10, suspend: true }, {}, [], undefined],
    [
      'a rule',
      { podFailurePolicy: { rules: [failJob] } },
      {},
      [aJobPod('a', { phase: 'Failed', exitCode: 42 })],
      ['FailureTarget', 'PodFailurePolicy', 'Container main for pod default/a failed with exit code 42 matching FailJob rule at index 0'],
    ],
    [
      'all indexes are decided',
      perIndex,
      { completedIndexes: '0,1' },
      [lost(2)],
      ['FailureTarget', 'FailedIndexes', 'Job has failed indexes'],
    ],
    ['some are not', perIndex, { completedIndexes: '0' }, [lost(2)], undefined],
    [
      'too many indexes',
      { ...perIndex, maxFailedIndexes: 1 },
      {},
      [lost(0), lost(1)],
      ['FailureTarget', 'MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes'],
    ],
    [
      'enough successes',
      { ...indexed, successPolicy: { rules: [{ succeededIndexes: '2' }] } },
      { completedIndexes: '2' },
      [],
      ['SuccessCriteriaMet', 'SuccessPolicy', 'Matched rules at index 0'],
    ],
  ])('%s', (_, spec, status, pods, want) => expect(judge(spec, status, pods)).toEqual(want));
});

test('rules of success', () => {
  const met = (rules: batch.SuccessPolicyRule[], indexes: Array<[number, number]>) =>
    metRule({ ...aJob().spec, completions: 10, successPolicy: { rules } }, indexes);
  expect(met([{ succeededCount: 3 }], [[0, 1]])).toBeUndefined();
  expect(met([{ succeededCount: 2 }], [[0, 1]])).toBe('Matched rules at index 0');
  expect(met([{ succeededIndexes: '0-3', succeededCount: 2 }], [[3, 9]])).toBeUndefined();
  expect(met([{ succeededIndexes: '9' }, { succeededIndexes: '0-3', succeededCount: 2 }], [[2, 8]])).toBe('Matched rules at index 1');
});

test('rules of failure: the first that fits', () => {
  const rules: batch.PodFailurePolicyRule[] = [
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    { action: 'Count', onExitCodes: { operator: 'In', values: [1, 2] } },
    { action: 'FailIndex', onExitCodes: { operator: 'NotIn', values: [3] } },
  ];
  const judge = (options: Parameters<typeof aJobPod>[1]) => judgeFailure({ rules }, aJobPod('a', { phase: 'Failed', ...options }));
  expect(judge({ conditions: [{ type: 'DisruptionTarget', status: 'True' }] })).toEqual({ action: 'Ignore', counts: false });
  expect(judge({ exitCode: 2 })).toEqual({ action: 'Count', counts: true });
  expect(judge({ exitCode: 4 })).toEqual({ action: 'FailIndex', counts: true });
  expect(judge({ exitCode: 3 })).toEqual({ counts: true });
});

describe('counting', () => {
  const running = { active: 1, ready: 0, terminating: 0 };
  test('pods are named first and counted when their finalizer has gone', () => {
    const pods = [
      aJobPod('a', { phase: 'Succeeded' }),
      aJobPod('b', { phase: 'Failed' }),
      aJobPod('c'),
      aJobPod('d', { phase: 'Failed', released: true }),
    ];
    const job = aJob({ completions: 3 }, { failed: 1 });
    const { status, release } = trackPods(viewJob(job, pods), undefined, running, now);
    expect(status.uncountedTerminatedPods).toEqual({ succeeded: ['uid-a'], failed: ['uid-b'] });
    expect([status.succeeded, status.failed, release.map((it) => it.metadata.name)]).toEqual([undefined, 1, ['a', 'b']]);
    const counted = countReleased(status, new Set(['uid-b', 'uid-c']), false);
    expect(counted).toMatchObject({ succeeded: 1, failed: 1, active: 1, uncountedTerminatedPods: { failed: ['uid-b'] } });
    // Interrupted in between: the next turn counts what has gone meanwhile, and no more.
    const later = trackPods(
      viewJob({ ...job, status }, [aJobPod('a', { phase: 'Succeeded', released: true }), pods[2] as core.Pod]),
      undefined,
      running,
      now,
    );
    expect(later.status).toMatchObject({ succeeded: 1, failed: 2, uncountedTerminatedPods: {} });
  });
  test('what runs when a job fails has failed; when it succeeds, not', () => {
    const view = viewJob(aJob(), [aJobPod('a'), aJobPod('b', { ready: true })]);
    const end = (type: string) => ({ type, status: 'True', reason: 'Why' });
    const failed = trackPods(view, end('FailureTarget'), { active: 0, ready: 0, terminating: 2 }, now);
    expect(failed.status).toMatchObject({
      uncountedTerminatedPods: { failed: ['uid-a', 'uid-b'] },
      conditions: [{ type: 'FailureTarget' }],
    });
    expect(trackPods(view, end('SuccessCriteriaMet'), running, now).status.uncountedTerminatedPods).toEqual({});
    expect(finish({ ...failed.status }, end('FailureTarget'), now)).toBeUndefined();
    expect(finish({ failed: 2, terminating: 1 }, end('FailureTarget'), now)).toBeUndefined();
    expect(finish({ failed: 2 }, end('FailureTarget'), now)?.conditions).toMatchObject([{ type: 'Failed', reason: 'Why' }]);
    expect(finish({ succeeded: 1 }, end('SuccessCriteriaMet'), now)).toMatchObject({
      completionTime: '2026-01-01T00:00:00Z',
      conditions: [{ type: 'Complete' }],
    });
  });
  test('of an indexed job the indexes are told', () => {
    const pods = [
      aJobPod('a', { index: 3, phase: 'Succeeded' }),
      aJobPod('b', { index: 0, phase: 'Succeeded' }),
      aJobPod('c', { index: 0, phase: 'Succeeded' }),
    ];
    const job = aJob({ completionMode: 'Indexed', completions: 5 }, { completedIndexes: '1', succeeded: 1 });
    const { status, release } = trackPods(viewJob(job, pods), undefined, running, now);
    expect([status.completedIndexes, status.succeeded, release.length]).toEqual(['0,1,3', 3, 3]);
  });
});
