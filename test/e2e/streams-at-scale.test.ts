import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { openDocker } from '../../src/runtime/index.ts';
import { type Bulk, echoOver, echoOverExec, openEcho, readBulk, writeBulk } from '../fixtures/api/bulk.ts';
import { eventually } from '../fixtures/api/streaming.ts';
import { pause, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';
import { type Kubectl, kubectlOf } from '../fixtures/cluster/kubectl.ts';
import { kubectlsOf } from '../fixtures/kubectl.ts';

/**
 * PEAPOD_LONG=1: each stream carries ten megabytes instead of two, which is still more than all that is on the way can
 * hold; the tree that is copied has 200 MB instead of 5, and the older kubectl copies it too.
 */
const isLong = process.env.PEAPOD_LONG === '1';
const megabytes = isLong ? 10 : 2;
const bulkBytes = megabytes * 1024 * 1024;
const treeBytes = (isLong ? 200 : 5) * 1024 * 1024;
// One that speaks SPDY alone, and one that speaks WebSockets for everything.
const all = kubectlsOf('streams at scale', ['1.27', '1.33']);

type Held = { handles: number; sockets: number; children: number; processes: number; execs: number };

const manifest = `
apiVersion: v1
kind: Pod
metadata: { name: busy }
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: main
    image: busybox:1.36
    command: ["sh", "-c", "nc -ll -p 7000 -e cat & mkdir /copies; exec sleep 36000"]
`;

describe.skipIf(all.length === 0)('many streams at once', () => {
  let cluster: TestCluster;
  let kubectl: Kubectl;
  let container: string;
  beforeAll(async () => {
    cluster = await startTestCluster({ name: 'scale', second: 146, nodePorts: '21500-21999' });
    kubectl = kubectlOf(all.at(-1)?.path as string, cluster.kubeconfig);
    await eventually('the service account', async () => (await kubectl(['get', 'serviceaccount', 'default'])).code === 0);
    await kubectl.ok(['apply', '-f', '-'], { input: manifest });
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod/busy', '--timeout=60s']);
    container = (await kubectl.ok(['get', 'pod', 'busy', '-o', 'jsonpath={.status.containerStatuses[0].containerID}'])).slice(
      'docker://'.length,
    );
  });
  afterAll(async () => {
    await cluster?.destroy();
  });

  /** What the server holds open, and what it has started in the container. */
  const held = (): Held => {
    const folder = `/proc/${cluster.pid()}/fd`;
    const handles = readdirSync(folder).flatMap((it) => {
      try {
        return [readlinkSync(join(folder, it))];
      } catch {
        // Closed while we looked.
        return [];
      }
    });
    const children = readFileSync(`/proc/${cluster.pid()}/task/${cluster.pid()}/children`, 'utf8').split(' ').filter(Boolean).length;
    const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim();
    return {
      handles: handles.length,
      sockets: handles.filter((it) => it.startsWith('socket:')).length,
      children,
      processes: docker('top', container).split('\n').length - 1,
      execs: (JSON.parse(docker('inspect', '--format', '{{json .ExecIDs}}', container)) as string[] | null)?.length ?? 0,
    };
  };
  /** A small run first: what it leaves may be for good (a pool, a file read late); what the large one adds leaks. */
  const leaksNothing = async (work: (isSmall: boolean) => Promise<void>): Promise<void> => {
    await work(true);
    const before = await settled();
    await work(false);
    // What is kept for a while for the next request goes within seconds. Informers and the engine's events may be in the
    // middle of a new connection.
    const most = { ...before, handles: before.handles + 3, sockets: before.sockets + 3 };
    const more = (): string[] =>
      Object.entries(held()).flatMap(([what, count]) => (count > most[what as keyof Held] ? [`${what}: ${count}`] : []));
    await expect.poll(more, { timeout: 30_000, interval: 500 }).toEqual([]);
  };
  /** Nothing more has gone for two seconds. */
  const settled = async (): Promise<Held> => {
    let last = held();
    for (let quiet = 0; quiet < 4; quiet++) {
      await pause(500);
      const now = held();
      if (now.handles < last.handles || now.processes < last.processes || now.execs < last.execs) quiet = -1;
      last = now;
    }
    return last;
  };
  const outcomes = async (works: ReadonlyArray<Promise<string>>): Promise<{ [outcome: string]: number }> => {
    const counts: { [outcome: string]: number } = {};
    for (const it of await Promise.allSettled(works)) {
      const outcome = it.status === 'fulfilled' ? it.value : String(it.reason);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    return counts;
  };

  test(`a hundred commands, with ${megabytes} megabytes each way`, { timeout: 600_000 }, async () => {
    const { server, credentials, close } = readKubeconfig(cluster.kubeconfig);
    const throughKubectl = async (bulk: Bulk): Promise<string> => {
      const args = [`--kubeconfig=${cluster.kubeconfig}`, 'exec', '-i', 'busy', '--', 'cat'];
      const child = spawn(all[0]?.path as string, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      child.stdin.on('error', () => {});
      const ended = once(child, 'close') as Promise<[number]>;
      const [outcome] = await Promise.all([readBulk(bulk, child.stdout), writeBulk(bulk, child.stdin)]);
      return `${(await ended)[0] === 0 ? 'Success' : 'Failure'}: ${outcome}`;
    };
    try {
      await leaksNothing(async (isSmall) => {
        const count = isSmall ? 10 : 100;
        const works = Array.from({ length: count }, (_, seed) => {
          const bulk = { length: isSmall ? 1000 : bulkBytes, seed };
          return seed % 5 === 0 ? throughKubectl(bulk) : echoOverExec(server, credentials, 'busy', bulk);
        });
        expect(await outcomes(works)).toEqual({ 'Success: all': count });
      });
    } finally {
      close();
    }
  });

  // The engine throws away what is left two seconds after the end of a process; sizes around what it can hold of it.
  test('what a command has said is whole, however late it is read', async () => {
    const { streams } = await openDocker(
      { host: process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock' },
      { clock: systemClock, log: silentLog },
    );
    const sizes = Array.from({ length: 12 }, (_, i) => 1_000_000 + i * 50_000);
    const read = async (size: number): Promise<number> => {
      const want = { stdin: false, stdout: true, stderr: true, tty: false };
      const { stdout, exitCode } = await streams.exec(container, ['head', '-c', String(size), '/dev/zero'], want);
      await pause(3_000);
      let length = 0;
      for await (const bytes of stdout as AsyncIterable<Buffer>) length += bytes.length;
      expect(await exitCode).toBe(0);
      return length;
    };
    expect(await Promise.all(sizes.map(read))).toEqual(sizes);
  });

  test(`fifty forwarded connections, with ${megabytes} megabytes each way`, { timeout: 600_000 }, async () => {
    const forward = async (path: string): Promise<{ child: ChildProcess; port: number }> => {
      const args = [`--kubeconfig=${cluster.kubeconfig}`, 'port-forward', '--address=127.0.0.1', 'pod/busy', ':7000'];
      const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const said: string[] = [];
      child.stdout.on('data', (it: Buffer) => said.push(it.toString()));
      const find = (): number | undefined => Number(/127\.0\.0\.1:(\d+) -> /.exec(said.join(''))?.[1]) || undefined;
      return { child, port: await eventually('the port', find) };
    };
    await leaksNothing(async (isSmall) => {
      const forwards = await Promise.all(all.map(({ path }) => forward(path)));
      const count = isSmall ? 4 : 50;
      try {
        // One after the other: busybox's nc has a queue for one, and the kernel resets what does not fit.
        const sockets: Socket[] = [];
        for (let i = 0; i < count; i++) sockets.push(await openEcho((forwards[i % forwards.length] as { port: number }).port));
        const works = sockets.map((socket, seed) => echoOver(socket, { length: isSmall ? 1000 : bulkBytes, seed }));
        expect(await outcomes(works)).toEqual({ all: count });
      } finally {
        for (const { child } of forwards) {
          const gone = child.exitCode === null && once(child, 'exit');
          child.kill('SIGINT');
          await gone;
        }
      }
    });
  });

  test.each(isLong ? all : all.slice(-1))('kubectl $version cp: a tree, in and out', { timeout: 600_000 }, async ({ path, version }) => {
    const folder = mkdtempSync(join(tmpdir(), 'peapod-tree-'));
    const own = kubectlOf(path, cluster.kubeconfig);
    try {
      const [there, back] = [join(folder, 'there'), join(folder, 'back')];
      growTree(there, treeBytes);
      await leaksNothing(async () => {
        rmSync(back, { recursive: true, force: true });
        const target = `busy:/copies/${version}`;
        await own.ok(['exec', 'busy', '--', 'rm', '-rf', `/copies/${version}`]);
        await own.ok(['cp', there, target], { timeout: 300_000 });
        await own.ok(['cp', target, back], { timeout: 300_000 });
        expect(digestsOf(back)).toEqual(digestsOf(there));
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('top tells what a busy pod uses', async () => {
    await kubectl.ok(['run', 'burn', '--image=busybox:1.36', '--', 'sh', '-c', 'while :; do :; done']);
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod/burn', '--timeout=30s']);
    await pause(1_000);
    for (const { path } of all) {
      const own = kubectlOf(path, cluster.kubeconfig);
      expect((await own.ok(['top', 'nodes'])).split('\n')[1]).toMatch(/^\S+ +\d+m +\d+% +\d+Mi +\d+%/);
      const line = (await own.ok(['top', 'pods', '--containers'])).split('\n').find((it) => it.startsWith('burn'));
      const [, , cpu = ''] = line?.split(/ +/) ?? [];
      expect(Number(cpu.replace('m', ''))).toBeGreaterThan(100);
    }
    await kubectl.ok(['delete', 'pod', 'burn', '--now']);
  });
});

/** Folders in folders, names that are awkward, files of all sizes, empty ones, and one that takes half of it all. */
function growTree(root: string, bytes: number): void {
  const file = (path: string, size: number): void => writeFileSync(join(root, path), randomBytes(size));
  for (const it of ['a/b/c/d', 'with space/and more', '文件', 'empty']) mkdirSync(join(root, it), { recursive: true });
  file('a/b/c/d/deep', 1);
  file('with space/and more/it is', 4096);
  file('文件/名字', 511);
  file('nothing', 0);
  file('program', 10_000);
  chmodSync(join(root, 'program'), 0o755);
  file(`a/${'long'.repeat(30)}`, 513);
  file('big', bytes / 2);
  const count = 200;
  for (let i = 0; i < count; i++) file(`a/b/${i}`, Math.floor(bytes / 2 / count) - (i % 512));
}

/** Of every file its path and the hash of its content. Folders without files are not copied back by kubectl. */
function digestsOf(root: string): { [path: string]: string } {
  const found: { [path: string]: string } = {};
  const walk = (folder: string): void => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) walk(path);
      else found[relative(root, path)] = createHash('sha256').update(readFileSync(path)).digest('hex');
    }
  };
  walk(root);
  return found;
}
