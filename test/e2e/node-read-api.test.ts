import { execFileSync } from 'node:child_process';
import { hostname } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { type core, node, pod } from '../../src/kinds/index.ts';
import { found, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';
import { kubectls } from '../fixtures/kubectl.ts';

const namespace = 'default';
const kubectl = kubectls().at(-1)?.path;
let cluster: TestCluster;
let client: Client;
let close = (): void => {};
let nodeName = hostname();
beforeAll(async () => {
  cluster = await startTestCluster({ name: 'read', second: 182, nodePorts: '20450-20499' });
  ({ client, close } = readKubeconfig(cluster.kubeconfig));
  nodeName = (await client.list(node)).items[0]?.metadata.name ?? '';
  const container = { name: 'app', image: 'busybox:1.36', command: ['sh', '-c', 'echo hello; exec sleep 3600'] };
  await client.create(pod, { metadata: { name: 'web', namespace }, spec: { terminationGracePeriodSeconds: 0, containers: [container] } });
  await found(cluster, 'web runs', async () => (await client.get(pod, { namespace, name: 'web' }))?.status?.phase === 'Running');
});
afterAll(async () => {
  close();
  await cluster?.destroy();
});

const raw = (path: string): string =>
  execFileSync(kubectl as string, ['--kubeconfig', cluster.kubeconfig, 'get', '--raw', `/api/v1/nodes/${nodeName}/proxy${path}`], {
    encoding: 'utf8',
  });

test.runIf(kubectl)('what clients read of a node', async () => {
  expect(raw('/healthz')).toBe('ok');
  expect((JSON.parse(raw('/pods')) as { items: core.Pod[] }).items.map((it) => it.metadata.name)).toEqual(['web']);
  expect(JSON.parse(raw('/runningpods/')).items[0].spec.containers).toEqual([
    { name: 'app', image: expect.stringContaining(':'), resources: {} },
  ]);
  expect(JSON.parse(raw('/configz'))).toMatchObject({ kubeletconfig: { maxPods: 110, clusterDomain: 'cluster.local' } });
  const summary = JSON.parse(raw('/stats/summary'));
  expect(summary.node).toMatchObject({ nodeName, cpu: { usageNanoCores: expect.any(Number) }, fs: { capacityBytes: expect.any(Number) } });
  expect(summary.pods[0]).toMatchObject({
    podRef: { name: 'web', namespace },
    containers: [{ name: 'app', memory: { workingSetBytes: expect.any(Number) } }],
  });
  expect(raw('/metrics/resource')).toMatch(/container_memory_working_set_bytes\{container="app",namespace="default",pod="web"\} \d+ \d+/);
  expect(raw('/metrics/cadvisor')).toContain('container_cpu_usage_seconds_total');
  expect(raw('/metrics')).toContain('kubelet_running_pods 1');
  expect(raw('/containerLogs/default/web/app')).toBe('hello\n');
  expect(() => raw('/none')).toThrow(/could not find the requested resource/);
});
