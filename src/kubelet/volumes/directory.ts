import { chmod, lstat, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { PreparedVolume } from '../mounts.ts';
import { VolumeError } from './volume-type.ts';

/** A directory (or file) of the host as a volume. */
export const directory = (dir: string, readOnly = false): PreparedVolume => ({
  source: { hostPath: dir },
  ...(readOnly && { readOnly }),
  subPath: async (path) => ({ hostPath: await pathInside(dir, path) }),
});

/** A volume of the engine. `dir` is its content on this host, when we can reach it. */
export const engineVolume = (name: string, { dir, readOnly = false }: { dir?: string; readOnly?: boolean } = {}): PreparedVolume => ({
  source: { volume: name },
  ...(readOnly && { readOnly }),
  async subPath(path) {
    if (dir === undefined)
      throw new VolumeError(`subPath ${JSON.stringify(path)}: the content of Docker volume ${name} is out of reach of this process`);
    return { hostPath: await pathInside(dir, path) };
  },
});

/**
 * The real path of something inside a volume, made as a directory when it is missing. Links are followed as long as
 * they stay inside; nothing is ever made outside. (A file of a ConfigMap is thus mounted as it is now, as upstream.)
 */
export async function pathInside(dir: string, path: string): Promise<string> {
  const root = await realpath(dir);
  let present = join(root, path);
  const missing: string[] = [];
  while (!(await isThere(present))) {
    missing.unshift(present.slice(dirname(present).length + 1));
    present = dirname(present);
  }
  const real = await realpath(present).catch(() => {
    throw new VolumeError(`subPath ${JSON.stringify(path)} is a link to nothing`);
  });
  if (real !== root && !real.startsWith(root + sep)) throw new VolumeError(`subPath ${JSON.stringify(path)} leads out of the volume`);
  if (missing.length === 0) return real;
  if (!(await stat(real)).isDirectory()) throw new VolumeError(`subPath ${JSON.stringify(path)}: ${present} is not a directory`);
  // As open as the volume itself, as upstream makes them: not everyone who mounts it is root.
  const mode = (await stat(root)).mode & 0o7777;
  let made = real;
  for (const name of missing) {
    made = join(made, name);
    await mkdir(made);
    await chmod(made, mode);
  }
  return made;
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
