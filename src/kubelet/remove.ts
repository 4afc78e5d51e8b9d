import type { Runtime } from '../runtime/index.ts';
import { messageOf } from './faults.ts';
import { label } from './names.ts';
import { isSandbox } from './observed.ts';
import { removeVolumeFiles } from './volumes/index.ts';

export type NodeRemoval = {
  cluster: string;
  networkName: string;
  /** As in KubeletConfig: holds the files of pods. */
  rootDir: string;
  /** Volumes of claims stay. */
  keepData: boolean;
  /** Called once; may fail, as when the engine is down. */
  openRuntime: () => Promise<Runtime>;
};

/** How much went, and a sentence on each thing that did not. */
export type NodeRemoved = { containers: number; volumes: number; failures: string[] };

// As many as the engine stops side by side without being slower for it.
const atATime = 8;

/** `peapod_<uid of a pod>_<volume>`, as `volumes/empty-dir.ts` names what is in memory; the others hold data of claims. */
const isOfOnePod = (volume: string): boolean => /^peapod_([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})_/.test(volume);

/**
 * Takes away what the node agent has made outside of the API: containers, volumes and the network of the cluster, and
 * what pods have left mounted. The agent must not run any more. Does as much as it can; doing it again does the rest.
 */
export async function removeNode(removal: NodeRemoval): Promise<NodeRemoved> {
  const removed: NodeRemoved = { containers: 0, volumes: 0, failures: [] };
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      removed.failures.push(`${what}: ${messageOf(error)}`);
    }
  };
  await attempt('containers, volumes and the network are not removed', async () => {
    await removeFromEngine(await removal.openRuntime(), removal, removed, attempt);
  });
  await attempt('files of pods are not removed', () => removeVolumeFiles(removal.rootDir));
  return removed;
}

async function removeFromEngine(
  { containers, resources }: Runtime,
  { cluster, networkName, keepData }: NodeRemoval,
  removed: NodeRemoved,
  attempt: (what: string, work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const found = await containers.list({ [label.cluster]: cluster });
  // Sandboxes last: they hold the network that the others are in.
  for (const group of [found.filter((it) => !isSandbox(it)), found.filter(isSandbox)]) {
    await inTurns(group, atATime, (it) =>
      attempt(`container ${it.name} is not removed`, async () => {
        await containers.remove(it.id);
        removed.containers += 1;
      }),
    );
  }
  for (const name of await resources.listVolumes({ [label.cluster]: cluster })) {
    if (keepData && !isOfOnePod(name)) continue;
    await attempt(`volume ${name} is not removed`, async () => {
      await resources.removeVolume(name);
      removed.volumes += 1;
    });
  }
  await attempt(`network ${networkName} is not removed`, () => resources.removeNetwork(networkName));
}

/** Calls `work` on all, `count` at a time. */
async function inTurns<T>(all: readonly T[], count: number, work: (it: T) => Promise<void>): Promise<void> {
  const rest = [...all];
  const worker = async (): Promise<void> => {
    for (let it = rest.shift(); it !== undefined; it = rest.shift()) await work(it);
  };
  await Promise.all(Array.from({ length: count }, worker));
}
