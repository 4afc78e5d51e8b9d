import { afterEach, expect, test } from 'vitest';
import { createInformers } from '../../../src/client/index.ts';
import { deployments } from '../../../src/controllers/deployment/reconcile.ts';
import { runControllers } from '../../../src/controllers/index.ts';
import { replicaSets } from '../../../src/controllers/replicaset/reconcile.ts';
import { type core, deployment, pod } from '../../../src/kinds/index.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { createMetrics } from '../../../src/lib/metrics.ts';
import { startTestNode, type TestNode } from '../../fixtures/kubelet/node.ts';

let node: TestNode;
const abort = new AbortController();
afterEach(async () => {
  abort.abort();
  await node.close();
});

const key = { namespace: 'default', name: 'web' };

test('a rollout on a node: containers of the new template replace the old ones, two at a time', async () => {
  node = await startTestNode();
  const { client, clock } = node;
  const deps = { client, clock, log: silentLog, signal: abort.signal };
  const recorderFor = () => ({ record: () => {} });
  await runControllers(
    [replicaSets, deployments],
    { rootCa: '', nodeMonitorGrace: 0, cluster: 'test' },
    {
      ...{ ...deps, informers: createInformers(client, deps), metrics: createMetrics(), recorderFor },
    },
  );
  await client.create(deployment, {
    metadata: key,
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'web' } },
      minReadySeconds: 2,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
      template: {
        metadata: { labels: { app: 'web' } } as never,
        spec: { nodeName: 'n1', terminationGracePeriodSeconds: 1, containers: [{ name: 'app', image: 'busybox:1' }] },
      },
    },
  });
  /** The pods that have app containers on the node. */
  const running = (): (string | undefined)[] =>
    node.runtime
      .all()
      .filter((it) => it.labels['io.kubernetes.container.name'] === 'app')
      .map((it) => it.labels['io.kubernetes.pod.uid']);
  const available = (count: number) =>
    node.seen(`${count} available`, async () => {
      await node.advance(1);
      const { status, metadata } = (await client.get(deployment, key))!;
      return status?.observedGeneration === metadata.generation && status?.availableReplicas === count && status.updatedReplicas === count;
    });
  await available(4);
  expect(new Set(running()).size).toBe(4);

  let most = 0;
  let fewest = 4;
  const watch = async (): Promise<void> => {
    for await (const { type } of client.watch(pod, {}, abort.signal)) {
      if (type === 'BOOKMARK') continue;
      const items = (await client.list<core.Pod>(pod)).items.filter((it) => !it.metadata.deletionTimestamp);
      most = Math.max(most, items.length);
      fewest = Math.min(fewest, items.filter((it) => it.status?.phase === 'Running').length);
    }
  };
  void watch();
  const before = running();
  await client.change(deployment, key, (draft) => {
    draft.spec.template.spec!.containers[0]!.image = 'busybox:2';
  });
  await available(4);
  await node.seen('the old containers have gone', async () => {
    await node.advance(1);
    return new Set(running()).size === 4 && !running().some((it) => before.includes(it));
  });
  expect([most <= 5, fewest >= 3]).toEqual([true, true]);
});
