import { afterEach, beforeEach, expect, test } from 'vitest';
import { garbageCollector } from '../../../src/controllers/garbage-collector/reconcile.ts';
import { statefulSets } from '../../../src/controllers/statefulset/reconcile.ts';
import { type apps, type core, controllerRevision, isPodReady, persistentVolumeClaim, pod, statefulSet } from '../../../src/kinds/index.ts';
import { minutes, seconds } from '../../../src/lib/clock.ts';
import { type ControlPlane, startControlPlane } from '../../fixtures/controllers/control-plane.ts';
import { type StandIn, startStandIn } from '../../fixtures/controllers/stand-in-kubelet.ts';

let plane: ControlPlane;
let kubelet: StandIn;
let abort: AbortController;
beforeEach(async () => {
  abort = new AbortController();
  plane = await startControlPlane([statefulSets, garbageCollector]);
  kubelet = startStandIn(plane.client, plane.clock, abort.signal);
});
afterEach(() => {
  abort.abort();
  plane.close();
});

const key = { namespace: 'default', name: 'web' };
const get = async (): Promise<apps.StatefulSet> => (await plane.client.get(statefulSet, key)) as apps.StatefulSet;
const pods = async (): Promise<core.Pod[]> =>
  [...(await plane.client.list(pod, { namespace: 'default' })).items].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
const names = async (): Promise<string[]> => (await pods()).map((it) => it.metadata.name);
const claims = async (): Promise<string[]> =>
  (await plane.client.list(persistentVolumeClaim, { namespace: 'default' })).items.map((it) => it.metadata.name).sort();
const images = async (): Promise<string> => (await pods()).map((it) => it.spec.containers[0]?.image?.replace('nginx:', '')).join(' ');
const data = {
  metadata: { name: 'data', labels: { kind: 'disk' } },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
} as unknown as core.PersistentVolumeClaim;

const create = (replicas: number, more: Partial<apps.StatefulSetSpec> = {}): Promise<apps.StatefulSet> =>
  plane.client.create(statefulSet, {
    metadata: { ...key, annotations: { note: 'hello' } },
    spec: {
      replicas,
      serviceName: 'peers',
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web', tier: 'back' } } as never,
        spec: { containers: [{ name: 'app', image: 'nginx:1' }] },
      },
      ...more,
    },
  });
const change = (mutate: (spec: apps.StatefulSetSpec) => void) => plane.client.change(statefulSet, key, (draft) => mutate(draft.spec));
const setImage = (image: string) =>
  change((spec) => {
    spec.template.spec!.containers[0]!.image = image;
  });
const status = (what: string, want: Partial<apps.StatefulSetStatus>): Promise<apps.StatefulSetStatus> =>
  plane.seen(what, async () => {
    const { status: now, metadata } = await get();
    return (
      now?.observedGeneration === metadata.generation &&
      Object.entries(want).every(([field, value]) => (now?.[field as 'replicas'] ?? 0) === value) &&
      now
    );
  });
/** What a watcher of pods sees: at each moment the names that are there, and those that are ready. */
const watchNames = (): string[] => {
  const seen: string[] = [];
  kubelet.onEvent = (now) => {
    const text = now
      .map((it) => `${it.metadata.name.replace('web-', '')}${it.metadata.deletionTimestamp ? 'x' : isPodReady(it) ? '' : '?'}`)
      .sort()
      .join(' ');
    if (seen.at(-1) !== text) seen.push(text);
  };
  return seen;
};

