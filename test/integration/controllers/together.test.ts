import { afterEach, beforeEach, expect, test } from 'vitest';
import { controllers } from '../../../src/controllers/index.ts';
import {
  type AnyKind,
  configMap,
  type core,
  daemonSet,
  deployment,
  endpointSlice,
  endpoints,
  event,
  kinds,
  lease,
  namespace,
  node,
  persistentVolume,
  persistentVolumeClaim,
  pod,
  replicaSet,
  replicationController,
  service,
  statefulSet,
  storageClass,
} from '../../../src/kinds/index.ts';
import { seconds, toMicroTime, toTime } from '../../../src/lib/clock.ts';
import { seededRandom } from '../../../src/lib/random.ts';
import type { KubeObject } from '../../../src/meta/types.ts';
import { type ControlPlane, startControlPlane } from '../../fixtures/controllers/control-plane.ts';
import { startStandIn } from '../../fixtures/controllers/stand-in-kubelet.ts';

let plane: ControlPlane;
const abort = { now: new AbortController() };
beforeEach(async () => {
  abort.now = new AbortController();
  plane = await startControlPlane(controllers);
  startStandIn(plane.client, plane.clock, abort.now.signal);
  await plane.seen('the node', () => plane.client.get(node, { name: 'n1' }));
  await plane.client.create(lease, { metadata: { name: 'n1', namespace: 'kube-node-lease' }, spec: {} });
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  await plane.client.create(storageClass, { metadata: { name: 'standard', annotations }, provisioner: 'volume.peapod.dev' });
  await beat();
});
afterEach(() => {
  abort.now.abort();
  plane.close();
});

async function beat(): Promise<void> {
  await plane.client.change(lease, { namespace: 'kube-node-lease', name: 'n1' }, (draft) => {
    draft.spec = { renewTime: toMicroTime(plane.clock.now()) };
  });
  await plane.client.changeStatus(node, { name: 'n1' }, (draft) => {
    draft.status = { ...draft.status, conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: toTime(plane.clock.now()) }] };
  });
}

async function fill(where: string): Promise<void> {
  const { client } = plane;
  await client.create(namespace, { metadata: { name: where }, spec: {} });
  const metadata = { namespace: where };
  const labels = { app: 'web' };
  await client.create(deployment, {
    metadata: { ...metadata, name: 'web' },
    spec: {
      replicas: 5,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'nginx' }] } },
    },
  });
  await client.create(service, { metadata: { ...metadata, name: 'web' }, spec: { selector: labels, ports: [{ port: 80 }] } });
  await client.create(service, { metadata: { ...metadata, name: 'own' }, spec: { ports: [{ port: 80 }] } });
  await client.create(endpoints, {
    metadata: { ...metadata, name: 'own' },
    subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ port: 9376 }] }],
  });
  await client.create(persistentVolumeClaim, {
    metadata: { ...metadata, name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
}

async function addSets(where: string): Promise<void> {
  const { client } = plane;
  const podsOf = (app: string) => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'app', image: 'nginx' }] } });
  const claim = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
  await client.create(statefulSet, {
    metadata: { namespace: where, name: 'db' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'db' } },
      template: podsOf('db'),
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' },
      volumeClaimTemplates: [{ metadata: { name: 'disk' }, ...claim } as unknown as core.PersistentVolumeClaim],
    },
  });
  await client.create(daemonSet, {
    metadata: { namespace: where, name: 'agent' },
    spec: { selector: { matchLabels: { app: 'agent' } }, template: podsOf('agent') },
  });
  await client.create(replicationController, { metadata: { namespace: where, name: 'old' }, spec: { template: podsOf('old') } });
}

async function giveAddresses(): Promise<void> {
  for (const [i, it] of (await plane.client.list(pod)).items.entries()) {
    await plane.client.changeStatus(pod, it, (draft) => {
      draft.status = { ...draft.status, podIP: `10.244.0.${i + 2}`, podIPs: [{ ip: `10.244.0.${i + 2}` }] };
    });
  }
}

/** The store's revision: every write raises it. */
const revision = async (): Promise<number> => Number((await plane.client.list(configMap)).resourceVersion);
const running = async (where: string): Promise<number> =>
  (await plane.client.list(pod, { namespace: where })).items.filter((it) => it.status?.phase === 'Running').length;

