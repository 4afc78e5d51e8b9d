import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { type core, node, pod } from '../../src/kinds/index.ts';
import { found, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';
import { kubectls } from '../fixtures/kubectl.ts';

const namespace = 'default';
const kubectl = kubectls().at(-1)?.path;
const dir = mkdtempSync(join(tmpdir(), 'static-'));
const own = (word: string): string => `
apiVersion: v1
kind: Pod
metadata: {name: own}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: app, image: "busybox:1.36", command: [sh, -c, "echo ${word}; trap exit TERM; sleep 3600 & wait"]}]
`;
let cluster: TestCluster;
let client: Client;
let close = (): void => {};
let nodeName = hostname();
beforeAll(async () => {
  writeFileSync(join(dir, 'own.yaml'), own('one'));
  cluster = await startTestCluster({ name: 'read', second: 182, nodePorts: '20450-20499', flags: ['--static-pod-path', dir] });
  ({ client, close } = readKubeconfig(cluster.kubeconfig));
  nodeName = (await client.list(node)).items[0]?.metadata.name ?? '';
  const container = { name: 'app', image: 'busybox:1.36', command: ['sh', '-c', 'echo hello; exec sleep 3600'] };
  await client.create(pod, { metadata: { name: 'web', namespace }, spec: { terminationGracePeriodSeconds: 0, containers: [container] } });
  await found(cluster, 'web runs', async () => (await client.get(pod, { namespace, name: 'web' }))?.status?.phase === 'Running');
});
afterAll(async () => {
  close();
  await cluster?.destroy();
  rmSync(dir, { recursive: true, force: true });
});

const raw = (path: string): string =>
  execFileSync(kubectl as string, ['--kubeconfig', cluster.kubeconfig, 'get', '--raw', `/api/v1/nodes/${nodeName}/proxy${path}`], {
    encoding: 'utf8',
  });

test.runIf(kubectl)('what clients read of a node', async () => {
  expect(raw('/healthz')).toBe('ok');
  expect((JSON.parse(raw('/pods')) as { items: core.Pod[] }).items.map((it) => it.metadata.name)).toContain('web');
  const running = JSON.parse(raw('/runningpods/')) as { items: core.Pod[] };
  expect(running.items.find((it) => it.metadata.name === 'web')?.spec.containers).toEqual([
    { name: 'app', image: expect.stringContaining(':'), resources: {} },
  ]);
  expect(JSON.parse(raw('/configz'))).toMatchObject({ kubeletconfig: { maxPods: 110, clusterDomain: 'cluster.local' } });
  const summary = JSON.parse(raw('/stats/summary'));
  expect(summary.node).toMatchObject({ nodeName, cpu: { usageNanoCores: expect.any(Number) }, fs: { capacityBytes: expect.any(Number) } });
  expect(summary.pods.find((it: { podRef: { name: string } }) => it.podRef.name === 'web')).toMatchObject({
    podRef: { name: 'web', namespace },
    containers: [{ name: 'app', memory: { workingSetBytes: expect.any(Number) } }],
  });
  expect(raw('/metrics/resource')).toMatch(/container_memory_working_set_bytes\{container="app",namespace="default",pod="web"\} \d+ \d+/);
  expect(raw('/metrics/cadvisor')).toContain('container_cpu_usage_seconds_total');
  expect(raw('/metrics')).toMatch(/kubelet_running_pods \d/);
  expect(raw('/containerLogs/default/web/app')).toBe('hello\n');
  expect(() => raw('/none')).toThrow(/could not find the requested resource/);
});

test.runIf(kubectl)('a pod from a file: shown, read, talked to; deleting what shows it does not end it', async () => {
  const name = `own-${nodeName.toLowerCase()}`;
  const shown = (want: (it: core.Pod) => boolean = () => true): Promise<core.Pod> =>
    found(cluster, 'the mirror', async () => {
      const it = await client.get(pod, { namespace, name });
      return it?.status?.phase === 'Running' && !it.metadata.deletionTimestamp && want(it) && it;
    });
  const run = (...args: string[]): string =>
    execFileSync(kubectl as string, ['--kubeconfig', cluster.kubeconfig, ...args], { encoding: 'utf8' });
  const first = await shown();
  expect([run('logs', name), run('exec', name, '--', 'hostname').trim()]).toEqual(['one\n', name]);
  expect(run('describe', 'pod', name)).toMatch(/Controlled By: +Node\/[\s\S]*Normal +Started/);
  run('delete', 'pod', name, '--wait=false');
  const again = await shown((it) => it.metadata.uid !== first.metadata.uid);
  expect(again.status?.containerStatuses?.[0]?.containerID).toBe(first.status?.containerStatuses?.[0]?.containerID);
  writeFileSync(join(dir, 'own.yaml'), own('two'));
  await found(cluster, 'the new text', async () => (await shown()).metadata.uid !== again.metadata.uid && run('logs', name) === 'two\n');
  rmSync(join(dir, 'own.yaml'));
  await found(cluster, 'nothing is left', async () => (await client.get(pod, { namespace, name })) === undefined);
});
