import { readFile } from 'node:fs/promises';

/** What runs on the whole host has used: running total of processor time, and memory that cannot be dropped. */
export type HostUsage = { cpuNanoseconds: number; memoryBytes: number };

/** The kernel counts in hundredths of a second, whatever its own clock (proc_stat(5)). */
const nanosecondsPerTick = 10_000_000;

export async function readHostUsage(): Promise<HostUsage> {
  const [stat, memory] = await Promise.all(['/proc/stat', '/proc/meminfo'].map((it) => readFile(it, 'utf8')));
  return hostUsage(stat ?? '', memory ?? '');
}

/** From the text of /proc/stat and /proc/meminfo; memory as cadvisor counts that of the root group. */
export function hostUsage(stat: string, memory: string): HostUsage {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '').split(' ').map(Number);
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(memory)?.[1] ?? 0);
  const used = kilobytes('MemTotal') - kilobytes('MemFree') - kilobytes('Inactive\\(file\\)');
  return { cpuNanoseconds: (user + nice + system + irq + softirq) * nanosecondsPerTick, memoryBytes: Math.max(0, used) * 1024 };
}
