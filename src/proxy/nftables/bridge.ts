import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import type { Programs } from './nft.ts';

/**
 * The network interface that has this node's own address; undefined when no engine of this host made it. `ip` lists also
 * those that no container uses yet.
 */
export async function bridgeWith(nodeAddress: string, { run }: Programs): Promise<string | undefined> {
  const shown = await run('ip', '-o', '-4', 'address', 'show', 'to', nodeAddress);
  // `7: br-0123456789ab    inet 10.244.0.1/24 brd …`
  const name = /^\d+:\s+(\S+)\s/.exec(shown)?.[1];
  if (name === undefined) return undefined;
  return access(`/sys/class/net/${name}/bridge`).then(
    () => name,
    () => undefined,
  );
}

/**
 * What a bridge must do so that services work between the containers on it. All of it goes with the bridge.
 *
 * - `nf_call_iptables`: answers of a pod to another pod are frames of the bridge, and must be made answers of the service.
 * - `route_localnet`: what is asked at 127.0.0.1 may leave this host by this bridge. (The table drops what comes the other
 *   way.)
 * - `hairpin_mode` of each port: a pod that asks its own service gets its own frame back.
 */
export async function prepareBridge(name: string): Promise<void> {
  const net = `/sys/class/net/${name}`;
  await set(`${net}/bridge/nf_call_iptables`, '1');
  await set(`/proc/sys/net/ipv4/conf/${name}/route_localnet`, '1');
  for (const port of await readdir(`${net}/brif`)) await preparePort(name, port);
}

/** The same of one of its ports. */
export async function preparePort(bridge: string, port: string): Promise<void> {
  try {
    await set(`/sys/class/net/${bridge}/brif/${port}/hairpin_mode`, '1');
  } catch (error) {
    // A pod that has ended meanwhile took its port along.
    if (!['ENOENT', 'EINVAL', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Which port of a bridge a line of `ip monitor link` tells of: `9: veth0a1b2c3@if8: <…> … master br-0123456789ab state UP …`. */
export const portIn = (line: string, bridge: string): string | undefined =>
  line.includes(` master ${bridge} `) ? /^\d+: ([^@:\s]+)[@:]/.exec(line)?.[1] : undefined;

/** Reads first: a file that cannot be written may say the right thing already. */
async function set(path: string, value: string): Promise<void> {
  if ((await readFile(path, 'utf8')).trim() !== value) await writeFile(path, value);
}
