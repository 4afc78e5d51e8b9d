import { expect, test } from 'vitest';
import { startLaggingPlane } from '../../../test/fixtures/controllers/lagging-plane.ts';
import { startStandIn } from '../../../test/fixtures/controllers/stand-in-kubelet.ts';
import { type batch, type core, job as jobKind, pod } from '../../kinds/index.ts';
import { hours, minutes, seconds } from '../../lib/clock.ts';
import { isActive } from '../replicaset/plan.ts';
import { jobOrphans } from './orphans.ts';
import { jobs } from './reconcile.ts';
import { isTracked } from './vocabulary.ts';

const key = { namespace: 'default', name: 'work' };
const draft = (spec: Partial<batch.JobSpec>) => ({
  metadata: { ...key, uid: 'the-uid' },
  spec: {
    ...{ parallelism: 4, completions: 12, backoffLimit: 100, completionMode: 'NonIndexed' as const },
    selector: { matchLabels: { job: 'work' } },
    template: {
      metadata: { labels: { job: 'work' } },
      spec: { restartPolicy: 'Never' as const, containers: [{ name: 'app', image: 'busybox' }] },
    },
    ...spec,
  },
  status: {},
});

/** Pods in every end they came to, by uid: what the counts must say. */
const endsOf = () => {
  const ends = new Map<string, core.Pod>();
  return {
    note: (pods: readonly core.Pod[]) => {
      for (const it of pods) if (it.status?.phase === 'Succeeded' || it.status?.phase === 'Failed') ends.set(it.metadata.uid, it);
    },
    count: (phase: string) => [...ends.values()].filter((it) => it.status?.phase === phase).length,
    indexes: () =>
      new Set(
        [...ends.values()]
          .filter((it) => it.status?.phase === 'Succeeded')
          .map((it) => it.metadata.annotations?.['batch.kubernetes.io/job-completion-index']),
      ),
  };
};

test.each([1, 2, 3, 4, 5, 6])('every pod counts once, whatever is late, lost or refused (seed %i)', async (seed) => {
  const plane = await startLaggingPlane([jobs, jobOrphans], { seed, lag: seconds(2) });
  const { client, server, clock, random } = plane;
  const abort = new AbortController();
  const kubelet = startStandIn(client, clock, abort.signal);
  kubelet.fate = () => (random.next() < 0.25 ? 'failed' : random.next() < 0.5 ? 'succeeded' : 'running');
  const ends = endsOf();
  const active: number[] = [];
  kubelet.onEvent = (pods) => {
    ends.note(pods);
    active.push(pods.filter(isActive).length);
  };
  const isIndexed = seed % 2 === 0;
  plane.failures = 0.2;
  await client.create(jobKind, draft(isIndexed ? { completionMode: 'Indexed' } : {}));
  for (let round = 0; round < 60; round++) {
    await clock.advance(seconds(2 + random.next() * 20));
    if (round % 5 === 1) plane.cutWatches();
    if (round % 7 === 2) {
      plane.cutWatches();
      server.compact();
    }
    // What runs for ever is deleted by hand, or ends.
    const { items } = await client.list<core.Pod>(pod, { namespace: 'default' });
    const running = items.filter((it) => it.status?.phase === 'Running' && isActive(it));
    const one = running[Math.floor(random.next() * running.length)];
    if (one && round % 2 === 0) await client.delete(pod, one.metadata, { gracePeriodSeconds: 0 });
    else if (one)
      await client.changeStatus(pod, one, (it) => {
        it.status = { ...it.status, phase: 'Succeeded' };
      });
  }
  plane.failures = 0;
  kubelet.fate = () => 'succeeded';
  for (const it of (await client.list<core.Pod>(pod)).items)
    if (it.status?.phase === 'Running')
      await client.changeStatus(pod, it, (now) => {
        now.status = { ...now.status, phase: 'Succeeded' };
      });
  await clock.advance(hours(3));
  const job = (await client.get(jobKind, key)) as batch.Job;
  expect(job.status?.conditions?.map((it) => it.type)).toEqual(['SuccessCriteriaMet', 'Complete']);
  expect(job.status).toMatchObject({ succeeded: isIndexed ? 12 : ends.count('Succeeded'), uncountedTerminatedPods: {} });
  expect(job.status?.failed ?? 0).toBe(ends.count('Failed'));
  expect(isIndexed ? ends.indexes().size : 12).toBe(12);
  expect(Math.max(...active)).toBeLessThanOrEqual(4);
  if (!isIndexed) expect(ends.count('Succeeded')).toBe(12);
  // Nobody is held any more.
  expect((await client.list<core.Pod>(pod)).items.filter(isTracked)).toEqual([]);
  abort.abort();
  plane.close();
});

