import { chmod, chown, mkdir, readdir, readFile, readlink, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { giveToGroup } from './ownership.ts';
import type { Payload } from './volume-type.ts';

/**
 * Makes `dir` show exactly the files of `payload`, all at once: they are written into a new directory `..<stamp>`, and
 * the link `..data` is renamed over (upstream: pkg/volume/util, AtomicWriter). Resolves with false when there was
 * nothing to change.
 */
export async function writeAtomically(dir: string, payload: Payload, stamp: string, group?: number): Promise<boolean> {
  const data = join(dir, '..data');
  const old = await readlink(data).catch(() => undefined);
  if (old !== undefined && (await sameAs(join(dir, old), payload))) {
    // One that was interrupted before its end has links to make.
    await linkTops(dir, topsOf(payload));
    return false;
  }
  const fresh = join(dir, `..${stamp}`);
  await makeDir(fresh);
  for (const [path, { data: bytes, mode, user }] of payload) {
    const file = join(fresh, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
    // The umask is not ours to guess: the mode is set outright.
    await chmod(file, mode);
    if (user !== undefined) await chown(file, user, -1);
  }
  if (group !== undefined) await giveToGroup(fresh, group, true);
  await rm(`${data}_tmp`, { force: true });
  await symlink(`..${stamp}`, `${data}_tmp`);
  await rename(`${data}_tmp`, data);
  await linkTops(dir, topsOf(payload));
  await removeOld(dir, `..${stamp}`);
  return true;
}

const topsOf = (payload: Payload): Set<string> => new Set([...payload.keys()].map((path) => path.split('/')[0] as string));

async function makeDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await chmod(dir, 0o755);
}

/** What people see are links through `..data`; those to files that are no more are taken away. */
async function linkTops(dir: string, tops: ReadonlySet<string>): Promise<void> {
  const present = (await readdir(dir)).filter((it) => !it.startsWith('..'));
  for (const name of tops) if (!present.includes(name)) await symlink(join('..data', name), join(dir, name));
  for (const name of present) if (!tops.has(name)) await remove(join(dir, name));
}

/** A link, or a directory that a subPath mount of a missing file has left. */
const remove = (path: string): Promise<void> => unlink(path).catch(() => rm(path, { recursive: true, force: true }));

/** All earlier directories, also those of a writer that was killed. */
async function removeOld(dir: string, current: string): Promise<void> {
  const old = (await readdir(dir)).filter((it) => /^\.\.\d{4}_/.test(it) && it !== current);
  for (const name of old) await rm(join(dir, name), { recursive: true, force: true });
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
