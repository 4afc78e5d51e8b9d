import { readFile, statfs } from 'node:fs/promises';
import type { Signal } from './thresholds.ts';

/** How much is left of how much. */
export type Observation = { available: number; capacity: number };
export type Observations = ReadonlyMap<Signal, Observation>;

/** Where the pods' data and the engine's images and containers stand; `images` only when that can be seen from here. */
export type Places = { node: string; images: string | undefined };

/** Looks at the host: three small files of the kernel and two calls. What cannot be read is not there. */
export async function observe(places: Places): Promise<Observations> {
  const found = new Map<Signal, Observation>();
  const [memory, load, mostPids, mostThreads] = await Promise.all(
    ['/proc/meminfo', '/proc/loadavg', '/proc/sys/kernel/pid_max', '/proc/sys/kernel/threads-max'].map(textOf),
  );
  const free = memoryOf(memory ?? '');
  if (free) found.set('memory.available', free);
  const processes = processesOf(load ?? '', mostPids ?? '', mostThreads ?? '');
  if (processes) found.set('pid.available', processes);
  for (const [name, path] of [
    ['nodefs', places.node],
    ['imagefs', places.images],
  ] as const) {
    const disk = path === undefined ? undefined : await statfs(path).catch(() => undefined);
    if (!disk) continue;
    found.set(`${name}.available`, { available: disk.bavail * disk.bsize, capacity: disk.blocks * disk.bsize });
    // Some file systems do not count their files.
    if (disk.files > 0) found.set(`${name}.inodesFree`, { available: disk.ffree, capacity: disk.files });
  }
  return found;
}

/** From /proc/meminfo: what the kernel would find for new programs without swapping. */
export function memoryOf(text: string): Observation | undefined {
  const bytes = (name: string): number | undefined => {
    const kilobytes = new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  };
  const [available, capacity] = [bytes('MemAvailable'), bytes('MemTotal')];
  return available === undefined || capacity === undefined ? undefined : { available, capacity };
}

/** From /proc/loadavg, whose fourth word is `running/all`, and the two limits of the kernel. */
export function processesOf(load: string, mostPids: string, mostThreads: string): Observation | undefined {
  const running = Number(/^\S+ \S+ \S+ \d+\/(\d+)/.exec(load)?.[1]);
  const capacity = Math.min(...[mostPids, mostThreads].map((it) => Number.parseInt(it, 10)).filter((it) => it > 0));
  return Number.isFinite(running) && Number.isFinite(capacity) ? { available: capacity - running, capacity } : undefined;
}

const textOf = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch(() => {
    // Not a Linux host, or one that hides it: then this is not watched.
    return '';
  });