test('pods are made in order, each with an identity and a claim of its own', async () => {
  const seen = watchNames();
  const set = await create(3, { volumeClaimTemplates: [data] });
  expect(set.status).toEqual({ replicas: 0, availableReplicas: 0 });
  const now = await status('all available', { availableReplicas: 3 });
  expect(seen).toEqual(['0?', '0', '0 1?', '0 1', '0 1 2?', '0 1 2']);
  const revision = now.updateRevision as string;
  expect(now).toEqual({
    observedGeneration: 1,
    replicas: 3,
    readyReplicas: 3,
    currentReplicas: 3,
    updatedReplicas: 3,
    availableReplicas: 3,
    collisionCount: 0,
    currentRevision: revision,
    updateRevision: revision,
  });
  const [, one] = await pods();
  expect(one).toMatchObject({
    metadata: {
      labels: {
        app: 'web',
        tier: 'back',
        'statefulset.kubernetes.io/pod-name': 'web-1',
        'apps.kubernetes.io/pod-index': '1',
        'controller-revision-hash': revision,
      },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: set.metadata.uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: { hostname: 'web-1', subdomain: 'peers', volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-web-1' } }] },
  });
  expect(one?.metadata.generateName).toBeUndefined();
  expect(await claims()).toEqual(['data-web-0', 'data-web-1', 'data-web-2']);
  const claim = await plane.client.get(persistentVolumeClaim, { namespace: 'default', name: 'data-web-1' });
  expect([claim?.metadata.labels, claim?.metadata.ownerReferences]).toEqual([{ app: 'web', kind: 'disk' }, undefined]);

  const [kept, ...others] = (await plane.client.list(controllerRevision, { namespace: 'default' })).items;
  expect(others).toEqual([]);
  expect(kept).toMatchObject({
    metadata: {
      name: revision,
      labels: { app: 'web', tier: 'back', 'controller.kubernetes.io/hash': revision.replace('web-', '') },
      annotations: { note: 'hello' },
      ownerReferences: [{ kind: 'StatefulSet', name: 'web', controller: true }],
    },
    revision: 1,
    data: { spec: { template: { $patch: 'replace', spec: { containers: [{ name: 'app', image: 'nginx:1' }] } } } },
  });
  await plane.settle();
  expect(await plane.eventsOf('web')).toEqual(
    ['0', '1', '2'].flatMap((i) => [
      `Normal SuccessfulCreate create Claim data-web-${i} Pod web-${i} in StatefulSet web success`,
      `Normal SuccessfulCreate create Pod web-${i} in StatefulSet web successful`,
    ]),
  );
});

test('an ordered set waits for each pod, and goes down from the top one by one', async () => {
  kubelet.fate = (it) => (it.metadata.name === 'web-1' ? 'running' : 'ready');
  await create(3);
  await status('the second is not ready', { replicas: 2, readyReplicas: 1 });
  await plane.settle();
  expect(await names()).toEqual(['web-0', 'web-1']);
  const second = (await pods())[1] as core.Pod;
  await plane.client.changeStatus(pod, second, (draft) => {
    draft.status!.conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:05Z' }];
  });
  await status('three', { availableReplicas: 3 });
  kubelet.stopsAtOnce = false;
  await change((spec) => {
    spec.replicas = 1;
  });
  await plane.seen('the last goes', async () => (await pods())[2]?.metadata.deletionTimestamp);
  await plane.settle();
  expect((await pods()).map((it) => Boolean(it.metadata.deletionTimestamp))).toEqual([false, false, true]);
  await kubelet.letGo();
  await plane.seen('the next goes', async () => (await pods())[1]?.metadata.deletionTimestamp);
  await kubelet.letGo();
  await status('one', { replicas: 1, availableReplicas: 1 });
  expect(await names()).toEqual(['web-0']);
});

test('a parallel set makes and gives up all at once', async () => {
  kubelet.fate = () => 'pending';
  await create(4, { podManagementPolicy: 'Parallel', ordinals: { start: 5 } });
  await status('all there', { replicas: 4 });
  expect(await names()).toEqual(['web-5', 'web-6', 'web-7', 'web-8']);
  await change((spec) => {
    spec.replicas = 1;
  });
  await status('one', { replicas: 1 });
  expect(await names()).toEqual(['web-5']);
});

test('a pod that failed, ended or was deleted comes again under its name, never twice at a time', async () => {
  await create(2, { volumeClaimTemplates: [data] });
  await status('two', { availableReplicas: 2 });
  const before = await pods();
  for (const phase of ['Failed', 'Succeeded'] as const) {
    const [first] = await pods();
    await plane.client.changeStatus(pod, first as core.Pod, (draft) => {
      draft.status = { ...draft.status, phase };
    });
    await plane.seen(`another after ${phase}`, async () => {
      const now = (await pods())[0];
      return now && isPodReady(now) && now.metadata.uid !== first?.metadata.uid;
    });
  }
  kubelet.stopsAtOnce = false;
  const second = (await pods())[1] as core.Pod;
  await plane.client.delete(pod, second.metadata);
  await plane.settle();
  expect((await pods())[1]?.metadata.uid).toBe(before[1]?.metadata.uid);
  await kubelet.letGo();
  await plane.seen('a new one', async () => {
    const now = (await pods())[1];
    return now && now.metadata.uid !== second.metadata.uid && isPodReady(now);
  });
  expect([await names(), await claims()]).toEqual([
    ['web-0', 'web-1'],
    ['data-web-0', 'data-web-1'],
  ]);
});

test('a rollout goes from the top down to the partition, and on when that is lowered', async () => {
  await create(4, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } });
  const first = await status('four', { availableReplicas: 4 });
  const seen = watchNames();
  await setImage('nginx:2');
  const half = await status('half of it', { updatedReplicas: 2, availableReplicas: 4 });
  expect(await images()).toBe('1 1 2 2');
  expect(half.currentRevision).toBe(first.currentRevision);
  expect(half).toMatchObject({ currentReplicas: 2, updatedReplicas: 2 });
  expect(seen.filter((it) => it.split(' ').filter((one) => !/[?x]/.test(one)).length < 3)).toEqual([]);
  // A pod below the partition comes back as it was.
  await plane.client.delete(pod, { namespace: 'default', name: 'web-0' });
  await plane.seen('it is back', async () => (await images()) === '1 1 2 2' && (await pods()).every(isPodReady));
  await change((spec) => {
    spec.updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 0 } };
  });
  await status('all of it', { updatedReplicas: 4, currentReplicas: 4, availableReplicas: 4 });
  expect(await images()).toBe('2 2 2 2');
  const after = (await get()).status;
  expect(after?.currentRevision).toBe(after?.updateRevision);
  expect(after?.currentRevision).not.toBe(first.currentRevision);
});

