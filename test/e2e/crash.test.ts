import { execFileSync } from 'node:child_process';
import http from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { configMap, deployment, isPodReady, pod, service } from '../../src/kinds/index.ts';
import { found, pause, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';

const kills = 20;
const nodePort = 29_080;
let cluster: TestCluster;
let client: Client;
let close = (): void => {};

beforeAll(async () => {
  cluster = await startTestCluster({ name: 'crash', second: 210, nodePorts: '29000-29999' });
  ({ client, close } = readKubeconfig(cluster.kubeconfig));
});
afterAll(async () => {
  close();
  await cluster?.destroy();
});

const namespace = 'default';
const appContainers = (): string[] =>
  execFileSync('docker', ['ps', '-q', '--no-trunc', '--filter', `label=dev.peapod.cluster=${cluster.label}`], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .sort();

/** The body the NodePort answers with; undefined when nobody answers. */
function answer(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = http.get({ host: '127.0.0.1', port: nodePort, path: '/hello', agent: false, timeout: 2_000 }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve(response.statusCode === 200 ? Buffer.concat(parts).toString() : undefined));
      response.on('error', () => resolve(undefined));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
  });
}

const until = (what: string, holds: () => Promise<boolean>): Promise<true> => found(cluster, what, holds);

/** Creates, changes and deletes objects without rest; remembers what was acknowledged. */
function writers(count: number) {
  const acknowledged = new Map<string, string | undefined>();
  let stopped = false;
  const one = async (writer: number): Promise<void> => {
    for (let n = 0; !stopped; n++) {
      const name = `w${writer}-${Date.now()}-${n}`;
      try {
        await client.create(configMap, { metadata: { name, namespace }, data: { step: 'created' } });
        acknowledged.set(name, 'created');
        if (n % 3 === 1) {
          await client.patch(configMap, { name, namespace }, { type: 'merge', body: { data: { step: 'changed' } } });
          acknowledged.set(name, 'changed');
        } else if (n % 3 === 2) {
          await client.delete(configMap, { name, namespace });
          acknowledged.set(name, undefined);
        }
      } catch {
        // The server is down, and whether the last write was kept nobody was told.
        if (acknowledged.get(name) !== undefined) acknowledged.delete(name);
        await pause(20);
      }
    }
  };
  const running = Promise.all(Array.from({ length: count }, (_, writer) => one(writer)));
  return {
    acknowledged,
    async stop() {
      stopped = true;
      await running;
    },
  };
}

test(`killed ${kills} times under load, nothing acknowledged is lost and no container is touched`, { timeout: 300_000 }, async () => {
  const labels = { app: 'web' };
  const script = 'mkdir -p /www && echo here > /www/hello && exec httpd -f -p 8080 -h /www';
  const containers = [{ name: 'web', image: 'busybox:1.36', command: ['sh', '-c', script], readinessProbe: { tcpSocket: { port: 8080 } } }];
  const template = { metadata: { labels }, spec: { containers } };
  await client.create(deployment, {
    metadata: { name: 'web', namespace },
    spec: { replicas: 3, selector: { matchLabels: labels }, template },
  });
  await client.create(service, {
    metadata: { name: 'web', namespace },
    spec: { type: 'NodePort', selector: labels, ports: [{ port: 80, targetPort: 8080, nodePort }] },
  });
  const ready = async (): Promise<boolean> =>
    (await client.list(pod, { namespace, labelSelector: 'app=web' })).items.filter(isPodReady).length === 3;
  await until('three pods are ready', ready);
  await until('the node port answers', async () => (await answer())?.trim() === 'here');
  const before = appContainers();
  expect(before).toHaveLength(6);

  const load = writers(8);
  for (let i = 0; i < kills; i++) {
    await pause(200 + ((i * 137) % 400));
    await cluster.kill();
    await cluster.start();
    await until(`the node port answers after kill ${i + 1}`, async () => (await answer())?.trim() === 'here');
    expect(appContainers()).toEqual(before);
  }
  await load.stop();
  await until('three pods are ready again', ready);

  const kept = new Map((await client.list(configMap, { namespace })).items.map((it) => [it.metadata.name, it.data?.['step']]));
  const lost = [...load.acknowledged].filter(([name, step]) => kept.get(name) !== step);
  expect(load.acknowledged.size).toBeGreaterThan(100);
  expect(lost).toEqual([]);
  const restarts = (await client.list(pod, { namespace })).items.flatMap((it) =>
    it.status?.containerStatuses?.map((one) => one.restartCount),
  );
  expect(restarts).toEqual([0, 0, 0]);
});
