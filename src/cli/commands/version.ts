import { command, CommandError } from '../command.ts';
import { readAccess } from '../files.ts';
import { openServer } from '../server.ts';
import { writeKubeconfig } from '../kubeconfig/text.ts';

type ServerVersion = { gitVersion?: string; [field: string]: unknown };

export const version = command({
  name: 'version',
  summary: 'Print the versions of this program and of the running cluster',
  settings: 'which',
  flags: {
    client: { summary: 'Leave the cluster out' },
    output: { summary: 'json or yaml', value: 'format', short: 'o' },
  },
  async run({ flags, edges, io, cluster }) {
    const { output } = flags;
    if (output !== undefined && output !== 'json' && output !== 'yaml') throw new CommandError(`--output must be 'yaml' or 'json'`);
    const clientVersion = { gitVersion: `v${edges.versions.peapod}`, kubernetes: edges.versions.kubernetes, platform: platform() };
    const access = flags.client ? undefined : await readAccess(await cluster());
    let serverVersion: ServerVersion | undefined;
    let fault: unknown;
    if (access) {
      const server = openServer(access);
      try {
        serverVersion = JSON.parse((await server.get('/version')).text) as ServerVersion;
      } catch (error) {
        fault = error;
      } finally {
        server.close();
      }
    }
    if (output) {
      const versions = { clientVersion, ...(serverVersion && { serverVersion }) };
      io.print(output === 'json' ? JSON.stringify(versions, undefined, 2) : writeKubeconfig(versions).trimEnd());
    } else {
      io.print(`Client Version: ${clientVersion.gitVersion}`);
      io.print(`Kubernetes API: ${clientVersion.kubernetes}`);
      if (serverVersion) io.print(`Server Version: ${serverVersion.gitVersion ?? 'unknown'}`);
    }
    if (fault !== undefined) throw fault;
    return 0;
  },
});

const platform = (): string => `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`;
