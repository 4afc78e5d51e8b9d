import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deployments } from '../../../src/controllers/deployment/reconcile.ts';
import { replicaSets } from '../../../src/controllers/replicaset/reconcile.ts';
import { type apps, type core, deployment, isPodFinished, isPodReady, pod, replicaSet } from '../../../src/kinds/index.ts';
import { minutes, seconds } from '../../../src/lib/clock.ts';
import { findCondition } from '../../../src/meta/condition.ts';
import type { IntOrString } from '../../../src/meta/types.ts';
import { type ControlPlane, startControlPlane } from '../../fixtures/controllers/control-plane.ts';
import { type StandIn, startStandIn } from '../../fixtures/controllers/stand-in-kubelet.ts';

let plane: ControlPlane;
let kubelet: StandIn;
let abort: AbortController;
beforeEach(async () => {
  abort = new AbortController();
  plane = await startControlPlane([replicaSets, deployments]);
  kubelet = startStandIn(plane.client, plane.clock, abort.signal);
});
afterEach(() => {
  abort.abort();
  plane.close();
});

const key = { namespace: 'default', name: 'web' };
const get = async (): Promise<apps.Deployment> => (await plane.client.get(deployment, key)) as apps.Deployment;
const sets = async (): Promise<apps.ReplicaSet[]> => [...(await plane.client.list(replicaSet, { namespace: 'default' })).items];
const pods = async (): Promise<core.Pod[]> => [...(await plane.client.list(pod, { namespace: 'default' })).items];
const imageOf = (it: apps.ReplicaSet | core.Pod): string | undefined =>
  'template' in it.spec ? it.spec.template?.spec?.containers[0]?.image : (it as core.Pod).spec.containers[0]?.image;
const setOf = async (image: string): Promise<apps.ReplicaSet | undefined> => (await sets()).find((it) => imageOf(it) === image);
const change = (mutate: (draft: apps.Deployment) => void) => plane.client.change(deployment, key, mutate);
const useImage = (image: string) =>
  change((draft) => {
    draft.spec.template.spec!.containers[0]!.image = image;
  });
const scale = (replicas: number) =>
  change((draft) => {
    draft.spec.replicas = replicas;
  });
const reasonOf = async (type: string): Promise<string> => {
  const it = findCondition((await get()).status?.conditions, type);
  return it ? `${it.status} ${it.reason}` : 'none';
};

const create = (replicas: number, more: Partial<apps.DeploymentSpec> = {}, annotations = {}): Promise<apps.Deployment> =>
  plane.client.create(deployment, {
    metadata: { ...key, annotations },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } } as never, spec: { containers: [{ name: 'app', image: 'one' }] } },
      ...more,
    },
  });
const rolling = (maxSurge: IntOrString, maxUnavailable: IntOrString) => ({
  strategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge, maxUnavailable } },
});
/** All pods are of one template, available, and nothing else is left. */
const settled = (image: string, replicas: number) =>
  plane.seen(`${replicas} of ${image}`, async () => {
    const { status, metadata } = await get();
    const isThere = [status?.replicas, status?.updatedReplicas, status?.availableReplicas].every((it) => (it ?? 0) === replicas);
    const all = (await pods()).filter((it) => !it.metadata.deletionTimestamp);
    return (
      isThere && status?.observedGeneration === metadata.generation && all.length === replicas && all.every((it) => imageOf(it) === image)
    );
  });

/** Watches that there are never more than so many pods, nor fewer available ones. */
function guard(most: number, fewest: number): string[] {
  const breaches: string[] = [];
  kubelet.onEvent = (all) => {
    const active = all.filter((it) => !it.metadata.deletionTimestamp && !isPodFinished(it));
    const ready = active.filter(isPodReady);
    if (active.length > most || ready.length < fewest) breaches.push(`${active.length} pods, ${ready.length} ready`);
  };
  return breaches;
}