async function start(spec: Partial<batch.JobSpec>, fate: (it: core.Pod) => 'ready' | 'failed' | 'succeeded') {
  const plane = await startLaggingPlane([jobs, jobOrphans], { seed: 1, lag: 0 });
  const abort = new AbortController();
  const kubelet = startStandIn(plane.client, plane.clock, abort.signal);
  kubelet.fate = fate;
  await plane.client.create(jobKind, draft(spec));
  const get = async (): Promise<batch.Job> => (await plane.client.get(jobKind, key)) as batch.Job;
  const pods = async (): Promise<readonly core.Pod[]> => (await plane.client.list<core.Pod>(pod)).items;
  const close = (): void => {
    abort.abort();
    plane.close();
  };
  return { plane, kubelet, get, pods, close };
}

test('a job that fails waits 10, 20, 40 seconds between its pods, then gives up', async () => {
  const { plane, get, pods, close } = await start({ parallelism: 1, completions: 1, backoffLimit: 3 }, () => 'failed');
  const counts: number[] = [];
  for (const span of [1, 8, 3, 15, 6, 30, 12, 60]) {
    await plane.clock.advance(seconds(span));
    counts.push((await pods()).length);
  }
  expect(counts).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  expect((await get()).status).toMatchObject({
    failed: 4,
    conditions: [
      { type: 'FailureTarget', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' },
      { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' },
    ],
  });
  expect(plane.events.at(-1)).toBe('work Warning BackoffLimitExceeded Job has reached the specified backoff limit');
  close();
});

test('each index fails for itself', async () => {
  const spec: Partial<batch.JobSpec> = {
    completionMode: 'Indexed',
    completions: 4,
    parallelism: 4,
    backoffLimitPerIndex: 1,
    backoffLimit: 2 ** 31 - 1,
  };
  const odd = (it: core.Pod) => Number(it.metadata.annotations?.['batch.kubernetes.io/job-completion-index']) % 2 === 1;
  const { plane, get, pods, close } = await start(spec, (it) => (odd(it) ? 'failed' : 'succeeded'));
  await plane.clock.advance(minutes(1));
  expect((await get()).status).toMatchObject({
    ...{ succeeded: 2, completedIndexes: '0,2', failed: 4, failedIndexes: '1,3' },
    conditions: [
      { type: 'FailureTarget', reason: 'FailedIndexes' },
      { type: 'Failed', message: 'Job has failed indexes' },
    ],
  });
  const one = (await pods()).find((it) => it.metadata.annotations?.['batch.kubernetes.io/job-index-failure-count'] === '1');
  expect(one).toMatchObject({
    metadata: { labels: { 'batch.kubernetes.io/job-completion-index': '1' } },
    spec: { hostname: 'work-1', containers: [{ env: [{ name: 'JOB_COMPLETION_INDEX' }] }] },
  });
  expect(one?.metadata.name).toMatch(/^work-1-\w{5}$/);
  close();
});

test('suspended, resumed, and out of time', async () => {
  const { plane, get, pods, close } = await start({ suspend: true, activeDeadlineSeconds: 60 }, () => 'ready');
  await plane.clock.advance(minutes(5));
  expect([(await pods()).length, (await get()).status?.startTime]).toEqual([0, undefined]);
  const suspend = (value: boolean) =>
    plane.client.change(jobKind, key, (it) => {
      it.spec.suspend = value;
    });
  await suspend(false);
  await plane.clock.advance(seconds(30));
  expect((await get()).status).toMatchObject({
    active: 4,
    ready: 4,
    conditions: [{ type: 'Suspended', status: 'False', reason: 'JobResumed' }],
  });
  await suspend(true);
  await plane.clock.advance(minutes(2));
  const { active, failed, startTime } = (await get()).status ?? {};
  expect([(await pods()).length, active, failed, startTime]).toEqual([0, undefined, undefined, undefined]);
  await suspend(false);
  await plane.clock.advance(seconds(59));
  expect((await get()).status?.active).toBe(4);
  await plane.clock.advance(seconds(5));
  expect((await get()).status?.conditions?.map((it) => [it.type, it.reason])).toEqual([
    ['Suspended', 'JobResumed'],
    ['FailureTarget', 'DeadlineExceeded'],
    ['Failed', 'DeadlineExceeded'],
  ]);
  expect((await get()).status).toMatchObject({ failed: 4, terminating: 0 });
  expect(plane.events.filter((it) => /Suspended|Resumed/.test(it))).toEqual([
    'work Normal Suspended Job suspended',
    'work Normal Resumed Job resumed',
    'work Normal Suspended Job suspended',
    'work Normal Resumed Job resumed',
  ]);
  close();
});

test('a pod deleted by hand counts once and is replaced; a job somebody else manages is left alone', async () => {
  const { plane, get, pods, kubelet, close } = await start({ parallelism: 1, completions: 1 }, () => 'ready');
  await plane.clock.advance(seconds(1));
  const [one] = await pods();
  await plane.client.delete(pod, one!.metadata);
  await plane.clock.advance(seconds(20));
  expect((await get()).status).toMatchObject({ failed: 1, active: 1, terminating: 0 });
  kubelet.fate = () => 'succeeded';
  await plane.client.create(jobKind, { ...draft({ managedBy: 'example.com/other' }), metadata: { namespace: 'default', name: 'foreign' } });
  await plane.clock.advance(seconds(20));
  expect((await plane.client.get(jobKind, { namespace: 'default', name: 'foreign' }))?.status).toEqual({});
  expect((await pods()).length).toBe(1);
  close();
});

test('a pod that ends just before it would have been given up is counted', async () => {
  const { plane, get, pods, close } = await start({ parallelism: 2, completions: 5 }, () => 'ready');
  await plane.clock.advance(seconds(1));
  const { update } = plane.server;
  const ends = ['Succeeded', 'Running'] as const;
  let given = 0;
  plane.server.update = async (kind, object, options) => {
    // The cache cannot know yet.
    const phase = kind.kind === 'Pod' && !object.metadata.finalizers?.length ? ends[given++] : undefined;
    if (phase)
      await plane.client.changeStatus(pod, object.metadata, (it) => {
        it.status = { ...it.status, phase };
      });
    return update(kind, object, options);
  };
  await plane.client.change(jobKind, key, (it) => {
    it.spec.suspend = true;
  });
  await plane.clock.advance(seconds(30));
  expect((await get()).status).toMatchObject({ succeeded: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
  expect([(await get()).status?.active, (await get()).status?.failed]).toEqual([undefined, undefined]);
  expect((await pods()).map((it) => [it.status?.phase, isTracked(it)])).toEqual([['Succeeded', false]]);
  close();
});

test('a pod that went with its finalizer, of which nobody heard, is not counted once more', async () => {
  const { plane, get, pods, close } = await start({ parallelism: 1, completions: 1 }, () => 'ready');
  await plane.clock.advance(seconds(1));
  const { server, clock } = plane;
  const { update, watch } = server;
  let tell: () => void = () => undefined;
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  server.watch = async function* (kind, ...rest) {
    for await (const event of watch(kind, ...rest)) {
      if (event.type === 'DELETED') await told;
      yield event;
    }
  };
  plane.cutWatches();
  await clock.advance(seconds(10));
  let lost = 0;
  server.update = async (kind, object, options) => {
    const answer = await update(kind, object, options);
    if (kind.kind === 'Pod' && !object.metadata.finalizers?.length && lost++ === 0) throw new Error('the answer was lost');
    return answer;
  };
  const [one] = await pods();
  await plane.client.delete(pod, one!.metadata, { gracePeriodSeconds: 0 });
  await clock.advance(minutes(1));
  expect([lost, (await get()).status?.failed]).toEqual([1, 1]);
  tell();
  await clock.advance(minutes(1));
  expect((await get()).status).toMatchObject({ failed: 1, active: 1, uncountedTerminatedPods: {} });
  close();
});

test('a job past its deadline waits for its last pods without asking again and again', async () => {
  const plane = await startLaggingPlane([jobs], { seed: 1, lag: 0 });
  const abort = new AbortController();
  const kubelet = startStandIn(plane.client, plane.clock, abort.signal);
  kubelet.fate = () => 'running';
  kubelet.stopsAtOnce = false;
  await plane.client.create(jobKind, draft({ activeDeadlineSeconds: 5 }));
  await plane.clock.advance(seconds(4));
  let timers = 0;
  const schedule = plane.clock.schedule.bind(plane.clock);
  plane.clock.schedule = (after, run) => {
    timers += 1;
    return timers < 1_000 ? schedule(after, run) : () => {};
  };
  await plane.clock.advance(minutes(1));
  expect(timers).toBeLessThan(100);
  expect((await plane.client.get(jobKind, key))?.status?.conditions?.map((it) => it.type)).toEqual(['FailureTarget']);
  abort.abort();
  plane.close();
});
