import { createSocket } from 'node:dgram';
import { spawn, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { deployment, endpointSlice, isPodReady, pod, service } from '../../src/kinds/index.ts';
import { faultOfKernel } from '../../src/proxy/index.ts';
import { found, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';
import { echoSpec } from '../fixtures/proxy/echo.ts';

/**
 * Requests and datagrams go on while endpoints change: by rolling update, by scale up and down, and by pods that become
 * ready and unready in turn. None may fail. PEAPOD_LONG=1 does it ten times.
 */
const namespace = 'default';
const rounds = process.env['PEAPOD_LONG'] ? 10 : 1;
const noKernel = await faultOfKernel();
const hasWrk = spawnSync('wrk', ['-v'], { stdio: 'ignore' }).error === undefined;

describe.each([
  ['userspace', 212],
  ['nftables', 214],
] as const)('%s', (plane, second) => {
  const skipped = process.getuid?.() !== 0 || !hasWrk || (plane === 'nftables' && noKernel !== undefined);
  let cluster: TestCluster;
  let client: Client;
  let close = (): void => {};
  beforeAll(async () => {
    if (skipped) return;
    cluster = await startTestCluster({ name: `load-${plane}`, second, nodePorts: '24800-24889', flags: ['--data-plane', plane] });
    ({ client, close } = readKubeconfig(cluster.kubeconfig));
  });
  const running: Array<{ stop(): Promise<unknown> }> = [];
  afterAll(async () => {
    await Promise.all(running.map((it) => it.stop()));
    close();
    await cluster?.destroy();
  });

  const until = <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> => found(cluster, what, look, 90_000);
  const key = { namespace, name: 'web' };

  /** Resolves when the newest template runs on as many pods as are wanted, and on no others. */
  const settled = (): Promise<unknown> =>
    until('the rollout is over', async () => {
      const it = await client.get(deployment, key);
      const { observedGeneration, replicas, readyReplicas, updatedReplicas } = it?.status ?? {};
      const want = it?.spec.replicas;
      return it && observedGeneration === it.metadata.generation && replicas === want && readyReplicas === want && updatedReplicas === want;
    });
  const change = async (edit: (draft: { replicas?: number; template: { metadata?: { annotations?: object } } }) => void): Promise<void> => {
    const it = await client.get(deployment, key);
    if (it) await client.change(deployment, it, (draft) => edit(draft.spec));
    await settled();
  };

  async function disturb(round: number): Promise<void> {
    await change((spec) => {
      spec.template.metadata = { ...spec.template.metadata, annotations: { round: String(round) } };
    });
    await change((spec) => {
      spec.replicas = 4;
    });
    await change((spec) => {
      spec.replicas = 2;
    });
    // Endpoints come and go though their pods stay: by the label that the service selects.
    const pods = (await client.list(pod, { namespace, labelSelector: 'app=web' })).items.filter(
      (it) => !it.metadata.deletionTimestamp && isPodReady(it),
    );
    for (const it of pods.slice(0, 2)) {
      for (const isIn of [false, true]) {
        const now = await client.get(pod, { namespace, name: it.metadata.name });
        await client.change(pod, now ?? it, (draft) => {
          draft.metadata.labels = { ...draft.metadata.labels, in: String(isIn) };
        });
        await until('the slice says so', async () => {
          const slices = (await client.list(endpointSlice, { namespace, labelSelector: 'kubernetes.io/service-name=web' })).items;
          const has = slices.some(({ endpoints = [] }) => endpoints.some(({ addresses }) => addresses[0] === it.status?.podIP));
          return has === isIn;
        });
      }
    }
  }

  test.skipIf(skipped)(
    `nothing fails while endpoints change, ${rounds} times`,
    async () => {
      const labels = { app: 'web', in: 'true' };
      const spec = echoSpec(8080);
      // Goes on for three seconds after it was told to end, as servers do that know of rolling updates.
      for (const it of spec.containers[0]?.env ?? []) if (it.name === 'LINGER_MS') it.value = '3000';
      await client.create(deployment, {
        metadata: { name: 'web', namespace },
        spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels }, spec } },
      });
      const made = await client.create(service, {
        metadata: { name: 'web', namespace },
        spec: {
          type: 'NodePort',
          selector: labels,
          ports: (['TCP', 'UDP'] as const).map((protocol) => ({ name: protocol.toLowerCase(), port: 80, protocol, targetPort: 8080 })),
        },
      });
      await settled();
      const { clusterIP = '', ports = [] } = made.spec;
      const load = [startWrk(`http://${clusterIP}/`), startWrk(`http://127.0.0.1:${ports[0]?.nodePort}/`)];
      const datagrams = await startDatagrams(clusterIP, 80);
      running.push(...load, datagrams);
      for (let round = 0; round < rounds; round++) await disturb(round);
      const told = await Promise.all(load.map((it) => it.stop()));
      const { sent, again, lost } = await datagrams.stop();
      const words = told.map(({ requests, faults }) => `${requests} requests${faults ? `, ${faults}` : ''}`);
      console.log(`${plane}: ${words.join('; ')}; ${sent} datagrams, ${again} sent again, ${lost} without an answer`);
      expect(told.map(({ faults }) => faults)).toEqual(['', '']);
      expect(Math.min(sent, ...told.map(({ requests }) => requests))).toBeGreaterThan(100);
      expect(lost).toBe(0);
    },
    rounds * 120_000,
  );
});

/** A connection for each request: one that is kept would stay with its pod until that ends, in whatever way it ends. */
function startWrk(url: string) {
  const child = spawn('wrk', ['-t1', '-c2', '-d3600s', '--timeout', '5s', '-H', 'Connection: close', url]);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  return {
    async stop(): Promise<{ requests: number; faults: string }> {
      child.kill('SIGINT');
      await ended;
      const requests = Number(/(\d+) requests in/.exec(output)?.[1] ?? 0);
      const faults = /(Socket errors:.*|Non-2xx.*)/.exec(output)?.[1] ?? '';
      return { requests, faults };
    },
  };
}

/**
 * Asks from ports that it keeps, over and over, and from a new one each time. As clients of UDP do it asks again after
 * half a second: the answer that a pod gives at the moment when its flow goes to another pod has no way back.
 */
async function startDatagrams(address: string, port: number) {
  let sent = 0;
  let again = 0;
  let lost = 0;
  let isOver = false;
  const open = async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.connect(port, address, resolve));
    return socket;
  };
  type Socket = Awaited<ReturnType<typeof open>>;
  const ask = (socket: Socket): Promise<void> =>
    new Promise((resolve) => {
      sent += 1;
      const done = (isLost: boolean): void => {
        if (isLost) lost += 1;
        clearTimeout(late);
        clearInterval(repeat);
        socket.removeAllListeners('message').removeAllListeners('error');
        resolve();
      };
      const late = setTimeout(done, 3_000, true);
      const repeat = setInterval(() => {
        again += 1;
        socket.send('x');
      }, 500);
      socket.once('message', () => done(false));
      socket.once('error', () => done(true));
      socket.send('x');
    });
  const keeper = async (): Promise<void> => {
    const socket = await open();
    while (!isOver) {
      await ask(socket);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    socket.close();
  };
  const newcomer = async (): Promise<void> => {
    while (!isOver) {
      const socket = await open();
      await ask(socket);
      socket.close();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const running = [keeper(), keeper(), newcomer()];
  return {
    async stop(): Promise<{ sent: number; again: number; lost: number }> {
      isOver = true;
      await Promise.all(running);
      return { sent, again, lost };
    },
  };
}
