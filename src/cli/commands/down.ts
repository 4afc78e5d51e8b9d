import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { command, contextNameOf, messageOf } from '../command.ts';
import type { ClusterEdge, Edges } from '../edges.ts';
import { mountsBelow, readAccess, rememberedKubeconfigs, rememberedSettings, removeFiles } from '../files.ts';
import type { Io } from '../io.ts';
import { accessIn, hasEntries, withoutEntries } from '../kubeconfig/entries.ts';
import { changeKubeconfigFile, kubeconfigFiles, readKubeconfigFile } from '../kubeconfig/file.ts';
import { runningProcess } from '../process/pid-file.ts';
import { stopProcess } from '../process/stop.ts';
import { createProgress } from '../progress.ts';

export const down = command({
  name: 'down',
  summary: 'Stop a cluster and remove everything it made',
  details:
    'Ends the control plane; removes containers, volumes, the network, the data directory and the entries in kubeconfig. ' +
    'Images, the Docker Engine and other clusters stay. Doing it again is fine.',
  settings: 'which',
  flags: {
    keepData: { summary: 'Keep the data directory and the volumes of claims: peapod up goes on from there' },
    kubeconfig: { summary: 'Another kubeconfig to take the cluster out of', value: 'file' },
  },
  async run({ flags, edges, io, cluster }) {
    const edge = await cluster();
    const keepData = flags.keepData === true;
    const hasRun = (await rememberedSettings(edge.dataDir)) !== undefined;
    const progress = createProgress(io);
    try {
      const running = await runningProcess(edge.dataDir);
      if (running) {
        progress.begin(`stopping process ${running.pid}`);
        progress.done(`process ${running.pid} ${await stopProcess(running, io.clock)}`);
      }
      progress.begin('removing containers, volumes and the network');
      const { containers, volumes, failures } = await edge.remove({ keepData, hasRun });
      progress.stop();
      const removed = `${amount(containers, 'container')} and ${amount(volumes, 'volume')} removed`;
      if (failures.length > 0) io.print(`! ${removed}, not all of them`);
      else if (hasRun || containers + volumes > 0) progress.done(`${removed}, the network too`);
      // While anything is left, so is what the next try must know: how the cluster was run.
      const dataGoes = !keepData && failures.length === 0;
      const changed = await leaveKubeconfigs(edge, edges, flags.kubeconfig, failures, io);
      for (const path of changed) progress.done(`context ${contextNameOf(edge.name)} taken out of ${path}`);
      if (dataGoes && existsSync(edge.dataDir) && (await removeData(edge, failures))) progress.done(`data directory ${edge.dataDir} gone`);
      for (const failure of failures) io.tell(`✗ ${failure}`);
      if (failures.length > 0)
        io.tell(`error: not everything is removed${dataGoes ? '' : `, so ${edge.dataDir} stays`}; peapod down tries again`);
      else if (!hasRun && containers + volumes + changed.length === 0) progress.done(`there is nothing of cluster "${edge.name}"`);
      return failures.length > 0 ? 1 : 0;
    } finally {
      progress.stop();
    }
  },
});

const amount = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** Takes the cluster out of every kubeconfig that it may be in; resolves with those that had it. */
async function leaveKubeconfigs(edge: ClusterEdge, edges: Edges, named: string | undefined, failures: string[], io: Io): Promise<string[]> {
  const name = contextNameOf(edge.name);
  const candidates = [...(named ? [named] : []), ...kubeconfigFiles(edges.environment), ...(await rememberedKubeconfigs(edge.dataDir))];
  const own = await readAccess(edge);
  const changed: string[] = [];
  for (const path of new Set(candidates.map((it) => resolve(it)))) {
    try {
      const config = await readKubeconfigFile(path);
      if (!config || !hasEntries(config, name)) continue;
      // One of the same name that somebody else runs, elsewhere.
      const theirs = accessIn(config, name);
      if (own && theirs && theirs.credentials.caCertificate !== own.credentials.caCertificate) continue;
      await changeKubeconfigFile(path, (it) => withoutEntries(it, name), io.clock);
      changed.push(path);
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  return changed;
}

/** What is still mounted in the directory might be somebody's data: then it stays. */
async function removeData(edge: ClusterEdge, failures: string[]): Promise<boolean> {
  try {
    const mounted = mountsBelow(await readFile('/proc/self/mounts', 'utf8').catch(() => ''), edge.dataDir);
    if (mounted.length > 0) {
      failures.push(`the data directory stays, something is mounted in it: ${mounted.join(', ')}`);
      return false;
    }
    const left = await removeFiles(edge.dataDir);
    if (left.length > 0) failures.push(`${edge.dataDir} holds files that are not the cluster's, they stay: ${left.join(', ')}`);
    return left.length === 0;
  } catch (error) {
    failures.push(`the data directory ${edge.dataDir} is not removed: ${messageOf(error)}`);
    return false;
  }
}
