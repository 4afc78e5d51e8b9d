import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { type Clock, sleep } from '../../lib/clock.ts';
import { CommandError, messageOf } from '../command.ts';
import type { Environment } from '../edges.ts';
import { replaceFile } from '../replace-file.ts';
import { emptyKubeconfig, type Kubeconfig } from './entries.ts';
import { readKubeconfig, writeKubeconfig } from './text.ts';

/** The file that `up` writes to: the one that was named, the first of KUBECONFIG, or ~/.kube/config. */
export const kubeconfigFile = (environment: Environment, named: string | undefined): string =>
  named ?? kubeconfigFiles(environment)[0] ?? join(environment.home, '.kube', 'config');

/** All files that kubectl would look into. */
export function kubeconfigFiles({ kubeconfig, home }: Environment): string[] {
  const listed = (kubeconfig ?? '').split(process.platform === 'win32' ? ';' : ':').filter((it) => it !== '');
  return listed.length > 0 ? [...new Set(listed)] : [join(home, '.kube', 'config')];
}

/** Reads it; undefined when there is none. Fails with a CommandError that names the file. */
export async function readKubeconfigFile(path: string): Promise<Kubeconfig | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CommandError(`the kubeconfig ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  try {
    return readKubeconfig(text);
  } catch (error) {
    throw new CommandError(`the kubeconfig ${path} is broken and was left as it is: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Reads the file, has it changed, and writes it anew under the lock that kubectl uses (client-go, clientcmd/config.go).
 * `change` returns undefined when there is nothing to write. A file that was not there is made, with its directory.
 * What is written is for the user alone.
 */
export async function changeKubeconfigFile(
  path: string,
  change: (config: Kubeconfig) => Kubeconfig | undefined,
  clock: Clock,
): Promise<boolean> {
  // A link (to a file in a dotfiles directory, say) stays a link.
  const target = await realpath(path).catch(() => path);
  await mkdir(dirname(target), { recursive: true, mode: 0o750 });
  const unlock = await lock(target, clock);
  try {
    const was = await readKubeconfigFile(target);
    const next = change(was ?? emptyKubeconfig());
    if (next === undefined) return false;
    await replaceFile(target, writeKubeconfig(next));
    return true;
  } finally {
    await unlock();
  }
}

const holder = `peapod ${process.pid} ${hostname()}`;

/** Whether a lock says that its holder is a process of this machine, and there is no such process. */
function isDead(lock: string): boolean {
  const [, pid, host] = /^peapod (\d+) (.+)$/.exec(lock) ?? [];
  if (pid === undefined || host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** How long somebody else may hold the lock. */
const patience = 5_000;

async function lock(path: string, clock: Clock): Promise<() => Promise<void>> {
  const file = `${path}.lock`;
  const began = clock.now();
  for (;;) {
    try {
      await writeFile(file, holder, { flag: 'wx', mode: 0o600 });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new CommandError(`the kubeconfig ${path} cannot be written: ${messageOf(error)}`, { cause: error });
      // A peapod that was killed while it wrote cannot let go. Of kubectl's locks, which are empty, nobody can tell.
      if (isDead(await readFile(file, 'utf8').catch(() => ''))) await rm(file, { force: true });
      else if (clock.now() - began > patience)
        throw new CommandError(`the kubeconfig ${path} is locked by another program; if none runs, remove ${file}`, { cause: error });
      await sleep(clock, 50);
    }
  }
}
