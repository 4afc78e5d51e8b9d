import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { deployment, event, horizontalPodAutoscaler } from '../../src/kinds/index.ts';
import { pause, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';
import { type Kubectl, kubectlOf } from '../fixtures/cluster/kubectl.ts';
import { kubectls } from '../fixtures/kubectl.ts';

let cluster: TestCluster;
let client: Client;
let kubectl: Kubectl;
let close = (): void => {};
beforeAll(async () => {
  cluster = await startTestCluster({ name: 'scaling', second: 194, nodePorts: '28100-28199' });
  ({ client, close } = readKubeconfig(cluster.kubeconfig));
  kubectl = kubectlOf(kubectls().at(-1)?.path ?? 'kubectl', cluster.kubeconfig);
});
afterAll(async () => {
  close();
  await cluster?.destroy();
});

const key = { namespace: 'default', name: 'busy' };

async function until<T>(what: string, look: () => Promise<T | undefined | false>, most: number): Promise<T> {
  const began = Date.now();
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() - began > most)
      throw new Error(`${most / 1000} seconds passed, and not yet: ${what}\n${await kubectl.ok(['describe', 'hpa'])}`);
    await pause(250);
  }
}

// A loop that uses a twentieth of a core, though it asks for a hundredth.
const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: busy }
spec:
  replicas: 1
  selector: { matchLabels: { app: busy } }
  template:
    metadata: { labels: { app: busy } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: main
        image: busybox:1.36
        command: [sh, -c, "while true; do i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; sleep 0.1; done"]
        resources: { requests: { cpu: 10m }, limits: { cpu: 100m } }
`;

test('a busy deployment grows, as far as it may, and shrinks by hand and by its bounds', async () => {
  await kubectl.ok(['apply', '-f', '-'], { input: manifest });
  await kubectl.ok(['rollout', 'status', 'deployment/busy', '--timeout=60s']);
  await kubectl.ok(['autoscale', 'deployment', 'busy', '--cpu-percent=50', '--min=1', '--max=3']);
  await until('it has grown', async () => (await client.get(deployment, key))?.status?.readyReplicas === 3, 120_000);
  const { status } = await until(
    'the autoscaler says so',
    async () => {
      const it = await client.get(horizontalPodAutoscaler, key);
      return it?.status?.currentReplicas === 3 && it;
    },
    60_000,
  );
  expect(status?.conditions?.map((it) => [it.type, it.status])).toEqual([
    ['AbleToScale', 'True'],
    ['ScalingActive', 'True'],
    ['ScalingLimited', 'True'],
  ]);
  expect(await kubectl.ok(['get', 'hpa', 'busy'])).toMatch(/busy +Deployment\/busy +cpu: \d+%\/50% +1 +3 +3 +/);
  const events = (await client.list(event, { namespace: 'default' })).items.filter((it) => it.reason === 'SuccessfulRescale');
  expect(events.map((it) => it.message)).toContain('New size: 3; reason: cpu resource utilization (percentage of request) above target');

  await kubectl.ok(['patch', 'hpa', 'busy', '--type=merge', '-p', '{"spec":{"maxReplicas":2}}']);
  await until('it has shrunk', async () => (await client.get(deployment, key))?.spec.replicas === 2, 30_000);
});
