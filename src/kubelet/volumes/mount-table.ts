import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { VolumeError } from './volume-type.ts';

const run = promisify(execFile);

/** How long the kernel may take: a server that does not answer would be waited for without end. */
const patience = 60_000;

/**
 * Where file systems are mounted at or below `dir`, the innermost first. The kernel is asked: to look at a directory
 * whose server is gone would take for ever.
 */
export async function mountsBelow(dir: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return pathsIn(table)
    .filter((it) => it === dir || it.startsWith(`${dir}/`))
    .sort((a, b) => b.length - a.length);
}

/** The fifth word of each line; what would break the line stands in octal (proc(5)). */
const pathsIn = (table: string): string[] =>
  table
    .split('\n')
    .map((it) => it.split(' ')[4] ?? '')
    .filter((it) => it !== '')
    .map((it) => it.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));

/** Mounts a file system. Fails with the words of upstream's mounter (mount-utils). */
export async function mountAt(
  dir: string,
  { type, source, options }: { type: string; source: string; options: readonly string[] },
): Promise<void> {
  const args = ['-t', type, ...(options.length > 0 ? ['-o', options.join(',')] : []), source, dir];
  try {
    await run('mount', args, { timeout: patience });
  } catch (cause) {
    const { code, killed, stderr = '', message } = cause as Error & { code?: number | string; killed?: boolean; stderr?: string };
    const status = killed ? `no end after ${patience / 1000} seconds` : typeof code === 'number' ? `exit status ${code}` : message;
    throw new VolumeError(
      `mount failed: ${status}\nMounting command: mount\nMounting arguments: ${args.join(' ')}\nOutput: ${stderr.trim()}\n`,
      {
        cause,
      },
    );
  }
}

/** Takes away what is mounted at or below `dir`. */
export async function unmountBelow(dir: string): Promise<void> {
  // Lazily: a file that somebody still holds open must not keep the pod.
  for (const path of await mountsBelow(dir)) await run('umount', ['-l', path]);
}
