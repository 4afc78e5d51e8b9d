import type { NetworkInterfaceInfo } from 'node:os';

type Interfaces = Readonly<Record<string, NetworkInterfaceInfo[] | undefined>>;

/**
 * `0.0.0.0` among addresses stands for every address this host has at the start: each is listened on by itself, since a
 * socket on all of them would take the port of every service address too.
 */
export function hostAddresses(addresses: readonly string[], interfaces: Interfaces): string[] {
  const all = Object.values(interfaces).flatMap((it) => (it ?? []).filter(({ family }) => family === 'IPv4').map(({ address }) => address));
  return [...new Set(addresses.flatMap((it) => (it === '0.0.0.0' ? all : [it])))];
}
