import { execFileSync, spawnSync } from 'node:child_process';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { systemRandom } from '../../../src/lib/random.ts';
import { type core, isPodReady, pod, service } from '../../../src/kinds/index.ts';
import {
  createKernelTable,
  createNftables,
  createUserspace,
  faultOfKernel,
  type Listener,
  programs,
  type Traffic,
} from '../../../src/proxy/index.ts';
import { found, startTestCluster, type TestCluster } from '../../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../../fixtures/cluster/kubeconfig.ts';
import type { Measure } from '../bench.ts';
import { cpuSecondsOf, cpuSecondsOfEnded } from '../process.ts';
import { median, type Row } from '../table.ts';

type Plane = 'userspace' | 'nftables';
const leastRatio: Record<Plane, number> = { nftables: 0.95, userspace: 0.4 };

/** What 32 connections that stay open get in a second. */
type Load = { perSecond: number; p99: number; bytes: number; requests: number };
/** Of several loads the medians, and the requests for each second of processor time that client and pod took together. */
type Seen = Omit<Load, 'requests'> & { perCpuSecond: number };

function load(url: string, connections = 32): Load {
  const { stdout, error } = spawnSync('wrk', ['-t1', `-c${connections}`, '-d1s', '--latency', url], { encoding: 'utf8', timeout: 30_000 });
  if (error) throw new Error(`wrk cannot be run: ${error.message}`, { cause: error });
  const [, perSecond = '0'] = /Requests\/sec:\s+([\d.]+)/.exec(stdout) ?? [];
  const [, requests = '0'] = /(\d+) requests in/.exec(stdout) ?? [];
  const [, p99 = '0', unit = 'ms'] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  const [, bytes = '0', size = 'MB'] = /Transfer\/sec:\s+([\d.]+)(KB|MB|GB)/.exec(stdout) ?? [];
  const milliseconds: Record<string, number> = { us: 0.001, ms: 1, s: 1000 };
  const megabytes: Record<string, number> = { KB: 0.001, MB: 1, GB: 1000 };
  return {
    ...{ perSecond: Number(perSecond), p99: Number(p99) * (milliseconds[unit] ?? 1) },
    ...{ bytes: Number(bytes) * (megabytes[size] ?? 1), requests: Number(requests) },
  };
}

/** The code it answers with; undefined when there is none within a moment. */
async function answerOf(url: string): Promise<number | undefined> {
  try {
    const { status, body } = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await body?.cancel();
    return status;
  } catch {
    return undefined;
  }
}

/** What each of nine took, in turns so that all of them see the same machine. `server`: the processes of the pod. */
function compare(urls: Readonly<Record<string, string>>, server: readonly number[], connections?: number): Record<string, Seen> {
  const seen = new Map(Object.keys(urls).map((name) => [name, { loads: [] as Load[], cpu: 0 }]));
  const used = (): number => cpuSecondsOfEnded() + server.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  for (let i = 0; i < 9; i++) {
    for (const [name, { loads, cpu }] of seen) {
      const before = used();
      loads.push(load(urls[name] ?? '', connections));
      seen.set(name, { loads, cpu: cpu + used() - before });
    }
  }
  const of = (all: readonly Load[], key: keyof Load): number => median(all.map((it) => it[key]));
  return Object.fromEntries(
    [...seen].map(([name, { loads, cpu }]) => {
      const perCpuSecond = loads.reduce((sum, it) => sum + it.requests, 0) / cpu;
      return [name, { perSecond: of(loads, 'perSecond'), p99: of(loads, 'p99'), bytes: of(loads, 'bytes'), perCpuSecond }];
    }),
  );
}

/** The processes in the container `app` of a pod. */
function processesOf(name: string, cluster: TestCluster): number[] {
  const filters = ['--filter', `label=dev.peapod.cluster=${cluster.label}`, '--filter', `name=k8s_${name}_${name}_`];
  const id = execFileSync('docker', ['ps', '-q', ...filters], { encoding: 'utf8' }).trim();
  const shown = execFileSync('docker', ['top', id, '-eo', 'pid'], { encoding: 'utf8' });
  return shown.trim().split('\n').slice(1).map(Number);
}

