import { command } from '../command.ts';
import { kubeconfigFile, readKubeconfigFile } from '../kubeconfig/file.ts';
import { startDetached } from '../start/detached.ts';
import { runHere, runSilently } from '../start/here.ts';

export const up = command({
  name: 'up',
  summary: 'Start a cluster',
  details:
    'Runs the control plane in this terminal until Ctrl-C, or in the background with --detach. Containers run on when it ' +
    'ends, and are taken over when it starts again. The cluster becomes the current context of your kubeconfig.',
  settings: 'all',
  flags: {
    detach: { summary: 'Run in the background; returns when the cluster is ready', short: 'd' },
    kubeconfig: { summary: 'Kubeconfig to write the cluster into (default: the first of $KUBECONFIG, or ~/.kube/config)', value: 'file' },
    inBackground: { summary: 'This is the process that --detach has started', hidden: true },
  },
  async run({ flags, settings, edges, io, cluster }) {
    const edge = await cluster();
    if (flags.inBackground) return runSilently(edge, io);
    const kubeconfig = kubeconfigFile(edges.environment, flags.kubeconfig);
    // A file that cannot be written to is better known before anything runs.
    await readKubeconfigFile(kubeconfig);
    return flags.detach ? startDetached(edge, settings, kubeconfig, io) : runHere(edge, kubeconfig, io);
  },
});
