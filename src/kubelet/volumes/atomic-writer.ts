import { chown, chmod, mkdir, readdir, readFile, readlink, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export type Payload = ReadonlyMap<string, { data: Buffer; mode: number }>;

/**
 * Makes `dir` show exactly the files of `payload`, all at once: they are written into a new directory, and the link
 * `..data` is renamed over (upstream: pkg/volume/util, AtomicWriter). Resolves with false when nothing was to change.
 */
export async function writeAtomically(dir: string, payload: Payload, stamp: string, group?: number): Promise<boolean> {
  const data = join(dir, '..data');
  const old = await readlink(data).catch(() => undefined);
  if (old !== undefined && (await sameAs(join(dir, old), payload))) return false;
  const fresh = `..${stamp}`;
  for (const [path, { data: bytes, mode }] of payload) {
    const file = join(dir, fresh, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, bytes);
    // The umask is not ours to guess: the mode is set outright.
    await chmod(file, group === undefined ? mode : mode | 0o040);
    if (group !== undefined) await chown(file, 0, group);
  }
  await mkdir(join(dir, fresh), { recursive: true });
  await chmod(join(dir, fresh), 0o755);
  await rm(`${data}_tmp`, { force: true });
  await symlink(fresh, `${data}_tmp`);
  await rename(`${data}_tmp`, data);
  await linkTops(dir, new Set([...payload.keys()].map((path) => path.split('/')[0] as string)));
  if (old !== undefined) await rm(join(dir, old), { recursive: true, force: true });
  return true;
}

/** What people see are links through `..data`; those to files that are no more are taken away. */
async function linkTops(dir: string, tops: ReadonlySet<string>): Promise<void> {
  const present = (await readdir(dir)).filter((it) => !it.startsWith('..'));
  for (const name of present) if (!tops.has(name)) await unlink(join(dir, name));
  for (const name of tops) if (!present.includes(name)) await symlink(join('..data', name), join(dir, name));
}

async function sameAs(dir: string, payload: Payload): Promise<boolean> {
  try {
    const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((it) => it.isFile());
    if (files.length !== payload.size) return false;
    for (const [path, { data }] of payload) if (!(await readFile(join(dir, path))).equals(data)) return false;
    return true;
  } catch {
    // Half of it is missing: written anew.
    return false;
  }
}