/** Requests and bulk through a ClusterIP and a NodePort, from this host, each against the pod's own address. */
async function carried(plane: Plane, cluster: TestCluster): Promise<Row[]> {
  const { client, close } = readKubeconfig(cluster.kubeconfig);
  const namespace = 'default';
  const serve = async (name: string, port: number, container: core.Container): Promise<{ [name: string]: string }> => {
    const labels = { app: name };
    await client.create(pod, {
      metadata: { name, namespace, labels },
      spec: { containers: [container], terminationGracePeriodSeconds: 1 },
    });
    const { spec } = await client.create(service, {
      metadata: { name, namespace },
      spec: { type: 'NodePort', selector: labels, ports: [{ port }] },
    });
    const address = await found(cluster, `${name} is ready`, async () => {
      const it = await client.get(pod, { namespace, name });
      return it && isPodReady(it) ? it.status?.podIP : undefined;
    });
    const [clusterIp, nodePort] = [`http://${spec.clusterIP}:${port}/`, `http://127.0.0.1:${spec.ports?.[0]?.nodePort}/`];
    await found(cluster, `${name} answers`, async () => (await answerOf(clusterIp)) === 200);
    return { direct: `http://${address}:${port}/`, clusterIp, nodePort };
  };
  try {
    const echoUrls = await serve('echo', 8080, { name: 'echo', image: 'k8s.gcr.io/echoserver:1.4' });
    const echo = compare(echoUrls, processesOf('echo', cluster));
    const script = 'mkdir /www; dd if=/dev/zero of=/www/index.html bs=1M count=16 2>/dev/null; exec httpd -f -p 8081 -h /www';
    const bulk = compare(await serve('bulk', 8081, { name: 'bulk', image: 'busybox:1.36', command: ['sh', '-c', script] }), [], 2);
    const least = leastRatio[plane];
    return (['clusterIp', 'nodePort'] as const).flatMap((way): Row[] => {
      const words = `through ${way === 'clusterIp' ? 'ClusterIP' : 'NodePort'} (${plane})`;
      const row = (what: string, key: keyof Seen, unit: string, of: Record<string, Seen>): Row => ({
        ...{ what: `${what} ${words}`, value: of[way]?.[key] ?? 0, unit },
        baseline: { what: 'direct to the pod', value: of['direct']?.[key] ?? 0 },
      });
      const rate: Row = {
        ...row('echo requests', 'perSecond', 'req/s', echo),
        budget: { least, of: 'ratio', text: `≥ ${least.toFixed(2)} ×` },
      };
      // That is all of the CPU there is only where the kernel carries them: userspace takes its own in a process that is not
      // counted here. Other work on the machine has no hand in it.
      const perCpu = plane === 'nftables' ? [row('echo requests per second of CPU', 'perCpuSecond', 'req', echo)] : [];
      return [rate, ...perCpu, row('p99 of echo requests', 'p99', 'ms', echo), row('bulk', 'bytes', 'MB/s', bulk)];
    });
  } finally {
    close();
  }
}

/** Services with three endpoints each, made at once; then one of them loses an endpoint. */
async function programmed(plane: Plane, count: number): Promise<Row[]> {
  const deps = { clock: systemClock, random: systemRandom, log: silentLog, programs };
  const open = (): Traffic =>
    plane === 'userspace'
      ? createUserspace(deps)
      : createNftables({ table: createKernelTable({ name: 'peapod-bench-many', serviceCidr: '127.97.0.0/16' }, deps), ...deps });
  const listener = (i: number, endpoints: number): Listener => ({
    ...{ id: `TCP 127.97.${i >> 8}.${i & 255}:80`, address: `127.97.${i >> 8}.${i & 255}`, protocol: 'TCP', port: 80 },
    ...{ via: 'cluster IP', group: `s${i}` },
    endpoints: Array.from({ length: endpoints }, (_, n) => ({ address: `127.98.${i >> 8}.${(i + n) & 255}`, port: 8080 })),
  });
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const began = performance.now();
    await work();
    return performance.now() - began;
  };
  const traffic = open();
  try {
    const all = await timed(() => Promise.all(Array.from({ length: count }, (_, i) => traffic.put(listener(i + 1, 3)))));
    const changes: number[] = [];
    for (let i = 0; i < 7; i++) changes.push(await timed(() => traffic.put(listener(50, i % 2 ? 3 : 2))));
    const words = `${count.toLocaleString('en-US')} services (${plane})`;
    const [most, mostForOne] = [100, 50];
    const isBudgeted = count === 1_000;
    return [
      {
        ...{ what: `${words} programmed`, value: all, unit: 'ms' },
        ...(isBudgeted && { budget: { most, of: 'value' as const, text: `≤ ${most} ms` } }),
      },
      {
        ...{ what: `one endpoint changed among ${words}`, value: median(changes), unit: 'ms' },
        ...(isBudgeted && { budget: { most: mostForOne, of: 'value' as const, text: `≤ ${mostForOne} ms` } }),
      },
    ];
  } finally {
    await traffic.close();
  }
}

/** Both data planes, each in a cluster of its own. */
export const proxy: Measure = async ({ say }) => {
  const fault = await faultOfKernel();
  if (fault !== undefined) say(`nftables is left out: ${fault}`);
  const rows: Row[] = [];
  for (const plane of fault === undefined ? (['nftables', 'userspace'] as const) : (['userspace'] as const)) {
    say(`requests through services (${plane})`);
    const flags = ['--data-plane', plane, '--log-level', 'warn'];
    const cluster = await startTestCluster({ name: `bench-${plane}`, second: 226, nodePorts: '24500-24589', flags });
    try {
      rows.push(...(await carried(plane, cluster)));
    } finally {
      await cluster.destroy();
    }
    for (const count of [1_000, 5_000]) {
      say(`${count} services (${plane})`);
      rows.push(...(await programmed(plane, count)));
    }
  }
  return rows;
};
