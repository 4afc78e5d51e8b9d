import type { discovery } from '../kinds/index.ts';

export type Endpoint = { address: string; port: number };

/** Where this node is, as hints and policies speak of it. */
export type Here = { nodeName: string; zone?: string | undefined };

type Found = Endpoint & {
  isReady: boolean;
  isLastResort: boolean;
  isLocal: boolean;
  forNodes: readonly string[];
  forZones: readonly string[];
};

/**
 * Where connections to a service port go, as upstream's proxies choose (pkg/proxy/topology.go): ready endpoints, of them
 * those that are meant for this node or its zone; when none is ready, those that are terminating but still serve. With
 * the policy Local only endpoints on this node count, whatever they are meant for.
 */
export function chooseEndpoints(
  slices: readonly discovery.EndpointSlice[],
  port: { name: string; protocol: string },
  policy: 'Cluster' | 'Local',
  here: Here,
  isServiceAddress: (address: string) => boolean,
): readonly Endpoint[] {
  const found = endpointsOf(slices, port, here, isServiceAddress);
  const reachable = policy === 'Local' ? found.filter((it) => it.isLocal) : found;
  const ready = reachable.filter((it) => it.isReady);
  if (ready.length === 0) return reachable.filter((it) => it.isLastResort).map(placeOf);
  return (policy === 'Local' ? ready : near(ready, here)).map(placeOf);
}

const placeOf = ({ address, port }: Found): Endpoint => ({ address, port });

function endpointsOf(
  slices: readonly discovery.EndpointSlice[],
  port: { name: string; protocol: string },
  { nodeName: own }: Here,
  isServiceAddress: (address: string) => boolean,
): Found[] {
  // An endpoint can be in two slices while it moves from one to the other.
  const found = new Map<string, Found>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    for (const { name = '', protocol = 'TCP', port: number } of slice.ports ?? []) {
      if (number === undefined || name !== port.name || protocol !== port.protocol) continue;
      for (const { addresses, conditions = {}, nodeName, hints } of slice.endpoints ?? []) {
        const address = addresses[0];
        if (address === undefined || isServiceAddress(address)) continue;
        const isReady = conditions.ready ?? true;
        const key = `${address}:${number}`;
        const known = found.get(key);
        if (known && (known.isReady || !isReady)) continue;
        found.set(key, {
          ...{ address, port: number, isReady },
          isLastResort: (conditions.serving ?? isReady) && (conditions.terminating ?? false),
          isLocal: nodeName === own,
          forNodes: (hints?.forNodes ?? []).map((it) => it.name),
          forZones: (hints?.forZones ?? []).map((it) => it.name),
        });
      }
    }
  }
  return [...found.values()];
}

/**
 * Those meant for this node, else those meant for its zone, else all. Hints count only where every endpoint has one: with
 * some missing, somebody is at work on them, and too few would have to serve too many.
 */
function near(ready: readonly Found[], { nodeName, zone }: Here): readonly Found[] {
  if (ready.every((it) => it.forNodes.length > 0)) {
    const mine = ready.filter((it) => it.forNodes.includes(nodeName));
    if (mine.length > 0) return mine;
  }
  if (zone !== undefined && ready.every((it) => it.forZones.length > 0)) {
    const mine = ready.filter((it) => it.forZones.includes(zone));
    if (mine.length > 0) return mine;
  }
  return ready;
}