test('when all is as wished, nobody writes anything', async () => {
  await fill('team');
  await addSets('team');
  await plane.seen('nine pods', async () => (await running('team')) === 9);
  await giveAddresses();
  await plane.settle();
  await plane.advance(seconds(12));
  await beat();
  await plane.advance(seconds(2));
  const before = await revision();
  await plane.advance(seconds(30));
  expect((await revision()) - before).toBe(0);
});

test('a namespace leaves nothing behind, whatever was under way', async () => {
  await fill('team');
  await addSets('team');
  const random = seededRandom(3);
  for (let i = 0; i < 10; i++) {
    await plane.clock.advance(Math.floor(random.next() * 20));
    await plane.client.change(deployment, { namespace: 'team', name: 'web' }, (draft) => {
      draft.spec.replicas = Math.floor(random.next() * 8);
      draft.spec.template.metadata = { labels: { app: 'web' }, annotations: { step: String(Math.floor(random.next() * 3)) } };
    });
    await plane.client.change(statefulSet, { namespace: 'team', name: 'db' }, (draft) => {
      draft.spec.replicas = Math.floor(random.next() * 4);
      draft.spec.template.metadata = { labels: { app: 'db' }, annotations: { step: String(Math.floor(random.next() * 3)) } } as never;
    });
  }
  await plane.client.delete(namespace, { name: 'team' });
  await plane.seen('it has gone', async () => !(await plane.client.get(namespace, { name: 'team' })));
  await plane.settle();
  const left: string[] = [];
  for (const kind of kinds.filter((it: AnyKind) => it.namespaced && it !== event && !it.viewOf)) {
    const { items } = await plane.client.list<KubeObject>(kind, { namespace: 'team' });
    left.push(...items.map((it) => `${kind.plural}/${it.metadata.name}`));
  }
  expect(left).toEqual([]);
  const volumes = (await plane.client.list(persistentVolume)).items;
  expect(volumes.length).toBeGreaterThan(0);
  // There is no node agent here that would let them go.
  for (const { metadata } of volumes)
    expect([metadata.deletionTimestamp !== undefined, metadata.finalizers]).toEqual([true, ['volume.peapod.dev/docker-volume']]);
});

test('a deployment goes with its sets and pods, in each of the three ways', async () => {
  for (const propagationPolicy of ['Background', 'Foreground', 'Orphan'] as const) {
    const where = propagationPolicy.toLowerCase();
    await fill(where);
    await plane.seen('five pods', async () => (await running(where)) === 5);
    await plane.settle();
    await plane.client.delete(deployment, { namespace: where, name: 'web' }, { propagationPolicy });
    await plane.seen('it has gone', async () => !(await plane.client.get(deployment, { namespace: where, name: 'web' })));
    await plane.settle();
    const sets = (await plane.client.list(replicaSet, { namespace: where })).items;
    const isOrphan = propagationPolicy === 'Orphan';
    expect([sets.map((it) => it.metadata.ownerReferences), await running(where)]).toEqual(isOrphan ? [[undefined], 5] : [[], 0]);
  }
});

test('a service’s endpoints are right after any order of changes', async () => {
  await fill('team');
  const random = seededRandom(11);
  for (let i = 0; i < 30; i++) {
    await plane.client.change(deployment, { namespace: 'team', name: 'web' }, (draft) => {
      draft.spec.replicas = Math.floor(random.next() * 12);
    });
    await plane.clock.advance(Math.floor(random.next() * 10));
    if (i % 3 === 0) await giveAddresses();
    if (i % 7 === 0) {
      const [first] = (await plane.client.list(endpointSlice, { namespace: 'team' })).items;
      if (first) await plane.client.delete(endpointSlice, first.metadata);
    }
  }
  await plane.settle();
  await giveAddresses();
  await plane.settle();
  const ips = (await plane.client.list(pod, { namespace: 'team' })).items.map((it) => it.status?.podIP ?? '').sort();
  const labelSelector = 'kubernetes.io/service-name=web';
  const slices = (await plane.client.list(endpointSlice, { namespace: 'team', labelSelector })).items;
  expect(slices.length).toBe(1);
  expect(slices.flatMap((it) => (it.endpoints ?? []).flatMap((one) => one.addresses)).sort()).toEqual(ips);
  const shown = await plane.client.get(endpoints, { namespace: 'team', name: 'web' });
  expect((shown?.subsets ?? []).flatMap((it) => (it.addresses ?? []).map((one) => one.ip)).sort()).toEqual(ips);
});
