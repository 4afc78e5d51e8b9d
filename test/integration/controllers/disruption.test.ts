import { afterEach, beforeEach, expect, test } from 'vitest';
import { staleDisruptions } from '../../../src/controllers/disruption/stale-target.ts';
import { deployments } from '../../../src/controllers/deployment/reconcile.ts';
import { disruptionBudgets } from '../../../src/controllers/disruption/reconcile.ts';
import { replicaSets } from '../../../src/controllers/replicaset/reconcile.ts';
import { type core, deployment, pod, podDisruptionBudget, type policy } from '../../../src/kinds/index.ts';
import { minutes, seconds } from '../../../src/lib/clock.ts';
import type { StatusError } from '../../../src/meta/status-error.ts';
import { type ControlPlane, startControlPlane } from '../../fixtures/controllers/control-plane.ts';
import { type StandIn, startStandIn } from '../../fixtures/controllers/stand-in-kubelet.ts';

let plane: ControlPlane;
let kubelet: StandIn;
let abort: AbortController;
beforeEach(async () => {
  abort = new AbortController();
  plane = await startControlPlane([deployments, replicaSets, disruptionBudgets, staleDisruptions]);
  kubelet = startStandIn(plane.client, plane.clock, abort.signal);
});
afterEach(() => {
  abort.abort();
  plane.close();
});

const key = { namespace: 'default', name: 'few' };
const labels = { app: 'web' };
const deploy = (replicas: number) =>
  plane.client.create(deployment, {
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'nginx' }] } },
    },
  });
const budget = (spec: policy.PodDisruptionBudgetSpec, name = key.name) =>
  plane.client.create(podDisruptionBudget, { metadata: { ...key, name }, spec: { selector: { matchLabels: labels }, ...spec } });
const status = (what: string, want: Partial<policy.PodDisruptionBudgetStatus>): Promise<unknown> =>
  plane.seen(what, async () => {
    const now = (await plane.client.get(podDisruptionBudget, key))?.status;
    return now && Object.entries(want).every(([field, value]) => now[field as 'disruptionsAllowed'] === value) && now;
  });
const pods = async (): Promise<core.Pod[]> => [...(await plane.client.list(pod, { namespace: 'default' })).items];
const evict = (it: core.Pod, more: object = {}) => {
  const { name } = it.metadata;
  return plane.client.post(pod, it.metadata, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...more });
};
const refusal = async (it: core.Pod): Promise<StatusError> =>
  evict(it).then(
    () => Promise.reject(new Error('it was evicted')),
    (error: StatusError) => error,
  );

test('evictions take from the budget, and get no more than it has', async () => {
  await deploy(3);
  await budget({ maxUnavailable: 1 });
  await status('three are well', { currentHealthy: 3, desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 1 });
  kubelet.stopsAtOnce = false;
  const [one, two] = await pods();
  await evict(one!, { deleteOptions: { dryRun: ['All'] } });
  expect((await pods()).filter((it) => it.metadata.deletionTimestamp).length).toBe(0);

  await evict(one!);
  expect((await plane.client.get(pod, one!.metadata))?.status?.conditions?.at(-1)).toMatchObject({
    ...{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' },
  });
  const error = await refusal(two!);
  expect(error.toStatus()).toMatchObject({
    ...{ code: 429, reason: 'TooManyRequests', message: "Cannot evict pod as it would violate the pod's disruption budget." },
    details: {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: expect.stringMatching(/^The disruption budget few needs 2 healthy pods and has [23] currently$/),
        },
      ],
    },
  });
  await status('its going shows', { currentHealthy: 3, disruptionsAllowed: 1 });
  expect((await plane.client.get(podDisruptionBudget, key))?.status?.disruptedPods).toBeUndefined();
});

test('several at once get exactly what there is', async () => {
  await deploy(8);
  await budget({ minAvailable: 5 });
  await status('all are well', { disruptionsAllowed: 3 });
  kubelet.stopsAtOnce = false;
  kubelet.fate = () => 'pending';
  const results = await Promise.allSettled((await pods()).map((it) => evict(it)));
  expect(results.filter((it) => it.status === 'fulfilled').length).toBe(3);
});

