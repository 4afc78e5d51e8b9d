import { chmod, lchown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const setGid = 0o2000;

/** What a group needs on top of a mode to use it (pkg/volume, volume_linux.go). */
export const groupMode = (mode: number, isDirectory: boolean, readOnly: boolean): number =>
  (mode & 0o7777) | (readOnly ? 0o440 : 0o660) | (isDirectory ? setGid | 0o110 : 0);

/** Lets a group use a directory and all in it; what is made inside later inherits the group. */
export async function giveToGroup(dir: string, group: number, readOnly = false): Promise<void> {
  await give(dir, group, readOnly);
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) await giveToGroup(path, group, readOnly);
    // A link has no mode of its own, and what it points to may be anywhere.
    else if (entry.isSymbolicLink()) await lchown(path, -1, group);
    else await give(path, group, readOnly);
  }
}

async function give(path: string, group: number, readOnly: boolean): Promise<void> {
  const found = await stat(path);
  await lchown(path, -1, group);
  await chmod(path, groupMode(found.mode, found.isDirectory(), readOnly));
}

/** Whether the directory itself is the group's already. */
export async function isGroups(dir: string, group: number): Promise<boolean> {
  const { gid, mode } = await stat(dir);
  return gid === group && (mode & 0o7777) === groupMode(mode, true, false);
}
