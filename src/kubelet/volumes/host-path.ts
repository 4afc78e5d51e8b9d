import type { Stats } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { directory } from './directory.ts';
import { VolumeError, type VolumeType } from './volume-type.ts';

export const hostPathVolume: VolumeType = {
  field: 'hostPath',
  mount: async (_pod, { hostPath }) => directory(await checkedPath(hostPath?.path ?? '', hostPath?.type ?? '')),
};

type Check = { what: string; fits(it: Stats): boolean; make?: (path: string) => Promise<unknown> };

const isDirectory = { what: 'directory', fits: (it: Stats) => it.isDirectory() };
const isFile = { what: 'file', fits: (it: Stats) => it.isFile() };
const checks: Readonly<Record<string, Check>> = {
  Directory: isDirectory,
  DirectoryOrCreate: { ...isDirectory, make: (path) => mkdir(path, { recursive: true, mode: 0o755 }) },
  File: isFile,
  FileOrCreate: { ...isFile, make: (path) => writeFile(path, '', { mode: 0o644 }) },
  Socket: { what: 'socket file', fits: (it) => it.isSocket() },
  CharDevice: { what: 'character device', fits: (it) => it.isCharacterDevice() },
  BlockDevice: { what: 'block device', fits: (it) => it.isBlockDevice() },
};

/** Holds a path of the host to its type (pkg/volume/hostpath). */
export async function checkedPath(path: string, type: string): Promise<string> {
  // Unchecked: the engine makes a missing directory, as upstream's runtimes do.
  if (type === '') return path;
  const check = checks[type];
  if (!check) throw new VolumeError(`${type} is an invalid volume type`);
  const found = await stat(path).catch(() => undefined);
  if (!found && check.make) {
    await check.make(path).catch((error: unknown) => {
      throw new VolumeError(error instanceof Error ? error.message : String(error), { cause: error });
    });
  } else if (!found || !check.fits(found)) throw new VolumeError(`hostPath type check failed: ${path} is not a ${check.what}`);
  return path;
}