describe('a rolling update', () => {
  test('starts with one set of the template, complete with hash, revision and conditions', async () => {
    const made = await create(3, {}, { 'kubernetes.io/change-cause': 'first', 'kubectl.kubernetes.io/last-applied-configuration': '{}' });
    await settled('one', 3);
    const [set, ...others] = await sets();
    expect(others).toEqual([]);
    const hash = set?.metadata.labels?.['pod-template-hash'] ?? '';
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
    expect(set?.metadata).toMatchObject({
      name: `web-${hash}`,
      labels: { app: 'web', 'pod-template-hash': hash },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: made.metadata.uid, controller: true, blockOwnerDeletion: true },
      ],
    });
    expect(set?.metadata.annotations).toEqual({
      'deployment.kubernetes.io/revision': '1',
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
      'kubernetes.io/change-cause': 'first',
    });
    expect(set?.spec.selector).toEqual({ matchLabels: { app: 'web', 'pod-template-hash': hash } });
    expect((await pods()).every((it) => it.metadata.labels?.['pod-template-hash'] === hash)).toBe(true);
    await plane.settle();
    const { status, metadata } = await get();
    expect(metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1');
    expect(status).toMatchObject({ replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, terminatingReplicas: 0 });
    expect(status?.unavailableReplicas).toBeUndefined();
    expect(status?.conditions?.map(({ type, status: is, reason, message }) => [type, is, reason, message])).toEqual([
      ['Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.'],
      ['Progressing', 'True', 'NewReplicaSetAvailable', `ReplicaSet "web-${hash}" has successfully progressed.`],
    ]);
    expect(await plane.eventsOf('web')).toEqual([`Normal ScalingReplicaSet Scaled up replica set web-${hash} from 0 to 3`]);
  });

  const strategies: Array<[replicas: number, maxSurge: IntOrString, maxUnavailable: IntOrString, most: number, fewest: number]> = [
    [3, '25%', '25%', 4, 3],
    [10, '25%', '25%', 13, 8],
    [5, 0, 1, 5, 4],
    [5, 1, 0, 6, 5],
    [4, '100%', 0, 8, 4],
    [4, 0, '100%', 4, 0],
    [1, '1%', '1%', 2, 1],
    [7, 3, 3, 10, 4],
  ];
  test.each(strategies)(
    'of %i pods with surge %s and %s unavailable keeps within its bounds',
    async (replicas, maxSurge, maxUnavailable, most, fewest) => {
      await create(replicas, rolling(maxSurge, maxUnavailable));
      await settled('one', replicas);
      const breaches = guard(most, fewest);
      await useImage('two');
      await settled('two', replicas);
      await useImage('three');
      await settled('three', replicas);
      expect(breaches).toEqual([]);
      expect((await sets()).map((it) => [imageOf(it), it.spec.replicas]).sort()).toEqual([
        ['one', 0],
        ['three', replicas],
        ['two', 0],
      ]);
    },
  );

  test('that is overtaken by another lets the one in the middle go', async () => {
    await create(6, rolling(2, 2));
    await settled('one', 6);
    const breaches = guard(8, 4);
    kubelet.fate = (it) => (imageOf(it) === 'two' ? 'running' : 'ready');
    await useImage('two');
    await plane.seen('stuck half-way', async () => (await pods()).filter((it) => imageOf(it) === 'two').length === 4);
    await plane.settle();
    expect((await pods()).filter((it) => imageOf(it) === 'one').length).toBe(4);
    await useImage('three');
    await settled('three', 6);
    expect(breaches).toEqual([]);
  });

  test('goes on while it is scaled, up and down', async () => {
    await create(10, rolling(3, 2));
    await settled('one', 10);
    kubelet.fate = (it) => (imageOf(it) === 'two' ? 'running' : 'ready');
    await useImage('two');
    await plane.seen(
      'five new, eight old',
      async () => (await setOf('two'))?.spec.replicas === 5 && (await setOf('one'))?.spec.replicas === 8,
    );
    await scale(15);
    // Upstream's example: the five that are added go to both sets in proportion.
    await plane.seen('shares', async () => (await setOf('two'))?.spec.replicas === 7 && (await setOf('one'))?.spec.replicas === 11);
    await scale(5);
    await plane.seen('shares again', async () => (await setOf('two'))!.spec.replicas! + (await setOf('one'))!.spec.replicas! === 8);
    kubelet.fate = () => 'ready';
    for (const it of await pods()) {
      if (imageOf(it) !== 'two') continue;
      await plane.client.changeStatus(pod, it, (draft) => {
        draft.status!.conditions![0]!.status = 'True';
      });
    }
    await settled('two', 5);
  });
});

