import { readFile } from 'node:fs/promises';
import type Docker from 'dockerode';
import type { ContainerId, Usage } from '../runtime.ts';
import { unlessGone } from './failure.ts';

const root = '/sys/fs/cgroup';

/** Totals of a running container; undefined for others. */
export async function usageOf(docker: Docker, id: ContainerId, at: number, ownHost: boolean): Promise<Usage | undefined> {
  const container = docker.getContainer(id);
  const info = await unlessGone(container.inspect());
  if (!info?.State.Running) return undefined;
  // The files cost a thousandth of what the engine's statistics cost.
  const own = ownHost ? await fromFiles(info.State.Pid, at).catch(() => undefined) : undefined;
  if (own) return own;
  const stats = await unlessGone(container.stats({ stream: false, 'one-shot': true }) as Promise<Docker.ContainerStats>);
  return stats && fromStats(stats, at);
}

export type Groups = { version: 2; path: string } | { version: 1; memory: string; cpu: string; pids?: string };

/** Reads /proc/PID/cgroup: where the process's control groups stand under /sys/fs/cgroup. */
export function groupsOf(text: string): Groups | undefined {
  const paths = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [number, controllers, path] = line.split(/:(.*?):(.*)/) as [string, string?, string?];
    if (path === undefined || controllers === undefined) continue;
    if (number === '0') paths.set('', path);
    // Mounted under their joint name, `cpu,cpuacct`.
    for (const it of controllers.split(',')) if (it !== '') paths.set(it, `${root}/${controllers}${path}`);
  }
  const [memory, cpu, pids, unified] = [paths.get('memory'), paths.get('cpuacct'), paths.get('pids'), paths.get('')];
  if (memory !== undefined && cpu !== undefined) return { version: 1, memory, cpu, ...(pids !== undefined && { pids }) };
  return unified === undefined ? undefined : { version: 2, path: `${root}${unified}` };
}

async function fromFiles(pid: number, at: number): Promise<Usage | undefined> {
  const groups = groupsOf(await readFile(`/proc/${pid}/cgroup`, 'utf8'));
  if (!groups) return undefined;
  const read = (path: string): Promise<string> => readFile(path, 'utf8');
  if (groups.version === 1) {
    const [cpu, used, stat] = await Promise.all(
      [`${groups.cpu}/cpuacct.usage`, `${groups.memory}/memory.usage_in_bytes`, `${groups.memory}/memory.stat`].map(read),
    );
    const pids = groups.pids === undefined ? undefined : await read(`${groups.pids}/pids.current`);
    return counted(usage(at, Number(cpu), Number(used), field(stat, 'total_inactive_file'), field(stat, 'total_rss')), pids);
  }
  const [cpu, used, stat] = await Promise.all(
    [`${groups.path}/cpu.stat`, `${groups.path}/memory.current`, `${groups.path}/memory.stat`].map(read),
  );
  const pids = await read(`${groups.path}/pids.current`).catch(() => undefined);
  return counted(usage(at, field(cpu, 'usage_usec') * 1000, Number(used), field(stat, 'inactive_file'), field(stat, 'anon')), pids);
}

const counted = (it: Usage, pids: string | undefined): Usage => (pids === undefined ? it : { ...it, processes: Number(pids) });

const field = (text: string | undefined, name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1] ?? 0);

/** The working set is what cannot be dropped under pressure: all but the file cache that lies idle (cadvisor). */
const usage = (at: number, cpuNanoseconds: number, used: number, idleCache: number, memoryRssBytes: number): Usage => ({
  at,
  cpuNanoseconds,
  memoryWorkingSetBytes: Math.max(0, used - idleCache),
  memoryRssBytes,
});

function fromStats(stats: Docker.ContainerStats, at: number): Usage {
  const memory = stats.memory_stats as { usage?: number; stats?: Record<string, number> };
  const { total_inactive_file: idle1, inactive_file: idle2, total_rss: rss, anon } = memory.stats ?? {};
  return usage(at, stats.cpu_stats.cpu_usage.total_usage, memory.usage ?? 0, idle1 ?? idle2 ?? 0, rss ?? anon ?? 0);
}
