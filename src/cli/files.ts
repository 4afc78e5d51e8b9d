import { appendFile, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { contextNameOf } from './command.ts';
import type { ClusterEdge, Settings } from './edges.ts';
import { type Access, accessIn, standalone } from './kubeconfig/entries.ts';
import { readKubeconfigFile } from './kubeconfig/file.ts';
import { writeKubeconfig } from './kubeconfig/text.ts';
import { replaceFile } from './replace-file.ts';

/** The CLI's own files in a cluster's data directory. */
const adminFile = (dataDir: string): string => join(dataDir, 'admin.conf');
const listFile = (dataDir: string): string => join(dataDir, 'kubeconfigs');
const settingsFile = (dataDir: string): string => join(dataDir, 'settings');
export const logFileOf = (dataDir: string): string => join(dataDir, 'peapod.log');

/** Everything there is in a data directory; other things in it are somebody else's. */
const ours = /^(admin\.conf|kubeconfigs|settings|peapod\.log(\.1)?|peapod\.pid|store|pki|node)(\.[0-9a-f-]+(\.tmp)?)?$/;

/** Writes down how the administrator gets in, for the commands that follow. */
export const writeAccess = (dataDir: string, access: Access): Promise<void> =>
  replaceFile(adminFile(dataDir), writeKubeconfig(standalone(access)));

/** How the administrator gets in; undefined when the cluster never ran. */
export async function readAccess(cluster: Pick<ClusterEdge, 'dataDir' | 'name'>): Promise<Access | undefined> {
  const config = await readKubeconfigFile(adminFile(cluster.dataDir));
  return config && accessIn(config, contextNameOf(cluster.name));
}

/** Remembers a kubeconfig that the cluster was written into, so that `down` finds it. */
export async function rememberKubeconfig(dataDir: string, path: string): Promise<void> {
  if (!(await rememberedKubeconfigs(dataDir)).includes(path)) await appendFile(listFile(dataDir), `${path}\n`, { mode: 0o600 });
}

export const rememberedKubeconfigs = async (dataDir: string): Promise<string[]> =>
  (await readText(listFile(dataDir))).split('\n').filter((it) => it !== '');

/** Settings that say which engine and which ranges a cluster uses: what is to be removed depends on them. */
const lasting = (edge: ClusterEdge): Settings => ({
  'docker-host': edge.engineHost,
  'pod-cidr': edge.podCidr,
  'service-cidr': edge.serviceCidr,
});

/** Writes down how the cluster is run, for commands that are told no more than its name. */
export const rememberSettings = (edge: ClusterEdge): Promise<void> =>
  replaceFile(settingsFile(edge.dataDir), `${JSON.stringify(lasting(edge), undefined, 2)}\n`);

/** How it ran last; undefined when it never did. */
export async function rememberedSettings(dataDir: string): Promise<Settings | undefined> {
  const text = await readText(settingsFile(dataDir));
  return text === '' ? undefined : (JSON.parse(text) as Settings);
}

/** A log beyond this is put aside when the cluster starts. */
const largestLog = 10_000_000;

export async function rotateLog(path: string): Promise<void> {
  const size = await stat(path).then(
    (it) => it.size,
    () => 0,
  );
  if (size > largestLog) await rename(path, `${path}.1`);
}

/** What was written to the log since it had that size; all of it when it was put aside meanwhile. */
export async function readLogFrom(path: string, size: number): Promise<string> {
  const text = Buffer.from(await readText(path));
  return text.subarray(text.length < size ? 0 : size).toString('utf8');
}

/**
 * Removes what the cluster has written into its data directory, and the directory when nothing else is in it. Resolves
 * with the names of what is left.
 */
export async function removeFiles(dataDir: string): Promise<string[]> {
  const left: string[] = [];
  for (const name of await namesIn(dataDir)) {
    if (ours.test(name)) await rm(join(dataDir, name), { recursive: true, force: true });
    else left.push(name);
  }
  if (left.length > 0) return left;
  await removeEmpty(dataDir);
  // /var/lib/peapod or ~/.local/share/peapod, made for the first cluster.
  if (basename(dirname(dataDir)) === 'peapod') await removeEmpty(dirname(dataDir));
  return [];
}

/** Directories below `dir` that something is mounted on, after the lines of /proc/self/mounts. */
export const mountsBelow = (mounts: string, dir: string): string[] =>
  mounts
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8))))
    .filter((it) => it.startsWith(`${dir}/`));

async function removeEmpty(dir: string): Promise<void> {
  try {
    await rmdir(dir);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
