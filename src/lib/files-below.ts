import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** How many files there are below a folder, folders among them, and the blocks they take, as du(1) counts them; what has gone meanwhile takes none. */
export async function below(dir: string): Promise<{ bytes: number; files: number }> {
  const counted = new Set<number>();
  const open = [dir];
  let bytes = 0;
  let files = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const path = next;
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const found = await lstat(join(path, entry.name)).catch(() => undefined);
      if (!found) continue;
      // A file with two names is there once.
      if (found.nlink > 1 && !entry.isDirectory()) {
        if (counted.has(found.ino)) continue;
        counted.add(found.ino);
      }
      bytes += found.blocks * 512;
      files += 1;
      if (entry.isDirectory()) open.push(join(path, entry.name));
    }
  }
  return { bytes, files };
}
