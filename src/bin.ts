#!/usr/bin/env node
/** The `peapod` command: the CLI, joined to the parts it needs, each loaded when it is first used. */
import { homedir } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { type ClusterEdge, type Edges, runCli, type Settings } from './cli/index.ts';
import { type Config, type Given, readConfig, settings, userKubeconfig, userPrograms } from './config.ts';
import { systemClock } from './lib/clock.ts';
import { silentLog } from './lib/log.ts';
import { kubernetesVersion } from './meta/kubernetes-version.ts';

const fromPackage = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { version } = JSON.parse(readFileSync(fromPackage('package.json'), 'utf8')) as { version: string };

const kubeconfig = userKubeconfig();
const edges: Edges = {
  versions: { peapod: version, kubernetes: kubernetesVersion },
  environment: { home: homedir(), ...(kubeconfig && { kubeconfig }), ...userPrograms() },
  manifests: fromPackage('manifests'),
  settings,
  cluster: async (given: Settings) => clusterEdge(given, readConfig(given as Given)),
};

function clusterEdge(given: Settings, config: Config): ClusterEdge {
  const dataDir = isAbsolute(config.dataDir) ? config.dataDir : resolve(config.dataDir);
  const { network } = config;
  const openRuntime = async () => {
    const { openDocker } = await import('./runtime/index.ts');
    return openDocker({ host: config.dockerHost }, { clock: systemClock, log: silentLog });
  };
  return {
    name: config.cluster,
    dataDir,
    ...config.api,
    podCidr: network.podCidr,
    serviceCidr: network.serviceCidr,
    dataPlane: network.dataPlane,
    nodePorts: network.nodePorts,
    frontPorts: [config.front.port, config.front.tlsPort].filter((it) => it !== undefined && it > 0) as number[],
    engineHost: config.dockerHost,
    async start({ logFile, ...watcher }) {
      const { startCluster } = await import('./main.ts');
      const settled = readConfig({ ...given, 'data-dir': dataDir, 'log-file': config.log.file ?? logFile });
      return startCluster(settled, watcher);
    },
    engine: async () => (await openRuntime()).info(),
    async remove({ keepData, hasRun }) {
      const [{ removeNode }, { localRoutes, markOf, removeFromKernel, removeMarkedRoutes, tableNameOf }] = await Promise.all([
        import('./kubelet/index.ts'),
        import('./proxy/index.ts'),
      ]);
      const removed = await removeNode({
        cluster: config.cluster,
        networkName: network.name,
        rootDir: nodeDir(dataDir),
        keepData,
        openRuntime,
      });
      if (!hasRun) return removed;
      try {
        await localRoutes.remove(network.serviceCidr);
        await removeMarkedRoutes(markOf(config.cluster));
      } catch (error) {
        removed.failures.push(`a route of service addresses is still there: ${(error as Error).message}`);
      }
      try {
        if (process.platform === 'linux') await removeFromKernel(tableNameOf(config.cluster), config.cluster);
      } catch (error) {
        removed.failures.push(`the nftables table ${tableNameOf(config.cluster)} is still there: ${(error as Error).message}`);
      }
      return removed;
    },
  };
}

const nodeDir = (dataDir: string): string => resolve(dataDir, 'node');

process.exitCode = await runCli(process.argv.slice(2), edges);
