import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readdir } from 'node:fs/promises';
import type Docker from 'dockerode';
import type { ContainerId } from '../runtime.ts';
import { below } from '../../lib/files-below.ts';
import { unlessGone } from './failure.ts';

/** What a container has written: in its own layer, which the engine adds up, and to its log where that can be seen from here. */
export async function diskOf(docker: Docker, id: ContainerId, ownHost: boolean): Promise<number | undefined> {
  // The types of the library do not know that one can ask for sizes.
  const inspect = docker.getContainer(id).inspect as (options: object) => Promise<Docker.ContainerInspectInfo & { SizeRw?: number }>;
  const info = await unlessGone(inspect.call(docker.getContainer(id), { size: true }));
  if (!info) return undefined;
  return (info.SizeRw ?? 0) + (ownHost && info.LogPath ? await logBytes(info.LogPath) : 0);
}

/** How many files a container has in its own layer, where the engine keeps layers as folders that can be seen from here. */
export async function filesOf(docker: Docker, id: ContainerId, ownHost: boolean): Promise<number | undefined> {
  const info = await unlessGone(docker.getContainer(id).inspect());
  const dir = (info?.GraphDriver?.Data as { UpperDir?: string } | null | undefined)?.UpperDir;
  return ownHost && dir ? (await below(dir)).files : undefined;
}

/** Of the log and the files it was rotated into: `<id>-json.log`, `<id>-json.log.1`. */
async function logBytes(path: string): Promise<number> {
  const dir = dirname(path);
  const names = await readdir(dir).catch(() => []);
  const sizes = await Promise.all(
    names
      .filter((it) => join(dir, it).startsWith(path))
      .map((it) =>
        stat(join(dir, it)).then(
          (found) => found.blocks * 512,
          () => 0,
        ),
      ),
  );
  return sizes.reduce((sum, it) => sum + it, 0);
}
