import { mkdir, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, sleep } from '../../lib/clock.ts';
import type { ControlGroups, GroupLimits } from '../runtime.ts';

/** Holds all groups, in every hierarchy. */
const base = 'peapod';
/** In microseconds; a quota is so much of it. */
const period = 100_000;

/** Groups on this host, for an engine that takes them as paths; `root` is where the kernel shows them. */
export function controlGroups(version: '1' | '2', clock: Clock, root = '/sys/fs/cgroup'): ControlGroups {
  const isOne = version === '1';
  return {
    async ensure(name, limits) {
      if (isOne) {
        for (const [controller, files] of Object.entries(filesOfOne(limits))) await setAll(join(root, controller, base, name), files);
        const pages = hugeFiles(limits, 'limit_in_bytes');
        if (pages && (await stat(join(root, 'hugetlb')).catch(() => undefined))) await setAll(join(root, 'hugetlb', base, name), pages);
      } else {
        const pages = hugeFiles(limits, 'max');
        const countsPages = pages && /\bhugetlb\b/.test(await readFile(join(root, 'cgroup.controllers'), 'utf8').catch(() => ''));
        // What is to be limited below must be handed down from above.
        await mkdir(join(root, base), { recursive: true });
        for (const dir of [root, join(root, base)])
          await writeFile(join(dir, 'cgroup.subtree_control'), `+cpu +memory +pids${countsPages ? ' +hugetlb' : ''}`);
        await setAll(join(root, base, name), { ...filesOfTwo(limits), ...(countsPages && pages) });
      }
      return `/${base}/${name}`;
    },
    async remove(name) {
      // The engine's containers have left their part in every hierarchy there is.
      const hierarchies = isOne ? (await readdir(root)).map((it) => join(root, it)) : [root];
      for (const dir of new Set(hierarchies)) await removeDir(join(dir, base, name), clock);
    },
  };
}

type Files = { [file: string]: number | string | undefined };

const quotaOf = ({ nanoCpus }: GroupLimits): number | undefined =>
  nanoCpus === undefined ? undefined : Math.max(1_000, Math.round((nanoCpus / 1e9) * period));

const filesOfOne = (it: GroupLimits): { [controller: string]: Files } => ({
  memory: { 'memory.limit_in_bytes': it.memoryBytes },
  cpu: { 'cpu.shares': it.cpuShares, 'cpu.cfs_period_us': quotaOf(it) && period, 'cpu.cfs_quota_us': quotaOf(it) },
  pids: { 'pids.max': it.pids },
});

/** Weights go from 1 to 10,000 here, shares from 2 to 262,144 (runc, ConvertCPUSharesToCgroupV2Value). */
const filesOfTwo = (it: GroupLimits): Files => ({
  'memory.max': it.memoryBytes,
  'cpu.weight': it.cpuShares && 1 + Math.floor(((it.cpuShares - 2) * 9_999) / 262_142),
  'cpu.max': quotaOf(it) && `${quotaOf(it)} ${period}`,
  'pids.max': it.pids,
});

/** The kernel names its files after pages as `hugetlb.2MB.max`. */
function hugeFiles({ hugePages }: GroupLimits, file: string): Files | undefined {
  const name = (size: number): string =>
    size >= 2 ** 30 ? `${size / 2 ** 30}GB` : size >= 2 ** 20 ? `${size / 2 ** 20}MB` : `${size / 2 ** 10}KB`;
  return hugePages && Object.fromEntries([...hugePages].map(([size, bytes]) => [`hugetlb.${name(size)}.${file}`, bytes]));
}

async function setAll(dir: string, files: Files): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [file, value] of Object.entries(files)) if (value !== undefined) await writeFile(join(dir, file), String(value));
}

/** A group cannot be emptied of its files: it goes as a whole, groups inside it first. */
async function removeDir(dir: string, clock: Clock): Promise<void> {
  if (!(await stat(dir).catch(() => undefined))) return;
  for (const entry of await readdir(dir, { withFileTypes: true })) if (entry.isDirectory()) await removeDir(join(dir, entry.name), clock);
  for (let tries = 0; ; tries++) {
    try {
      return await rmdir(dir);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      // The kernel takes a moment to let go of the last process.
      if (code !== 'EBUSY' || tries >= 50) throw error;
      await sleep(clock, 20);
    }
  }
}
