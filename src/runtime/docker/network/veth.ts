import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { engineNetwork, type Place, type SandboxNetwork } from './sandbox-network.ts';

/** Says of a sandbox which network we put it into, at which address: `name/address/prefix/gateway`. */
const placeLabel = 'dev.peapod.network';

/** What the kernel has of a network of the engine: the bridge, and the range of addresses on it. */
export type Bridge = { link: string; prefix: number; gateway: string };

type Deps = {
  /** The bridge of a network; undefined when it is not in the network namespace of this process. */
  bridgeOf(network: string): Promise<Bridge | undefined>;
};

/**
 * Sandboxes are made without a network, and we put one end of a cable into each and the other into the engine's bridge:
 * the same addresses on the same bridge for two thirds of the time (docker-facts, section 2). The engine knows nothing of
 * it; the cable goes when the sandbox goes. Networks whose bridge is elsewhere are left to the engine.
 */
export function vethNetwork({ bridgeOf }: Deps): SandboxNetwork {
  /** Whoever starts a sandbox and whoever lists it may come at the same time. */
  const underway = new Map<string, Promise<void>>();

  async function lay(id: string, pid: number, written: string): Promise<void> {
    const [name = '', address = '', prefix = '', gateway = ''] = written.split('/');
    const link = linkOf(id);
    // It goes into the bridge last: when it is there all of it is.
    if (await exists(`/sys/class/net/${link}/master`)) return;
    const bridge = await bridgeOf(name);
    if (!bridge) throw new Error(`the bridge of the network ${name} is not on this host`);
    if (await exists(`/sys/class/net/${link}`)) await ip([], [`link delete ${link}`]);
    await ip(['nsenter', '-t', String(pid), '-n'], cable({ name, address }, { link, prefix, gateway }));
    await ip([], [`link set ${link} master ${bridge.link} up`]);
  }

  return {
    async options(place) {
      const bridge = await bridgeOf(place.name);
      if (!bridge) return engineNetwork.options(place);
      return {
        networkMode: 'none',
        labels: { [placeLabel]: [place.name, place.address, bridge.prefix, bridge.gateway].join('/') },
        sysctls: await withoutIpv6(),
        endpoints: undefined,
      };
    },
    async attach({ id, pid, labels }) {
      const written = labels[placeLabel];
      if (written === undefined || pid === 0) return;
      let laying = underway.get(id);
      if (!laying) {
        laying = lay(id, pid, written).finally(() => underway.delete(id));
        underway.set(id, laying);
      }
      await laying;
    },
  };
}

/** At most fifteen characters. */
const linkOf = (id: string): string => `pp${id.slice(0, 12)}`;

/** Made inside, with the other end here: so the inner one has its name at once. */
export const cable = ({ address }: Place, { link, prefix, gateway }: { link: string; prefix: string; gateway: string }): string[] => [
  `link add eth0 address ${hardwareAddress(address)} type veth peer name ${link} netns ${process.pid}`,
  `address add ${address}/${prefix} broadcast + dev eth0`,
  'link set eth0 up',
  `route add default via ${gateway}`,
];

/** From the address, as the engine does it: one that comes back is known to its neighbours. */
export const hardwareAddress = (address: string): string =>
  ['02', '42', ...address.split('.').map((it) => Number(it).toString(16).padStart(2, '0'))].join(':');

/** The engine's networks have none either; a kernel without it does not know the settings. */
async function withoutIpv6(): Promise<Record<string, string>> {
  if (!(await exists('/proc/sys/net/ipv6'))) return {};
  return { 'net.ipv6.conf.all.disable_ipv6': '1', 'net.ipv6.conf.default.disable_ipv6': '1' };
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Runs lines of `ip -batch`, in front of which something may stand. */
function ip(before: readonly string[], lines: readonly string[]): Promise<void> {
  const [program = '', ...args] = [...before, 'ip', '-batch', '-'];
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: 10_000 }, (error, _, said) => {
      if (error) reject(new Error(`ip: ${said.trim() || error.message}`, { cause: error }));
      else resolve();
    });
    // A program that could not be run says so by itself.
    child.stdin?.on('error', () => {}).end(`${lines.join('\n')}\n`);
  });
}

/** Root on the engine's own Linux host, with the programs for it. BusyBox has an `ip` too, which knows no batches. */
export async function canMakeCables(ownHost: boolean): Promise<boolean> {
  if (!ownHost || process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const [ours, inside] = await Promise.all([versionOf('ip', '-V'), versionOf('nsenter', '-t', String(process.pid), '-n', 'ip', '-V')]);
  return ours.includes('iproute2') && inside.includes('iproute2');
}

/** What a program says of itself; '' when it cannot be run. */
const versionOf = (program: string, ...args: string[]): Promise<string> =>
  new Promise((resolve) => {
    execFile(program, args, { timeout: 5_000 }, (error, said) => resolve(error ? '' : said));
  });