test.each([
  ['Parallel', 2, 4],
  ['OrderedReady', '50%', 4],
] as const)('a %s set may miss %s of its pods in a rollout', async (podManagementPolicy, maxUnavailable, replicas) => {
  await create(replicas, { podManagementPolicy, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable } } });
  await status('there', { availableReplicas: replicas });
  const fewest: number[] = [];
  kubelet.onEvent = (now) => fewest.push(now.filter((it) => isPodReady(it) && !it.metadata.deletionTimestamp).length);
  await setImage('nginx:2');
  await status('rolled out', { updatedReplicas: replicas, availableReplicas: replicas });
  expect(Math.min(...fewest)).toBe(2);
});

test('with OnDelete a pod gets the new template when somebody deletes it', async () => {
  await create(2, { updateStrategy: { type: 'OnDelete' } });
  await status('two', { availableReplicas: 2 });
  await setImage('nginx:2');
  await plane.settle();
  expect(await images()).toBe('1 1');
  await plane.client.delete(pod, { namespace: 'default', name: 'web-0' });
  await plane.seen('a new one', async () => (await images()) === '2 1');
  await status('one of two', { updatedReplicas: 1, currentReplicas: 1 });
});

test('a template that comes back is the old revision with a new number; what is too old goes', async () => {
  await create(1, { revisionHistoryLimit: 1 });
  const numbers = async (): Promise<string[]> =>
    [...(await plane.client.list(controllerRevision, { namespace: 'default' })).items]
      .sort((a, b) => a.revision - b.revision)
      .map((it) => `${it.revision} ${JSON.stringify(it.data).match(/nginx:\d/)?.[0]}`);
  for (const image of ['nginx:2', 'nginx:1', 'nginx:3', 'nginx:4']) {
    await plane.seen('at rest', async () => {
      const { metadata, status: now } = await get();
      return now?.observedGeneration === metadata.generation && now?.updatedReplicas === 1 && now.availableReplicas === 1;
    });
    await setImage(image);
    if (image === 'nginx:1') {
      await plane.seen('rolled back', async () => (await numbers()).at(-1) === '3 nginx:1');
      expect(await numbers()).toEqual(['2 nginx:2', '3 nginx:1']);
    }
  }
  await plane.seen('two are left', async () => (await numbers()).join() === '4 nginx:3,5 nginx:4');
});

