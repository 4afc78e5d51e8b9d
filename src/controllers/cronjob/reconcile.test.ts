import { expect, test } from 'vitest';
import { startLaggingPlane } from '../../../test/fixtures/controllers/lagging-plane.ts';
import { startStandIn } from '../../../test/fixtures/controllers/stand-in-kubelet.ts';
import { type batch, cronJob, job as jobKind } from '../../kinds/index.ts';
import { hours, minutes, seconds } from '../../lib/clock.ts';
import { jobOrphans } from '../job/orphans.ts';
import { jobs } from '../job/reconcile.ts';
import { cronJobs } from './reconcile.ts';

const key = { namespace: 'default', name: 'tick' };
const draft = (spec: Partial<batch.CronJobSpec>) => ({
  metadata: key,
  spec: {
    schedule: '0 * * * *',
    concurrencyPolicy: 'Allow' as const,
    ...{ successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 },
    jobTemplate: {
      spec: {
        ...{ parallelism: 1, completions: 1, completionMode: 'NonIndexed' as const, backoffLimit: 0 },
        selector: { matchLabels: { job: 'none' } },
        template: {
          metadata: { labels: { job: 'none' } },
          spec: { restartPolicy: 'Never' as const, containers: [{ name: 'app', image: 'busybox' }] },
        },
      },
    },
    ...spec,
  },
  status: {},
});

test('over four days, with late news and failures, every hour runs once and in time; old jobs go', async () => {
  const plane = await startLaggingPlane([cronJobs, jobs, jobOrphans], { seed: 5, lag: seconds(2) });
  const { client, clock, random } = plane;
  const abort = new AbortController();
  const kubelet = startStandIn(client, clock, abort.signal);
  kubelet.fate = () => (random.next() < 0.2 ? 'failed' : 'succeeded');
  const seen = new Map<string, batch.Job>();
  void (async () => {
    for await (const { type, object } of client.watch(jobKind, {}, abort.signal))
      if (type === 'ADDED') seen.set(object.metadata.uid, object);
  })();
  const begin = Math.floor(clock.now() / hours(1)) * hours(1);
  await client.create(cronJob, draft({}));
  plane.failures = 0.1;
  for (let hour = 0; hour < 96; hour++) {
    await clock.advance(hours(1));
    if (hour % 10 === 3) plane.cutWatches();
  }
  plane.failures = 0;
  await clock.advance(minutes(30));
  const names = [...seen.values()].map((it) => it.metadata.name).sort();
  expect(names).toEqual(Array.from({ length: 96 }, (_, i) => `tick-${(begin + hours(i + 1)) / 60_000}`));
  const late = [...seen.values()].map((it) => Date.parse(it.metadata.creationTimestamp) % hours(1));
  expect(Math.max(...late)).toBeLessThan(minutes(2));
  expect((await client.list(jobKind)).items.length).toBeLessThanOrEqual(4);
  const { status } = (await client.get(cronJob, key)) as batch.CronJob;
  expect([status?.active, status?.lastScheduleTime]).toEqual([undefined, '2026-01-05T00:00:00Z']);
  abort.abort();
  plane.close();
});

test.each([
  ['Allow', 3, 3],
  ['Forbid', 1, 1],
  ['Replace', 3, 1],
] as const)('jobs that do not end: %s', async (concurrencyPolicy, made, active) => {
  const plane = await startLaggingPlane([cronJobs, jobs, jobOrphans], { seed: 1, lag: 0 });
  const { client, clock } = plane;
  const abort = new AbortController();
  startStandIn(client, clock, abort.signal);
  await client.create(cronJob, draft({ concurrencyPolicy }));
  await clock.advance(hours(3) + minutes(10));
  const created = plane.events.filter((it) => it.startsWith('tick Normal SuccessfulCreate')).length;
  const { status } = (await client.get(cronJob, key)) as batch.CronJob;
  expect([created, status?.active?.length, (await client.list(jobKind)).items.length]).toEqual([made, active, active]);
  expect(plane.events.some((it) => it.includes('JobAlreadyActive'))).toBe(concurrencyPolicy === 'Forbid');
  abort.abort();
  plane.close();
});

test('a controller that was away starts the newest time it missed, if it may still', async () => {
  for (const [startingDeadlineSeconds, want] of [
    [undefined, 1],
    [60, 0],
    [7200, 1],
  ] as const) {
    const plane = await startLaggingPlane([cronJobs], { seed: 1, lag: 0 });
    await plane.clock.advance(hours(5) + minutes(30));
    await plane.client.create(cronJob, {
      ...draft({ ...(startingDeadlineSeconds !== undefined && { startingDeadlineSeconds }) }),
      metadata: { ...key, creationTimestamp: '2026-01-01T00:10:00Z' },
    });
    await plane.clock.advance(minutes(1));
    const names = (await plane.client.list(jobKind)).items.map((it) => it.metadata.name);
    expect(names).toEqual(want ? [`tick-${Date.parse('2026-01-01T05:00:00Z') / 60_000}`] : []);
    plane.close();
  }
});
