import { afterEach, beforeEach, expect, test } from 'vitest';
import { replicationControllers } from '../../../src/controllers/replicationcontroller/reconcile.ts';
import { type core, pod, replicationController } from '../../../src/kinds/index.ts';
import { type ControlPlane, createPod, startControlPlane } from '../../fixtures/controllers/control-plane.ts';
import { startStandIn } from '../../fixtures/controllers/stand-in-kubelet.ts';

let plane: ControlPlane;
let abort: AbortController;
beforeEach(async () => {
  abort = new AbortController();
  plane = await startControlPlane([replicationControllers]);
  startStandIn(plane.client, plane.clock, abort.signal);
});
afterEach(() => {
  abort.abort();
  plane.close();
});

const key = { namespace: 'default', name: 'old' };
const pods = async (): Promise<core.Pod[]> => [...(await plane.client.list(pod, { namespace: 'default' })).items];

test('a replication controller keeps its pods, adopts what its labels select, and lets go what they do not', async () => {
  await createPod(plane.client, 'lonely', { ip: '10.244.0.5', metadata: { labels: { app: 'old' } } });
  const made = await plane.client.create(replicationController, {
    metadata: key,
    spec: {
      replicas: 3,
      template: { metadata: { labels: { app: 'old' } } as never, spec: { containers: [{ name: 'app', image: 'nginx:1' }] } },
    },
  });
  const status = (available: number) =>
    plane.seen(`${available} available`, async () => {
      const now = (await plane.client.get(replicationController, key))?.status;
      return now?.availableReplicas === available && now.replicas === available && now;
    });
  expect(await status(3)).toEqual({ replicas: 3, fullyLabeledReplicas: 3, readyReplicas: 3, availableReplicas: 3, observedGeneration: 1 });
  expect((await pods()).map((it) => it.metadata.ownerReferences?.[0])).toEqual(
    Array.from({ length: 3 }, () => ({
      ...{
        apiVersion: 'v1',
        kind: 'ReplicationController',
        name: 'old',
        uid: made.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    })),
  );
  await plane.client.change(pod, { namespace: 'default', name: 'lonely' }, (draft) => {
    draft.metadata.labels = {};
  });
  await plane.seen('another in its place', async () => (await pods()).length === 4);
  expect((await plane.client.get(pod, { namespace: 'default', name: 'lonely' }))?.metadata.ownerReferences).toBeUndefined();
  await plane.client.change(replicationController, key, (draft) => {
    draft.spec.replicas = 1;
  });
  await status(1);
  await plane.settle();
  const told = (await plane.eventsOf('old')).map((it) => it.replace(/old-\S+/, 'P')).sort();
  expect(told).toEqual([
    ...Array(3).fill('Normal SuccessfulCreate Created pod: P'),
    ...Array(2).fill('Normal SuccessfulDelete Deleted pod: P'),
  ]);
});
