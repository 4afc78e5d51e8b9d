import type { discovery } from '../kinds/index.ts';

export type Endpoint = { address: string; port: number };

type Found = Endpoint & { isReady: boolean; isLastResort: boolean; isLocal: boolean };

/**
 * Where connections to a service port go, as upstream's proxies choose: ready endpoints; when there are none, those that
 * are terminating but still serve. With `localTo` only endpoints on that node count.
 */
export function chooseEndpoints(
  slices: readonly discovery.EndpointSlice[],
  port: { name: string; protocol: string },
  localTo: string | undefined,
  isServiceAddress: (address: string) => boolean,
): readonly Endpoint[] {
  // An endpoint can be in two slices while it moves from one to the other.
  const found = new Map<string, Found>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    for (const { name = '', protocol = 'TCP', port: number } of slice.ports ?? []) {
      if (number === undefined || name !== port.name || protocol !== port.protocol) continue;
      for (const { addresses, conditions = {}, nodeName } of slice.endpoints ?? []) {
        const address = addresses[0];
        if (address === undefined || isServiceAddress(address)) continue;
        const isReady = conditions.ready ?? true;
        const isLastResort = (conditions.serving ?? isReady) && (conditions.terminating ?? false);
        const key = `${address}:${number}`;
        const known = found.get(key);
        if (!known || (isReady && !known.isReady)) {
          found.set(key, { address, port: number, isReady, isLastResort, isLocal: nodeName !== undefined && nodeName === localTo });
        }
      }
    }
  }
  const reachable = [...found.values()].filter((it) => localTo === undefined || it.isLocal);
  const ready = reachable.filter((it) => it.isReady);
  const chosen = ready.length > 0 ? ready : reachable.filter((it) => it.isLastResort);
  return chosen.map(({ address, port: number }) => ({ address, port: number }));
}
