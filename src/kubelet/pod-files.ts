import { mkdir, open, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where the files of one pod stand on the host. */
export type PodFiles = { hosts: string; resolver: string };

const podDir = (rootDir: string, uid: string): string => join(rootDir, 'pods', uid);
const messageFile = (rootDir: string, uid: string, container: string, attempt: number): string =>
  join(podDir(rootDir, uid), 'containers', container, String(attempt));

/** Writes hosts and resolv.conf in place: a bind mount holds the file, not its name. */
export async function writePodFiles(rootDir: string, uid: string, text: { hosts: string; resolver: string }): Promise<PodFiles> {
  const dir = podDir(rootDir, uid);
  await mkdir(dir, { recursive: true, mode: 0o750 });
  const files = { hosts: join(dir, 'etc-hosts'), resolver: join(dir, 'resolv.conf') };
  await Promise.all([writeFile(files.hosts, text.hosts, { mode: 0o644 }), writeFile(files.resolver, text.resolver, { mode: 0o644 })]);
  return files;
}

/** An empty file that any user in the container may write its last words to. */
export async function createMessageFile(rootDir: string, uid: string, container: string, attempt: number): Promise<string> {
  const path = messageFile(rootDir, uid, container, attempt);
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  const file = await open(path, 'w', 0o666);
  // The mode above passes through the umask.
  await file.chmod(0o666);
  await file.close();
  return path;
}

/** The last `limit` bytes of what the container wrote; '' when there is nothing. */
export async function readMessageFile(rootDir: string, uid: string, container: string, attempt: number, limit: number): Promise<string> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(messageFile(rootDir, uid, container, attempt), 'r');
  } catch {
    // A container without such a file has left no message.
    return '';
  }
  try {
    const { size } = await file.stat();
    const length = Math.min(size, limit);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}

export const removePodFiles = (rootDir: string, uid: string): Promise<void> => rm(podDir(rootDir, uid), { recursive: true, force: true });

/** The uids of pods that have files here. */
export async function podsWithFiles(rootDir: string): Promise<string[]> {
  try {
    return await readdir(join(rootDir, 'pods'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
