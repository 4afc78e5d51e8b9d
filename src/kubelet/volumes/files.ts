import { createHash } from 'node:crypto';
import { access, constants, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { mountAt, unmountBelow } from './mount-table.ts';

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

export async function isMountPoint(dir: string): Promise<boolean> {
  const [here, above] = await Promise.all([stat(dir), stat(join(dir, '..'))]);
  return here.dev !== above.dev;
}

export const mountMemory = (dir: string, sizeBytes: number | undefined): Promise<void> =>
  mountAt(dir, { type: 'tmpfs', source: 'tmpfs', options: ['mode=0777', ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`])] });

/** Files in huge pages of one size, such as `2Mi`. */
export const mountHugePages = (dir: string, pageSize: string): Promise<void> =>
  mountAt(dir, { type: 'hugetlbfs', source: 'nodev', options: [`pagesize=${pageSize}`, 'mode=0777'] });

/** Takes a pod's directory away, with what is mounted in it. */
export async function removePodDir(dir: string): Promise<void> {
  await unmountBelow(dir);
  await rm(dir, { recursive: true, force: true });
}

const tmpfsMagic = 0x01021994;

/**
 * Where files can stand that must not get onto a disk: a directory of this root's own, on a file system in memory.
 * Undefined when the host has none that we may write to.
 */
export async function memoryRoot(rootDir: string): Promise<string | undefined> {
  const name = `peapod-${createHash('sha256').update(rootDir).digest('hex').slice(0, 12)}`;
  for (const place of ['/run', `/run/user/${process.getuid?.() ?? 0}`, '/dev/shm']) {
    try {
      if ((await statfs(place)).type !== tmpfsMagic) continue;
      await access(place, constants.W_OK);
      return join(place, name);
    } catch {
      // Not there, or not ours to write to: the next one.
    }
  }
  return undefined;
}