test('who is not ready, has not begun or has ended', async () => {
  kubelet.fate = () => 'running';
  await deploy(2);
  await budget({ minAvailable: 1 });
  await plane.seen('both run', async () => (await pods()).filter((it) => it.status?.phase === 'Running').length === 2);
  await status('none is well', { currentHealthy: 0, disruptionsAllowed: 0, desiredHealthy: 1 });
  const [one] = await pods();
  expect((await refusal(one!)).code).toBe(429);
  await plane.client.change(podDisruptionBudget, key, (it) => {
    it.spec.unhealthyPodEvictionPolicy = 'AlwaysAllow';
  });
  await evict(one!);
  kubelet.fate = () => 'pending';
  const fresh = await plane.seen('a new one', async () => (await pods()).find((it) => it.status?.phase === 'Pending'));
  await evict(fresh);
});

test('an eviction with a revision takes the pod as it was seen, or not at all', async () => {
  await deploy(2);
  await budget({ maxUnavailable: 2 });
  await status('both are well', { currentHealthy: 2, disruptionsAllowed: 2 });
  kubelet.stopsAtOnce = false;
  const [one] = await pods();
  const { resourceVersion } = one!.metadata;
  await plane.client.change(pod, one!.metadata, (it) => {
    it.metadata.labels = { ...it.metadata.labels, more: 'labels' };
  });
  const of = (revision: string) => ({ deleteOptions: { preconditions: { resourceVersion: revision } } });
  await expect(evict(one!, of(resourceVersion))).rejects.toMatchObject({ reason: 'Conflict' });
  const now = (await plane.client.get(pod, one!.metadata)) as core.Pod;
  expect([now.metadata.deletionTimestamp, now.status?.conditions?.some((it) => it.type === 'DisruptionTarget')]).toEqual([
    undefined,
    false,
  ]);
  await evict(now, of(now.metadata.resourceVersion));
  expect((await plane.client.get(pod, one!.metadata))?.metadata.deletionTimestamp).toBeDefined();
});

test('two budgets for one pod are too many', async () => {
  await deploy(1);
  await budget({ minAvailable: 0 });
  await budget({ minAvailable: 0 }, 'other');
  await plane.settle();
  const [one] = await pods();
  expect(await refusal(one!)).toMatchObject({
    code: 500,
    message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  });
});

test('a budget the controller has not seen in its new form allows nothing', async () => {
  await deploy(1);
  const made = await budget({ minAvailable: 0 });
  await plane.settle();
  plane.close();
  await plane.client.change(podDisruptionBudget, made.metadata, (it) => {
    it.spec.minAvailable = 1;
  });
  const [one] = await pods();
  expect((await refusal(one!)).toStatus().details).toEqual({
    causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget few is still being processed by the server.' }],
    retryAfterSeconds: 10,
  });
});

test('pods nobody keeps are told of; an eviction that does not come is given up', async () => {
  await plane.client.create(pod, {
    metadata: { namespace: 'default', name: 'alone', labels },
    spec: { containers: [{ name: 'app', image: 'nginx' }] },
  });
  await budget({ maxUnavailable: 1 });
  await plane.settle();
  expect((await plane.eventsOf('few')).find((it) => it.includes('UnmanagedPods'))).toContain('(selector: app=web)');
  await deploy(2);
  await status('two are wanted', { expectedPods: 2, disruptionsAllowed: 2 });
  const web = (await pods()).find((it) => it.metadata.name.startsWith('web-')) as core.Pod;
  await plane.client.changeStatus(podDisruptionBudget, key, (it) => {
    it.status = { ...it.status, disruptedPods: { [web.metadata.name]: new Date(plane.clock.now()).toISOString().replace(/\.\d+/, '') } };
  });
  await status('one is spoken for', { disruptionsAllowed: 1 });
  await plane.advance(minutes(2) + seconds(2));
  await status('it does not go', { disruptionsAllowed: 2 });
  expect(await plane.eventsOf(web.metadata.name)).toContain(
    "Warning NotDeleted Pod was expected by PDB default/few to be deleted but it wasn't",
  );
});

test('a pod that was to go and stays is no longer said to go', async () => {
  await deploy(1);
  await plane.settle();
  const [one] = await pods();
  const target = () =>
    plane.client.get(pod, one!.metadata).then((it) => it?.status?.conditions?.find((c) => c.type === 'DisruptionTarget')?.status);
  await plane.client.changeStatus(pod, one!, (it) => {
    const lastTransitionTime = new Date(plane.clock.now()).toISOString().replace(/\.\d+/, '');
    const condition = { type: 'DisruptionTarget', status: 'True' as const, reason: 'EvictionByEvictionAPI', lastTransitionTime };
    it.status = { ...it.status, conditions: [...(it.status?.conditions ?? []), condition] };
  });
  await plane.advance(minutes(1));
  expect(await target()).toBe('True');
  await plane.advance(minutes(1) + seconds(2));
  expect(await target()).toBe('False');
});