describe('a rollout', () => {
  test('without overlap waits for the last old pod', async () => {
    await create(3, { strategy: { type: 'Recreate' } });
    await settled('one', 3);
    kubelet.stopsAtOnce = false;
    await useImage('two');
    await plane.seen('all going', async () => (await pods()).every((it) => it.metadata.deletionTimestamp));
    await plane.settle();
    expect(await setOf('two')).toBeUndefined();
    await kubelet.letGo();
    await settled('two', 3);
    await scale(1);
    await settled('two', 1);
  });

  test('can be paused, changed meanwhile, scaled, and resumed', async () => {
    await create(3);
    await settled('one', 3);
    await change((draft) => {
      draft.spec.paused = true;
    });
    await plane.seen('paused', async () => (await reasonOf('Progressing')) === 'Unknown DeploymentPaused');
    await useImage('two');
    await scale(5);
    await plane.seen('five old ones', async () => (await get()).status?.availableReplicas === 5);
    expect(await setOf('two')).toBeUndefined();
    await plane.advance(minutes(30));
    await change((draft) => {
      draft.spec.paused = false;
    });
    await settled('two', 5);
    await plane.settle();
    expect(await reasonOf('Progressing')).toBe('True NewReplicaSetAvailable');
  });

  test('can be undone: the old set serves again, under a new revision', async () => {
    await create(2);
    await settled('one', 2);
    await useImage('two');
    await settled('two', 2);
    const before = (await setOf('one'))?.metadata.name;
    await useImage('one');
    await settled('one', 2);
    await plane.settle();
    const set = await setOf('one');
    expect([set?.metadata.name, (await sets()).length]).toEqual([before, 2]);
    expect(set?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect((await get()).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
  });

  test('that makes no progress is said to have failed, and to be well when it goes on', async () => {
    kubelet.fate = (it) => (imageOf(it) === 'broken' ? 'running' : 'ready');
    await create(2, { progressDeadlineSeconds: 60 });
    await settled('one', 2);
    await useImage('broken');
    await plane.seen('under way', async () => (await reasonOf('Progressing')) === 'True ReplicaSetUpdated');
    await plane.advance(seconds(55));
    expect(await reasonOf('Progressing')).toBe('True ReplicaSetUpdated');
    await plane.advance(seconds(10));
    expect(await reasonOf('Progressing')).toBe('False ProgressDeadlineExceeded');
    expect(await reasonOf('Available')).toBe('True MinimumReplicasAvailable');
    expect((await pods()).filter((it) => imageOf(it) === 'one').length).toBe(2);
    await useImage('two');
    await settled('two', 2);
    await plane.settle();
    expect(await reasonOf('Progressing')).toBe('True NewReplicaSetAvailable');
  });

  test('keeps as many old sets as it is told to', async () => {
    await create(1, { revisionHistoryLimit: 2 });
    for (const image of ['one', 'two', 'three', 'four', 'five']) {
      await useImage(image);
      await settled(image, 1);
    }
    await plane.seen('two old sets', async () => (await sets()).length === 3);
    expect((await sets()).map(imageOf).sort()).toEqual(['five', 'four', 'three']);
  });
});

test('sets without an owner are adopted, and one with the template is used', async () => {
  const template = (image: string) => ({
    metadata: { labels: { app: 'web' } } as never,
    spec: { containers: [{ name: 'app', image }] },
  });
  for (const image of ['one', 'two']) {
    await plane.client.create(replicaSet, {
      metadata: { name: `by-hand-${image}`, namespace: 'default', labels: { app: 'web' } },
      spec: {
        replicas: image === 'one' ? 2 : 0,
        selector: { matchLabels: { app: 'web', image } },
        template: { ...template(image), metadata: { labels: { app: 'web', image } } as never },
      },
    });
  }
  const made = await create(2, { template: { ...template('one'), metadata: { labels: { app: 'web', image: 'one' } } as never } });
  await settled('one', 2);
  await plane.settle();
  expect((await sets()).map((it) => [it.metadata.name, it.metadata.ownerReferences?.[0]?.uid])).toEqual([
    ['by-hand-one', made.metadata.uid],
    ['by-hand-two', made.metadata.uid],
  ]);
  expect((await get()).status?.conditions?.find((it) => it.type === 'Progressing')?.reason).toBe('NewReplicaSetAvailable');
  await plane.client.change(replicaSet, { namespace: 'default', name: 'by-hand-two' }, (draft) => {
    draft.metadata.labels = {};
  });
  await plane.seen('it is let go', async () => (await setOf('two'))?.metadata.ownerReferences === undefined);
});

test('a name that is taken is no obstacle', async () => {
  await create(1);
  await settled('one', 1);
  const [first] = await sets();
  // Without a garbage collector its set stays behind, the property of a deployment that is no more.
  await plane.client.delete(deployment, key);
  await plane.settle();
  await create(1);
  const second = await plane.seen('another set', async () => (await sets()).find((it) => it.metadata.uid !== first?.metadata.uid));
  await plane.seen('a pod of its own', async () => (await get()).status?.availableReplicas === 1);
  expect([second.metadata.name === first?.metadata.name, (await get()).status?.collisionCount]).toEqual([false, 1]);
  expect((await sets()).length).toBe(2);
});

test('a deployment on its way out changes nothing, but still counts', async () => {
  await create(2);
  await settled('one', 2);
  await change((draft) => {
    draft.metadata.finalizers = ['example.com/wait'];
  });
  await plane.client.delete(deployment, key);
  await useImage('two');
  await scale(4);
  await plane.settle();
  expect((await sets()).map((it) => [imageOf(it), it.spec.replicas])).toEqual([['one', 2]]);
  const { status, metadata } = await get();
  expect([status?.observedGeneration, status?.replicas]).toEqual([metadata.generation, 2]);
});
