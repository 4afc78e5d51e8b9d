import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/random.ts';
import { bridgeWith, prepareBridge } from './nftables/bridge.ts';
import { createKernelTable, type KernelTable } from './nftables/kernel-table.ts';
import { createNftables } from './nftables/nftables.ts';
import { type Programs, programs as hostPrograms } from './nftables/nft.ts';
import { piecesOfRanges } from './nftables/service-pieces.ts';
import { skeleton, type TableFacts } from './nftables/skeleton.ts';
import { startUpkeep } from './nftables/upkeep.ts';
import type { Traffic } from './traffic.ts';
import { createUserspace } from './userspace/userspace.ts';

export type PlaneName = 'userspace' | 'nftables';
export type PlaneChoice = PlaneName | 'auto';

export type PlaneConfig = {
  mode: PlaneChoice;
  /** Names the kernel's table. */
  cluster: string;
  nodeAddress: string;
  serviceCidr: string;
  podCidr?: string;
  nodeCidr?: string;
  /** Addresses and ports of the service range that programs of this host listen at themselves: the name server's. */
  ownListeners?: ReadonlyArray<{ address: string; protocol: 'TCP' | 'UDP'; port: number }>;
};

/** What carries traffic on this node, and whatever else it can do. */
export type Plane = {
  name: PlaneName;
  /** Why it is not the kernel, where that was not asked for. */
  why?: string;
  traffic: Traffic;
  /** Where NetworkPolicies can be enforced. */
  table?: KernelTable;
  /** Says which ranges of service addresses there are besides the cluster's own. */
  serve(ranges: readonly string[]): void;
  fault(): string | undefined;
  close(): Promise<void>;
};

type Deps = { clock: Clock; random: Random; log: Log; count?: (what: 'connection' | 'failed connect') => void; programs?: Programs };

export const tableNameOf = (cluster: string): string => (cluster === 'peapod' ? 'peapod' : `peapod-${cluster}`);

/** Takes the kernel where it can be had; fails when it is asked for by name and cannot. */
export async function openPlane(config: PlaneConfig, { clock, random, log, count, programs = hostPrograms }: Deps): Promise<Plane> {
  let why: string | undefined;
  if (config.mode !== 'userspace') {
    const ready = await prepare(config, programs);
    if (typeof ready !== 'string') return openNftables(config, ready.facts, { clock, log, programs });
    if (config.mode === 'nftables') throw new Error(`the data plane nftables cannot be used: ${ready}`);
    why = ready;
  }
  const traffic = createUserspace({ clock, random, ownAddress: config.nodeAddress, ...(count && { count }) });
  return {
    name: 'userspace',
    ...(why !== undefined && { why }),
    traffic,
    serve: () => {},
    fault: () => undefined,
    close: () => traffic.close(),
  };
}

/** Undefined when the kernel of this host can carry services, else what is missing. */
export async function faultOfKernel(programs: Programs = hostPrograms): Promise<string | undefined> {
  if (process.platform !== 'linux') return `${process.platform} has no nf_tables`;
  if (process.getuid?.() !== 0) return 'only root can program it';
  try {
    // `-c`: the kernel looks at everything that is used and keeps nothing.
    const trial = skeleton({ name: 'peapod-trial', serviceCidr: '192.0.2.0/24', bridge: 'trial' });
    await Promise.all([programs.nft(trial, { isTrial: true }), programs.run('conntrack', '--version')]);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What the table is made of; or, as a text, why it cannot be. */
async function prepare(config: PlaneConfig, programs: Programs): Promise<{ facts: TableFacts & { bridge: string } } | string> {
  const { cluster, nodeAddress, serviceCidr, podCidr, nodeCidr, ownListeners = [] } = config;
  try {
    const asked = bridgeWith(nodeAddress, programs);
    // Where it fails the kernel's fault comes first.
    asked.catch(() => {});
    const fault = await faultOfKernel(programs);
    if (fault !== undefined) return fault;
    const bridge = await asked;
    if (bridge === undefined) return `no bridge of this host has ${nodeAddress}: the engine runs elsewhere`;
    await prepareBridge(bridge);
    const own = ownListeners.map(({ address, protocol, port }) => `${address} . ${protocol.toLowerCase()} . ${port}`);
    return {
      facts: { name: tableNameOf(cluster), serviceCidr, bridge, nodeAddress, ...(podCidr && nodeCidr && { podCidr, nodeCidr }), own },
    };
  } catch (error) {
    return (error as Error).message;
  }
}

function openNftables(
  config: PlaneConfig,
  facts: TableFacts & { bridge: string },
  deps: { clock: Clock; log: Log; programs: Programs },
): Plane {
  const table = createKernelTable(facts, deps);
  const traffic = createNftables({ table, ...deps });
  const { cluster, nodeAddress } = config;
  let hasRanges = false;
  const upkeep = startUpkeep({ tableName: facts.name, cluster, nodeAddress, bridge: facts.bridge }, { table, ...deps });
  return {
    name: 'nftables',
    traffic,
    table,
    serve(ranges) {
      const pieces = piecesOfRanges(ranges);
      if (pieces.length > 0 || hasRanges) void table.want('ranges', pieces);
      hasRanges = pieces.length > 0;
    },
    fault: upkeep.fault,
    async close() {
      await upkeep.stop();
      await traffic.close();
    },
  };
}
