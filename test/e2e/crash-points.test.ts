import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, createClient, type Transport } from '../../src/client/index.ts';
import { configMap, type core, namespace as namespaceKind, pod as podKind, serviceAccount } from '../../src/kinds/index.ts';
import type { KubeletConfig } from '../../src/kubelet/index.ts';
import { openTestApi, type TestApi } from '../fixtures/api/server.ts';
import { type EngineForTests, engineForTests } from '../fixtures/runtime/engine.ts';
import { lineOf } from '../fixtures/kubelet/node.ts';

const script = fileURLToPath(new URL('../fixtures/kubelet/agent-process.ts', import.meta.url));
const everyStep = process.env.PEAPOD_LONG === '1';
const namespace = 'default';
const wanted = 'Running init=Completed(0) side=running app=running';

/** A node agent in a process of its own. */
type Agent = {
  process: ChildProcessByStdio<Writable, Readable, null>;
  /** The steps it has said it is past, since it was last told to die. */
  steps: string[];
  dead: Promise<void>;
  /** It dies after this many steps more. */
  dieAfter(steps: number): Promise<void>;
};

let engine: EngineForTests | undefined;
let api: TestApi;
let client: Client;
let rootDir: string;
let agent: Agent;

beforeAll(async () => {
  engine = await engineForTests('killed');
  if (!engine) return;
  api = await openTestApi();
  client = createClient(api.api.local as unknown as Transport);
  rootDir = mkdtempSync(join(tmpdir(), 'peapod-killed-'));
  for (const name of ['default', 'kube-node-lease'])
    if (!(await client.get(namespaceKind, { name }))) await client.create(namespaceKind, { metadata: { name }, spec: {} });
  await client.create(serviceAccount, { metadata: { name: 'default', namespace } });
  await client.create(configMap, { metadata: { name: 'kube-root-ca.crt', namespace }, data: { 'ca.crt': api.pki.caCertificate } });
  await client.create(configMap, { metadata: { name: 'files', namespace }, data: { here: 'yes' } });
});
afterAll(async () => {
  agent?.process.kill('SIGKILL');
  await agent?.dead;
  await engine?.close();
  await api?.close();
  if (rootDir) rmSync(rootDir, { recursive: true, force: true });
});

/** Resolves when the agent has taken over what is there. */
async function startAgent({ labels, network, host }: EngineForTests): Promise<Agent> {
  const config = {
    ...{ nodeName: 'killed-node', cluster: labels['dev.peapod.cluster'], rootDir, maxPods: 110 },
    ...{ unsafeSysctls: [], reserved: {}, eviction: { thresholds: [], transition: 0 } },
    ...{ podCidr: network.subnet, nodeAddress: network.gateway, networkName: network.name },
    ...{ clusterDns: '10.96.0.10', clusterDomain: 'cluster.local' },
    images: { mirrors: [], parallelPulls: 3, dockerConfig: join(rootDir, 'no-docker-config.json') },
  } as unknown as KubeletConfig;
  const args = ['--import', 'tsx', script, api.kubeconfig, JSON.stringify(config), host];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const dead = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const steps: string[] = [];
  const heard = new Map<string, () => void>();
  const word = (it: string): Promise<void> => Promise.race([new Promise<void>((resolve) => heard.set(it, resolve)), dead]);
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('step ')) steps.push(line.slice(5));
    else heard.get(line)?.();
  });
  await word('ready');
  return {
    ...{ process: child, steps, dead },
    async dieAfter(count) {
      steps.length = 0;
      child.stdin.write(`${count}\n`);
      await word('told');
      steps.length = 0;
    },
  };
}

async function seen<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not seen in a minute: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

const get = (name: string): Promise<core.Pod | undefined> => client.get(podKind, { namespace, name });
const runs = (name: string): Promise<boolean> =>
  seen(`${name} runs`, async () => {
    const it = await get(name);
    return it !== undefined && lineOf(it) === wanted;
  });

function create(name: string): Promise<core.Pod> {
  const image = (engine as EngineForTests).image;
  const polite = 'trap "exit 0" TERM; while :; do sleep 0.1; done';
  return client.create(podKind, {
    metadata: { name, namespace },
    spec: {
      ...{ nodeName: 'killed-node', terminationGracePeriodSeconds: 2 },
      volumes: [
        { name: 'files', configMap: { name: 'files' } },
        { name: 'memory', emptyDir: { medium: 'Memory' } },
        { name: 'scratch', emptyDir: {} },
      ],
      initContainers: [
        { name: 'init', image, command: ['true'] },
        { name: 'side', image, command: ['sh', '-c', polite], restartPolicy: 'Always' },
      ],
      containers: [
        {
          ...{ name: 'app', image, command: ['sh', '-c', polite] },
          volumeMounts: ['files', 'memory', 'scratch'].map((it) => ({ name: it, mountPath: `/${it}` })),
          lifecycle: { postStart: { exec: { command: ['true'] } }, preStop: { exec: { command: ['true'] } } },
        },
      ],
    },
  });
}

/** What is at the engine of ours: containers, and volumes. */
async function atEngine(): Promise<string[]> {
  const { runtime, labels } = engine as EngineForTests;
  const containers = (await runtime.containers.list(labels)).map((it) => `${it.labels['io.kubernetes.container.name']} ${it.status}`);
  return [...containers, ...(await runtime.resources.listVolumes(labels))].sort();
}
const filesOfPods = (): string[] => {
  const folder = join(rootDir, 'pods');
  return existsSync(folder) ? readdirSync(folder) : [];
};
const mounted = (): string[] =>
  readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .filter((it) => it.includes(rootDir));

async function nothingIsLeft(): Promise<void> {
  await seen('nothing at the engine', async () => (await atEngine()).length === 0);
  await seen('no files of pods', async () => filesOfPods().length === 0);
  expect(mounted()).toEqual([]);
}

/** Every so many steps in the usual run, so that each part of a life has its turn. */
const chosen = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1).filter((it) => everyStep || it % 4 === 2);

test('an agent killed between any two steps leaves nothing undone and nothing behind', { timeout: 900_000 }, async () => {
  if (!engine) return;
  mkdirSync(rootDir, { recursive: true });
  agent = await startAgent(engine);
  await agent.dieAfter(10_000);
  await create('quiet');
  await runs('quiet');
  const starting = agent.steps.splice(0).length;
  await client.delete(podKind, { namespace, name: 'quiet' });
  await seen('it is gone', async () => !(await get('quiet')));
  await nothingIsLeft();
  const stopping = agent.steps.length;
  expect([starting > 15, stopping > 10]).toEqual([true, true]);

  for (const nth of chosen(starting)) {
    const name = `start-${nth}`;
    await agent.dieAfter(nth);
    await create(name);
    await agent.dead;
    const step = agent.steps.at(-1);
    agent = await startAgent(engine);
    await runs(name);
    const containers = (await atEngine()).filter((it) => !it.startsWith('peapod_'));
    expect([nth, step, containers]).toEqual([nth, step, ['POD running', 'app running', 'init exited', 'side running']]);
    await client.delete(podKind, { namespace, name });
    await seen(`${name} is gone`, async () => !(await get(name)));
    await nothingIsLeft();
  }
  for (const nth of chosen(stopping)) {
    const name = `stop-${nth}`;
    await create(name);
    await runs(name);
    await agent.dieAfter(nth);
    await client.delete(podKind, { namespace, name });
    await agent.dead;
    agent = await startAgent(engine);
    await seen(`${name}, killed at "${agent.steps.at(-1)}", is gone`, async () => !(await get(name)));
    await nothingIsLeft();
  }
});
