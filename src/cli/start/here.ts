import type { ClusterEdge } from '../edges.ts';
import { logFileOf } from '../files.ts';
import type { Io } from '../io.ts';
import { createProgress } from '../progress.ts';
import { joinKubeconfig, welcome } from './join-kubeconfig.ts';
import { runCluster } from './run-cluster.ts';
import { doing, engineLine, readyNodes } from './steps.ts';

/** Runs a cluster in this terminal, until Ctrl-C. */
export async function runHere(edge: ClusterEdge, kubeconfig: string, io: Io): Promise<number> {
  const progress = createProgress(io);
  try {
    await runCluster(edge, io, {
      onStep: (step) => progress.begin(doing[step]),
      onEngine: (engine) => progress.done(engineLine(edge, engine)),
      async onReady(access) {
        progress.done(`API server answers at ${access.url}`);
        progress.begin('waiting for the node');
        const nodes = await readyNodes(access, io.clock);
        if (nodes) progress.done(`node ${nodes.join(', ')} is ready`);
        else io.print('! the node is not ready yet: peapod status tells why');
        await joinKubeconfig(edge, kubeconfig, access, io);
        welcome(access, kubeconfig, io);
        io.print(`Log:  ${logFileOf(edge.dataDir)}`);
        io.print('Ctrl-C stops the control plane; containers run on. peapod down removes them.');
      },
      onEnding: () => io.print('\nstopping the control plane (again Ctrl-C: at once)'),
    });
    return 0;
  } finally {
    progress.stop();
  }
}

/** The same without a word: the log tells. */
export async function runSilently(edge: ClusterEdge, io: Io): Promise<number> {
  await runCluster(edge, io, { onStep: () => {}, onEngine: () => {}, onReady: async () => {}, onEnding: () => {} });
  return 0;
}