test('a broken rollout is mended by the next template', async () => {
  await create(2, { podManagementPolicy: 'Parallel' });
  await status('two', { availableReplicas: 2 });
  kubelet.fate = (it) => (it.spec.containers[0]?.image === 'nginx:bad' ? 'running' : 'ready');
  await setImage('nginx:bad');
  await status('stuck', { updatedReplicas: 1, availableReplicas: 1 });
  await plane.settle();
  expect(await images()).toBe('1 bad');
  await setImage('nginx:2');
  await status('mended', { updatedReplicas: 2, availableReplicas: 2 });
  expect(await images()).toBe('2 2');
});

test('a pod counts when it has been ready for long enough, and only then the next is made', async () => {
  await create(2, { minReadySeconds: 30 });
  await status('ready', { readyReplicas: 1 });
  await plane.advance(seconds(25));
  expect([await names(), (await get()).status?.availableReplicas]).toEqual([['web-0'], 0]);
  await plane.advance(seconds(10));
  expect(await names()).toEqual(['web-0', 'web-1']);
  await plane.advance(seconds(35));
  expect((await get()).status?.availableReplicas).toBe(2);
});

test.each([
  ['Retain', 'Retain', ['data-web-0', 'data-web-1', 'data-web-2'], ['data-web-0', 'data-web-1', 'data-web-2']],
  ['Retain', 'Delete', ['data-web-0', 'data-web-1', 'data-web-2'], []],
  ['Delete', 'Retain', ['data-web-0'], ['data-web-0']],
  ['Delete', 'Delete', ['data-web-0'], []],
])('claims when scaled: %s, when deleted: %s', async (whenScaled, whenDeleted, afterScale, afterDelete) => {
  await create(3, { volumeClaimTemplates: [data], persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted } });
  await status('three', { availableReplicas: 3 });
  await change((spec) => {
    spec.replicas = 1;
  });
  await status('one', { replicas: 1 });
  await plane.advance(minutes(1));
  // Nobody uses them here, so what is deleted is gone when its protection has let it go.
  const left = async (): Promise<string[]> =>
    (await plane.client.list(persistentVolumeClaim, { namespace: 'default' })).items
      .filter((it) => !it.metadata.deletionTimestamp)
      .map((it) => it.metadata.name)
      .sort();
  expect(await left()).toEqual(afterScale);
  await plane.client.delete(statefulSet, key);
  await plane.advance(minutes(1));
  expect([await left(), await names()]).toEqual([afterDelete, []]);
});

test('a claim that is being deleted is waited for', async () => {
  await create(1, { volumeClaimTemplates: [data] });
  await status('one', { availableReplicas: 1 });
  const claim = { namespace: 'default', name: 'data-web-0' };
  await plane.client.delete(persistentVolumeClaim, claim);
  await plane.client.delete(pod, { namespace: 'default', name: 'web-0' });
  await plane.advance(seconds(5));
  expect(await names()).toEqual([]);
  expect(await plane.eventsOf('web')).toContain(
    'Warning FailedCreate create Pod web-0 in StatefulSet web failed error: pvc data-web-0 is being deleted',
  );
  await plane.client.change(persistentVolumeClaim, claim, (draft) => {
    delete draft.metadata.finalizers;
  });
  await status('back', { availableReplicas: 1 });
  expect(await claims()).toEqual(['data-web-0']);
});

test('pods and history that were left alone are taken back', async () => {
  await create(2);
  await status('two', { availableReplicas: 2 });
  const before = (await pods()).map((it) => it.metadata.uid);
  await plane.client.delete(statefulSet, key, { propagationPolicy: 'Orphan' });
  await plane.seen('free', async () => (await pods()).every((it) => !it.metadata.ownerReferences));
  const set = await create(2);
  await plane.seen('taken back', async () => (await pods()).every((it) => it.metadata.ownerReferences?.[0]?.uid === set.metadata.uid));
  await plane.settle();
  expect((await pods()).map((it) => it.metadata.uid)).toEqual(before);
  expect((await plane.client.list(controllerRevision, { namespace: 'default' })).items.length).toBe(1);
});
