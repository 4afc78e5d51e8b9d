import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, constants, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { VolumeError } from './volume-type.ts';

const run = promisify(execFile);

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

export async function isMountPoint(dir: string): Promise<boolean> {
  const [here, above] = await Promise.all([stat(dir), stat(join(dir, '..'))]);
  return here.dev !== above.dev;
}

export async function mountMemory(dir: string, sizeBytes: number | undefined): Promise<void> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `mode=0777${sizeBytes === undefined ? '' : `,size=${sizeBytes}`}`, 'tmpfs', dir]);
  } catch (error) {
    throw new VolumeError(`mount failed: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** Takes a pod's directory away, with what is mounted in it. */
export async function removePodDir(dir: string): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    const path = join(dir, name);
    // Lazily: a file that somebody still holds open must not keep the pod.
    if (await isMountPoint(path)) await run('umount', ['-l', path]);
  }
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
