import { command, CommandError } from '../command.ts';
import { readAccess } from '../files.ts';
import { standalone } from '../kubeconfig/entries.ts';
import { writeKubeconfig } from '../kubeconfig/text.ts';

export const kubeconfig = command({
  name: 'kubeconfig',
  summary: 'Print a kubeconfig with this cluster alone',
  details: 'peapod kubeconfig > cluster.yaml && kubectl --kubeconfig cluster.yaml get nodes',
  settings: 'which',
  flags: {},
  async run({ io, cluster }) {
    const edge = await cluster();
    const access = await readAccess(edge);
    if (!access) throw new CommandError(`there is no cluster "${edge.name}" in ${edge.dataDir}: start it with peapod up`);
    io.write(writeKubeconfig(standalone(access)));
    return 0;
  },
});
