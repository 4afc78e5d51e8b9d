import { resolve } from 'node:path';
import { deepEqual } from '../../meta/copy.ts';
import type { ClusterEdge } from '../edges.ts';
import { rememberKubeconfig } from '../files.ts';
import type { Io } from '../io.ts';
import { type Access, withEntries } from '../kubeconfig/entries.ts';
import { changeKubeconfigFile } from '../kubeconfig/file.ts';

/** Writes the cluster into a kubeconfig, and remembers that for `down`. A file that has it already is not touched. */
export async function joinKubeconfig(edge: ClusterEdge, path: string, access: Access, io: Io): Promise<void> {
  await rememberKubeconfig(edge.dataDir, resolve(path));
  await changeKubeconfigFile(
    path,
    (config) => {
      const next = withEntries(config, access);
      return deepEqual(next, config) ? undefined : next;
    },
    io.clock,
  );
}

/** What there is now, and what to try. */
export function welcome(access: Access, kubeconfig: string, io: Io): void {
  io.print('');
  io.print(`API server   ${access.url}`);
  io.print(`kubeconfig   ${kubeconfig} (context ${access.name})`);
  io.print('');
  io.print(`Try:  kubectl --context ${access.name} get nodes`);
}
