import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeLifecycle } from '../../../src/controllers/node-lifecycle/reconcile.ts';
import { podCollector } from '../../../src/controllers/pod-gc/reconcile.ts';
import { taintEviction } from '../../../src/controllers/taint-eviction/reconcile.ts';
import { isPodReady, lease, node, pod } from '../../../src/kinds/index.ts';
import { minutes, seconds, toMicroTime, toTime } from '../../../src/lib/clock.ts';
import { type ControlPlane, createNode, createPod, startControlPlane } from '../../fixtures/controllers/control-plane.ts';

let plane: ControlPlane;
const alive = new Set<string>();
beforeEach(async () => {
  alive.clear();
  plane = await startControlPlane([nodeLifecycle, taintEviction, podCollector]);
  for (const name of ['n1', 'n2']) {
    await createNode(plane.client, name);
    await plane.client.create(lease, { metadata: { name, namespace: 'kube-node-lease' }, spec: {} });
    alive.add(name);
  }
});
afterEach(() => plane.close());

/** Time goes by while those that are alive renew their leases. */
async function live(span: number): Promise<void> {
  for (let left = span; left > 0; left -= seconds(10)) {
    for (const name of alive) {
      await plane.client.change(lease, { namespace: 'kube-node-lease', name }, (draft) => {
        draft.spec = { renewTime: toMicroTime(plane.clock.now()) };
      });
    }
    await plane.advance(seconds(10));
  }
}
const getNode = (name: string) => plane.client.get(node, { name });
const getPod = (name: string) => plane.client.get(pod, { namespace: 'default', name });
const ready = async (name: string) => (await getNode(name))?.status?.conditions?.find((it) => it.type === 'Ready');
const taints = async (name: string) => ((await getNode(name))?.spec.taints ?? []).map((it) => `${it.key}:${it.effect}`);

test('a node that falls silent is unreachable, its pods leave after five minutes; one that speaks is left alone', async () => {
  await createPod(plane.client, 'web', { ip: '10.244.0.5' });
  await createPod(plane.client, 'other', { ip: '10.244.1.5', spec: { nodeName: 'n2', containers: [{ name: 'app', image: 'nginx' }] } });
  await live(seconds(60));
  expect([(await ready('n1'))?.status, await taints('n1')]).toEqual(['True', []]);

  alive.delete('n1');
  await live(seconds(70));
  expect(await ready('n1')).toMatchObject({
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
  });
  expect(await taints('n1')).toEqual(['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute']);
  const web = await getPod('web');
  expect([web && isPodReady(web), web?.metadata.deletionTimestamp]).toEqual([false, undefined]);
  expect(await plane.eventsOf('web')).toEqual(['Warning NodeNotReady Node is not ready']);
  expect(await plane.eventsOf('n1')).toEqual([
    'Normal RegisteredNode Node n1 event: Registered Node n1 in Controller',
    'Normal NodeNotReady Node n1 status is now: NodeNotReady',
  ]);

  await live(minutes(5));
  const leaving = await getPod('web');
  expect(leaving?.metadata.deletionTimestamp).toBeDefined();
  expect(leaving?.status?.conditions?.find((it) => it.type === 'DisruptionTarget')?.reason).toBe('DeletionByTaintManager');
  expect(await plane.eventsOf('web')).toContain('Normal TaintManagerEviction Marking for deletion Pod default/web');
  expect(leaving?.status).toMatchObject({ reason: 'NodeLost', message: 'Node n1 which was running pod web is unresponsive' });
  expect((await getPod('other'))?.metadata.deletionTimestamp).toBeUndefined();
});

test('a pod that is deleted on a silent node is lost, until the node says otherwise', async () => {
  await createPod(plane.client, 'web', { ip: '10.244.0.5' });
  await live(seconds(20));
  alive.delete('n1');
  await live(seconds(70));
  expect((await getPod('web'))?.status?.reason).toBeUndefined();
  await plane.client.delete(pod, { namespace: 'default', name: 'web' });
  await live(seconds(10));
  expect((await getPod('web'))?.status?.reason).toBe('NodeLost');
});

test('a node that speaks again loses its taints, and its pods stay', async () => {
  await createPod(plane.client, 'web', { ip: '10.244.0.5' });
  await live(seconds(20));
  alive.delete('n1');
  await live(seconds(70));
  expect((await taints('n1')).length).toBe(2);
  alive.add('n1');
  await plane.client.changeStatus(node, { name: 'n1' }, (draft) => {
    draft.status = { ...draft.status, conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: toTime(plane.clock.now()) }] };
  });
  await live(minutes(6));
  expect([await taints('n1'), (await getPod('web'))?.metadata.deletionTimestamp]).toEqual([[], undefined]);
  expect(await plane.eventsOf('web')).toContain('Normal TaintManagerEviction Cancelling deletion of Pod default/web');
});

test('when all are silent no pod is driven out', async () => {
  await createPod(plane.client, 'web', { ip: '10.244.0.5' });
  await live(seconds(20));
  alive.clear();
  await live(seconds(70));
  expect([await taints('n1'), await taints('n2')]).toEqual([
    ['node.kubernetes.io/unreachable:NoSchedule'],
    ['node.kubernetes.io/unreachable:NoSchedule'],
  ]);
  await live(minutes(10));
  expect((await getPod('web'))?.metadata.deletionTimestamp).toBeUndefined();
});

test('conditions and cordons are taints; those of others stay', async () => {
  await plane.client.change(node, { name: 'n1' }, (draft) => {
    draft.spec = { unschedulable: true, taints: [{ key: 'example.com/own', effect: 'NoExecute', value: 'x' }] };
  });
  await plane.client.changeStatus(node, { name: 'n1' }, (draft) => {
    draft.status = { ...draft.status, conditions: [...(draft.status?.conditions ?? []), { type: 'DiskPressure', status: 'True' }] };
  });
  await plane.settle();
  const all = ['example.com/own:NoExecute', 'node.kubernetes.io/disk-pressure:NoSchedule', 'node.kubernetes.io/unschedulable:NoSchedule'];
  expect((await taints('n1')).sort()).toEqual(all);
});

test('pods of a node that is no more go after a while', async () => {
  await createPod(plane.client, 'web', { ip: '10.244.0.5' });
  await live(seconds(10));
  await plane.client.delete(node, { name: 'n1' });
  await live(seconds(30));
  expect(await getPod('web')).toBeDefined();
  await live(seconds(20));
  expect(await getPod('web')).toBeUndefined();
  expect(await plane.eventsOf('n1')).toContain('Normal RemovingNode Node n1 event: Removing Node n1 from Controller');
});
