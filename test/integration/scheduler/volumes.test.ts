import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEventRecorder } from '../../../src/client/index.ts';
import { controllers } from '../../../src/controllers/index.ts';
import { ourDriver } from '../../../src/controllers/volume-binder/vocabulary.ts';
import { node as nodeKind, persistentVolume, persistentVolumeClaim, pod as podKind, storageClass } from '../../../src/kinds/index.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { createMetrics } from '../../../src/lib/metrics.ts';
import { seededRandom } from '../../../src/lib/random.ts';
import { startScheduler } from '../../../src/scheduler/index.ts';
import { type ControlPlane, startControlPlane } from '../../fixtures/controllers/control-plane.ts';

/** The scheduler and the controllers of volumes, as they work together. */
let plane: ControlPlane;
let abort: AbortController;

beforeEach(async () => {
  plane = await startControlPlane(controllers.filter((it) => /^(persistentvolume|pv|volume)/.test(it.name)));
  abort = new AbortController();
  const { client, clock, informers } = plane;
  const recorder = createEventRecorder(client, { component: 'default-scheduler', clock, log: silentLog });
  await startScheduler(
    { schedulerName: 'default-scheduler' },
    { client, informers, clock, recorder, random: seededRandom(4), log: silentLog, metrics: createMetrics(), signal: abort.signal },
  );
  for (const name of ['n1', 'n2']) {
    await client.create(nodeKind, { metadata: { name, labels: { 'kubernetes.io/hostname': name } }, spec: {} });
    await client.changeStatus(nodeKind, { name }, (draft) => {
      const allocatable = { cpu: '2', memory: '4Gi', pods: '10' };
      draft.status = { allocatable, capacity: allocatable, conditions: [{ type: 'Ready', status: 'True' }] };
    });
  }
});
afterEach(() => {
  abort.abort();
  plane.close();
});

const aClass = (name: string, provisioner: string, volumeBindingMode: 'Immediate' | 'WaitForFirstConsumer') =>
  plane.client.create(storageClass, { metadata: { name }, provisioner, volumeBindingMode });

async function aPodWithClaim(storageClassName: string, rest: { nodeName?: string } = {}): Promise<void> {
  await plane.client.create(persistentVolumeClaim, {
    metadata: { name: 'data', namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName },
  });
  await plane.client.create(podKind, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      containers: [{ name: 'app', image: 'busybox' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
      ...(rest.nodeName && { nodeSelector: { 'kubernetes.io/hostname': rest.nodeName } }),
    },
  });
}

const aLocalVolume = (name: string, node: string, storage = '1Gi') =>
  plane.client.create(persistentVolume, {
    metadata: { name },
    spec: {
      ...{ accessModes: ['ReadWriteOnce'], capacity: { storage }, storageClassName: 'local', hostPath: { path: `/tmp/${name}` } },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }] },
      },
    },
  });

const key = { namespace: 'default' };
const nodeOfPod = () =>
  plane.seen('the pod has a node', async () => (await plane.client.get(podKind, { ...key, name: 'web' }))?.spec.nodeName);
const claim = () => plane.client.get(persistentVolumeClaim, { ...key, name: 'data' });

test('a volume made for the pod, where the pod goes', async () => {
  await aClass('late', ourDriver, 'WaitForFirstConsumer');
  await aPodWithClaim('late', { nodeName: 'n2' });
  expect(await nodeOfPod()).toBe('n2');
  expect((await claim())?.status?.phase).toBe('Bound');
});

test('a volume made at once: the pod follows it', async () => {
  await aClass('soon', ourDriver, 'Immediate');
  await aPodWithClaim('soon');
  await nodeOfPod();
  expect((await claim())?.status?.phase).toBe('Bound');
});

test('the smallest volume of the node that is there already', async () => {
  await aClass('local', 'kubernetes.io/no-provisioner', 'WaitForFirstConsumer');
  await aLocalVolume('large', 'n1', '5Gi');
  await aLocalVolume('right', 'n1', '2Gi');
  await aLocalVolume('small', 'n2', '500Mi');
  await aPodWithClaim('local');
  expect(await nodeOfPod()).toBe('n1');
  expect((await claim())?.spec?.volumeName).toBe('right');
});
