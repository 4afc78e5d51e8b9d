import { afterEach, beforeEach, expect, test } from 'vitest';
import { garbageCollector } from '../../../src/controllers/garbage-collector/reconcile.ts';
import { jobOrphans } from '../../../src/controllers/job/orphans.ts';
import { jobs } from '../../../src/controllers/job/reconcile.ts';
import { type batch, type core, job as jobKind, pod } from '../../../src/kinds/index.ts';
import { minutes, seconds } from '../../../src/lib/clock.ts';
import { type ControlPlane, startControlPlane } from '../../fixtures/controllers/control-plane.ts';
import { type StandIn, startStandIn } from '../../fixtures/controllers/stand-in-kubelet.ts';

let plane: ControlPlane;
let kubelet: StandIn;
let abort: AbortController;
beforeEach(async () => {
  abort = new AbortController();
  plane = await startControlPlane([jobs, jobOrphans, garbageCollector]);
  kubelet = startStandIn(plane.client, plane.clock, abort.signal);
});
afterEach(() => {
  abort.abort();
  plane.close();
});

const key = { namespace: 'default', name: 'work' };
const create = (spec: Partial<batch.JobSpec> = {}): Promise<batch.Job> =>
  plane.client.create(jobKind, {
    metadata: key,
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } }, ...spec },
  });
const get = () => plane.client.get(jobKind, key);
const pods = async (): Promise<core.Pod[]> => [...(await plane.client.list(pod, { namespace: 'default' })).items];
const status = (what: string, is: (it: batch.JobStatus) => boolean): Promise<batch.JobStatus> =>
  plane.seen(what, async () => {
    const now = (await get())?.status;
    return now && is(now) && now;
  });
const ended = (type: string) => status(type, (it) => it.conditions?.some((one) => one.type === type && one.status === 'True') === true);

test('a job from beginning to end', async () => {
  kubelet.fate = () => 'succeeded';
  const made = await create({ parallelism: 2, completions: 3 });
  expect(await ended('Complete')).toMatchObject({
    ...{ succeeded: 3, ready: 0, terminating: 0, uncountedTerminatedPods: {} },
    conditions: [
      { type: 'SuccessCriteriaMet', status: 'True', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' },
      { type: 'Complete', status: 'True', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' },
    ],
  });
  const all = await pods();
  expect(all.map((it) => it.metadata.finalizers)).toEqual([undefined, undefined, undefined]);
  expect(all[0]?.metadata).toMatchObject({
    labels: { 'batch.kubernetes.io/controller-uid': made.metadata.uid, 'job-name': 'work' },
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'work', controller: true, blockOwnerDeletion: true }],
  });
  await plane.settle();
  const events = await plane.eventsOf('work');
  expect([events.filter((it) => it.includes('SuccessfulCreate')).length, events.at(-1)]).toEqual([3, 'Normal Completed Job completed']);
});

test('deleted with its pods, in the foreground; or without, which then are nobody s', async () => {
  await create({ parallelism: 2, completions: 2 });
  await status('both run', (it) => it.ready === 2);
  await plane.client.delete(jobKind, key, { propagationPolicy: 'Foreground' });
  await plane.seen('all is gone', async () => (await pods()).length === 0 && (await get()) === undefined);
  await create();
  await status('it runs', (it) => it.ready === 1);
  await plane.client.delete(jobKind, key, { propagationPolicy: 'Orphan' });
  await plane.seen('its pod is left, and held by nobody', async () => {
    const [one] = await pods();
    return (await get()) === undefined && one && !one.metadata.ownerReferences && !one.metadata.finalizers;
  });
});

test('as many indexes as are wanted now', async () => {
  await create({ completionMode: 'Indexed', completions: 4, parallelism: 4 });
  await status('four run', (it) => it.ready === 4);
  await plane.client.change(jobKind, key, (it) => {
    Object.assign(it.spec, { completions: 2, parallelism: 2 });
  });
  await status('two run', (it) => it.ready === 2 && it.active === 2);
  const left = (await pods()).filter((it) => !it.metadata.deletionTimestamp);
  expect(left.map((it) => it.metadata.annotations?.['batch.kubernetes.io/job-completion-index']).sort()).toEqual(['0', '1']);
  expect((await get())?.status?.failed).toBeUndefined();
});

test('a pod that goes is replaced when it has gone, if so wanted', async () => {
  kubelet.stopsAtOnce = false;
  await create({ podReplacementPolicy: 'Failed' });
  await status('it runs', (it) => it.ready === 1);
  const [one] = await pods();
  await plane.client.delete(pod, one!.metadata);
  await status('it goes', (it) => it.terminating === 1 && !it.active);
  await plane.advance(seconds(20));
  expect([(await pods()).length, (await get())?.status?.failed]).toEqual([1, undefined]);
  await plane.client.changeStatus(pod, one!.metadata, (it) => {
    it.status = { ...it.status, phase: 'Failed' };
  });
  await plane.client.delete(pod, one!.metadata, { gracePeriodSeconds: 0 });
  await plane.advance(minutes(1));
  expect((await get())?.status).toMatchObject({ failed: 1, active: 1, terminating: 0 });
});

test('a success policy ends the others', async () => {
  const leads = (it: core.Pod) => it.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === '0';
  kubelet.fate = (it) => (leads(it) ? 'succeeded' : 'ready');
  await create({ completionMode: 'Indexed', completions: 3, parallelism: 3, successPolicy: { rules: [{ succeededIndexes: '0' }] } });
  expect(await ended('Complete')).toMatchObject({
    ...{ succeeded: 1, completedIndexes: '0', terminating: 0 },
    conditions: [
      { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: 'Matched rules at index 0' },
      { type: 'Complete', reason: 'SuccessPolicy' },
    ],
  });
  expect((await get())?.status?.failed).toBeUndefined();
});

test('a pod with the labels of a job that selects by hand is adopted, and counted', async () => {
  const labels = { by: 'hand' };
  await plane.client.create(pod, {
    metadata: { namespace: 'default', name: 'stray', labels },
    spec: { containers: [{ name: 'main', image: 'busybox' }] },
  });
  await plane.settle();
  await create({
    ...{ manualSelector: true, selector: { matchLabels: labels } },
    template: { metadata: { labels }, spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } },
  });
  await status('it has one', (it) => it.active === 1);
  const [one, ...others] = await pods();
  expect([one?.metadata.name, one?.metadata.finalizers, others.length]).toEqual(['stray', ['batch.kubernetes.io/job-tracking'], 0]);
});
