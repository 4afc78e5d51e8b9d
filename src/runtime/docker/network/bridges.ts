import { stat } from 'node:fs/promises';
import type Docker from 'dockerode';
import { unlessGone } from '../failure.ts';
import type { Bridge } from './veth.ts';

/**
 * Finds the bridge of a network of the engine among this host's links. The engine is asked once for each network, and again
 * when the link has gone: somebody may remove a network by hand, and it is made anew.
 */
export function bridgesOf(docker: Docker): (network: string) => Promise<Bridge | undefined> {
  const known = new Map<string, Promise<Bridge | undefined>>();
  return async (name) => {
    let bridge = known.get(name);
    const link = (await bridge)?.link;
    if (!bridge || (link !== undefined && !(await isBridge(link)))) {
      bridge = find(docker, name);
      known.set(name, bridge);
      // What failed, or was not there yet, is looked for again.
      bridge.then(
        (it) => it ?? known.delete(name),
        () => known.delete(name),
      );
    }
    return bridge;
  };
}

async function find(docker: Docker, name: string): Promise<Bridge | undefined> {
  const found = (await unlessGone(docker.getNetwork(name).inspect())) as Docker.NetworkInspectInfo | undefined;
  const { Subnet: subnet, Gateway: gateway } = found?.IPAM?.Config?.[0] ?? {};
  if (found?.Driver !== 'bridge' || !subnet || !gateway) return undefined;
  const link = found.Options?.['com.docker.network.bridge.name'] ?? `br-${found.Id.slice(0, 12)}`;
  return (await isBridge(link)) ? { link, prefix: Number(subnet.split('/')[1]), gateway } : undefined;
}

const isBridge = (link: string): Promise<boolean> =>
  stat(`/sys/class/net/${link}/bridge`).then(
    () => true,
    () => false,
  );
