import { afterEach, beforeEach, expect, test } from 'vitest';
import { replicaSets } from '../../../src/controllers/replicaset/reconcile.ts';
import { type apps, type core, isPodReady, pod, replicaSet } from '../../../src/kinds/index.ts';
import { seconds } from '../../../src/lib/clock.ts';
import { type ControlPlane, createPod, startControlPlane } from '../../fixtures/controllers/control-plane.ts';
import { type StandIn, startStandIn } from '../../fixtures/controllers/stand-in-kubelet.ts';

let plane: ControlPlane;
let kubelet: StandIn;
let abort: AbortController;
beforeEach(async () => {
  abort = new AbortController();
  plane = await startControlPlane([replicaSets]);
  kubelet = startStandIn(plane.client, plane.clock, abort.signal);
});
afterEach(() => {
  abort.abort();
  plane.close();
});

const key = { namespace: 'default', name: 'web' };
const get = () => plane.client.get(replicaSet, key);
const pods = async (): Promise<core.Pod[]> => [...(await plane.client.list(pod, { namespace: 'default' })).items];
const create = (replicas: number, more: Partial<apps.ReplicaSetSpec> = {}): Promise<apps.ReplicaSet> =>
  plane.client.create(replicaSet, {
    metadata: key,
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web', tier: 'front' }, annotations: { note: 'hello' } } as never,
        spec: { containers: [{ name: 'app', image: 'nginx' }] },
      },
      ...more,
    },
  });
const scale = (replicas: number) =>
  plane.client.change(replicaSet, key, (draft) => {
    draft.spec.replicas = replicas;
  });
const status = (what: string, want: Partial<apps.ReplicaSetStatus>) =>
  plane.seen(what, async () => {
    const now = (await get())?.status;
    return now && Object.entries(want).every(([field, value]) => (now[field as 'replicas'] ?? 0) === value) && now;
  });

test('a set makes its pods, counts them, and tells of it', async () => {
  const set = await create(3);
  const now = await status('all available', { availableReplicas: 3 });
  expect(now).toEqual({
    replicas: 3,
    fullyLabeledReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    terminatingReplicas: 0,
    observedGeneration: 1,
  });
  const [one, ...others] = await pods();
  expect(others.length).toBe(2);
  expect(one?.metadata).toMatchObject({
    generateName: 'web-',
    labels: { app: 'web', tier: 'front' },
    annotations: { note: 'hello' },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: set.metadata.uid, controller: true, blockOwnerDeletion: true },
    ],
  });
  expect(one?.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
  await plane.settle();
  expect((await plane.eventsOf('web')).sort()).toEqual(
    (await pods()).map((it) => `Normal SuccessfulCreate Created pod: ${it.metadata.name}`).sort(),
  );
});

test('it shrinks by the least useful pods, and says who went', async () => {
  kubelet.fate = (it) => (it.metadata.annotations?.late ? 'pending' : 'ready');
  await create(2);
  await status('two', { availableReplicas: 2 });
  kubelet.fate = () => 'pending';
  await scale(4);
  await status('two more that are not ready', { replicas: 4, readyReplicas: 2 });
  const going = (await pods()).filter((it) => !isPodReady(it)).map((it) => it.metadata.name);
  await scale(2);
  await status('two again', { replicas: 2, readyReplicas: 2 });
  await plane.settle();
  expect((await pods()).every(isPodReady)).toBe(true);
  expect((await plane.eventsOf('web')).filter((it) => it.includes('Deleted')).sort()).toEqual(
    going.map((it) => `Normal SuccessfulDelete Deleted pod: ${it}`).sort(),
  );
});

test('pods that fail or go are replaced; those on their way out are counted apart', async () => {
  await create(2);
  await status('two', { availableReplicas: 2 });
  kubelet.stopsAtOnce = false;
  const [first, second] = await pods();
  await plane.client.delete(pod, first!.metadata);
  await plane.client.changeStatus(pod, second!, (draft) => {
    draft.status = { ...draft.status, phase: 'Failed' };
  });
  await status('two others, one going', { availableReplicas: 2, terminatingReplicas: 1 });
  expect((await pods()).length).toBe(4);
  await kubelet.letGo();
  await status('none going', { availableReplicas: 2, terminatingReplicas: 0 });
  expect((await pods()).length).toBe(3);
});

test('pods without an owner are adopted when they fit, and let go when they no longer do', async () => {
  await createPod(plane.client, 'lonely', { ip: '10.244.0.5', metadata: { labels: { app: 'web' } } });
  const set = await create(1);
  await status('the one adopted', { replicas: 1, availableReplicas: 1 });
  const ownerOf = async (name: string) => (await plane.client.get(pod, { namespace: 'default', name }))?.metadata.ownerReferences?.[0]?.uid;
  expect(await ownerOf('lonely')).toBe(set.metadata.uid);
  expect((await get())?.status?.fullyLabeledReplicas).toBeUndefined();

  await plane.client.change(pod, { namespace: 'default', name: 'lonely' }, (draft) => {
    draft.metadata.labels = { app: 'other' };
  });
  await plane.seen('it is free', async () => (await ownerOf('lonely')) === undefined);
  await status('another in its place', { replicas: 1, fullyLabeledReplicas: 1, availableReplicas: 1 });
  await plane.client.change(pod, { namespace: 'default', name: 'lonely' }, (draft) => {
    draft.metadata.labels = { app: 'web' };
  });
  await plane.settle();
  expect((await pods()).filter((it) => !it.metadata.deletionTimestamp).length).toBe(1);
});

test('a set that is being deleted makes, adopts and gives up nothing', async () => {
  await create(2);
  await status('two', { availableReplicas: 2 });
  await plane.client.change(replicaSet, key, (draft) => {
    draft.metadata.finalizers = ['example.com/wait'];
  });
  await plane.client.delete(replicaSet, key);
  const [first] = await pods();
  await plane.client.delete(pod, first!.metadata);
  await createPod(plane.client, 'lonely', { ip: '10.244.0.5', metadata: { labels: { app: 'web' } } });
  await status('one', { replicas: 1 });
  await plane.settle();
  expect((await pods()).map((it) => it.metadata.ownerReferences?.length ?? 0).sort()).toEqual([0, 1]);
});

test('a pod is available after it has been ready for long enough', async () => {
  await create(2, { minReadySeconds: 30 });
  await status('ready, not available', { readyReplicas: 2, availableReplicas: 0 });
  await plane.advance(seconds(25));
  expect((await get())?.status?.availableReplicas).toBeUndefined();
  await plane.advance(seconds(6));
  expect((await get())?.status?.availableReplicas).toBe(2);
});
