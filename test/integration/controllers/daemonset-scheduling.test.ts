import { afterEach, beforeEach, expect, test } from 'vitest';
import { createInformers } from '../../../src/client/index.ts';
import { daemonSets } from '../../../src/controllers/daemonset/reconcile.ts';
import { runControllers } from '../../../src/controllers/index.ts';
import { daemonSet, type core, node, pod } from '../../../src/kinds/index.ts';
import { seconds } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { createMetrics } from '../../../src/lib/metrics.ts';
import { startTestCluster, type TestCluster } from '../../fixtures/scheduler/cluster.ts';
import { asking } from '../../fixtures/scheduler/objects.ts';

let cluster: TestCluster;
const abort = new AbortController();
beforeEach(async () => {
  cluster = await startTestCluster();
  const { client, clock } = cluster;
  const { signal } = abort;
  const informers = createInformers(client, { clock, log: silentLog, signal });
  const started = runControllers(
    [daemonSets],
    { rootCa: '', nodeMonitorGrace: 0, cluster: 'test' },
    { client, clock, signal, informers, log: silentLog, metrics: createMetrics(), recorderFor: () => ({ record: () => undefined }) },
  );
  await Promise.all([started, cluster.advance(10)]);
});
afterEach(() => {
  abort.abort();
  cluster.close();
});

const pods = async (): Promise<readonly core.Pod[]> => (await cluster.client.list(pod, { namespace: 'default' })).items;

test('the default scheduler puts each daemon onto its node, and says why when there is no room', async () => {
  const { client } = cluster;
  await cluster.addNode('n1', { room: 'cpu=2' });
  await cluster.addNode('n2', { room: 'cpu=2' });
  await cluster.addNode('n3', { room: 'cpu=500m' });
  await client.change(node, { name: 'n2' }, (draft) => {
    draft.spec = { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] };
  });
  await client.create(daemonSet, {
    metadata: { name: 'agent', namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: { metadata: { labels: { app: 'agent' } } as never, spec: { containers: [asking('cpu=1')] } },
    },
  });
  await cluster.advance(seconds(2));
  const places = (await pods()).map((it) => it.spec.nodeName ?? 'nowhere').sort();
  expect(places).toEqual(['n1', 'n2', 'nowhere']);
  const waiting = (await pods()).find((it) => !it.spec.nodeName) as core.Pod;
  expect(waiting.status?.conditions?.find((it) => it.type === 'PodScheduled')).toMatchObject({
    status: 'False',
    reason: 'Unschedulable',
    message: expect.stringMatching(/^0\/3 nodes are available: 1 Insufficient cpu/),
  });
  expect((await client.get(daemonSet, { namespace: 'default', name: 'agent' }))?.status).toMatchObject({
    desiredNumberScheduled: 3,
    currentNumberScheduled: 3,
    numberUnavailable: 3,
  });
  // A node that comes gets one, wherever there would be more room; the node of the one that waits takes it away with it.
  await cluster.addNode('n4', { room: 'cpu=2' });
  await client.delete(node, { name: 'n3' });
  await cluster.advance(seconds(2));
  expect(
    (await pods())
      .filter((it) => !it.metadata.deletionTimestamp)
      .map((it) => it.spec.nodeName ?? 'nowhere')
      .sort(),
  ).toEqual(['n1', 'n2', 'n4']);
});
