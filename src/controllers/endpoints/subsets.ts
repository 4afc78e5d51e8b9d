import { isIPv6 } from 'node:net';
import { type core, isPodReady, resolvePort } from '../../kinds/index.ts';
import { addressesOf, hostnameIn, isEndpoint, podReference } from '../service-pods.ts';

type Address = core.EndpointAddress;
type Port = core.EndpointPort;
type Seen = { address: Address; isReady: boolean; ports: Map<string, Port> };

/**
 * The pods of a Service as subsets in their canonical form (api/v1/endpoints, RepackSubsets): addresses with the same
 * ports stand together, each once, all in a fixed order.
 */
export function subsetsOf(service: core.Service, pods: readonly core.Pod[]): core.EndpointSubset[] {
  const open = service.spec.publishNotReadyAddresses === true;
  const seen: Seen[] = [];
  for (const pod of pods) {
    const address = isEndpoint(pod, open) && addressOf(pod, service);
    if (!address) continue;
    const ports = new Map<string, Port>();
    for (const { name, protocol = 'TCP', port, targetPort = port, appProtocol } of service.spec.ports ?? []) {
      const number = resolvePort(pod, targetPort, protocol);
      if (number === undefined) continue;
      const it: Port = { ...(name && { name }), port: number, protocol, ...(appProtocol && { appProtocol }) };
      ports.set(portKey(it), it);
    }
    // A headless Service may have no ports; every other one leads nowhere without.
    if (ports.size > 0 || (service.spec.ports ?? []).length === 0) seen.push({ address, isReady: open || isPodReady(pod), ports });
  }
  return grouped(seen);
}

function grouped(seen: readonly Seen[]): core.EndpointSubset[] {
  const groups = new Map<string, { ready: Address[]; notReady: Address[]; ports: Port[] }>();
  for (const { address, isReady, ports } of seen) {
    const keys = [...ports.keys()].sort();
    const id = keys.join();
    const group = groups.get(id) ?? { ready: [], notReady: [], ports: keys.map((it) => ports.get(it) as Port) };
    (isReady ? group.ready : group.notReady).push(address);
    groups.set(id, group);
  }
  return [...groups.keys()].sort().map((id) => {
    const { ready, notReady, ports } = groups.get(id) as { ready: Address[]; notReady: Address[]; ports: Port[] };
    return {
      ...(ready.length > 0 && { addresses: ready.sort(byAddress) }),
      ...(notReady.length > 0 && { notReadyAddresses: notReady.sort(byAddress) }),
      ...(ports.length > 0 && { ports }),
    };
  });
}

const portKey = ({ name = '', port, protocol = 'TCP', appProtocol = '' }: Port): string => `${name}|${protocol}|${port}|${appProtocol}`;

const byAddress = (a: Address, b: Address): number => compare(a.ip, b.ip) || compare(a.targetRef?.uid ?? '', b.targetRef?.uid ?? '');
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function addressOf(pod: core.Pod, service: core.Service): Address | undefined {
  const wantsIPv6 = service.spec.ipFamilies?.[0] === 'IPv6';
  const ip = addressesOf(pod).find((it) => isIPv6(it) === wantsIPv6);
  if (!ip) return undefined;
  const hostname = hostnameIn(pod, service);
  return { ip, ...(hostname && { hostname }), ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }), targetRef: podReference(pod) };
}

const mostAddresses = 1000;
const count = (it: readonly core.EndpointSubset[], field: 'addresses' | 'notReadyAddresses'): number =>
  it.reduce((sum, subset) => sum + (subset[field]?.length ?? 0), 0);

/** At most 1000 addresses, ready ones first, in the subsets by their share; undefined when nothing had to go. */
export function truncated(subsets: readonly core.EndpointSubset[]): core.EndpointSubset[] | undefined {
  const ready = count(subsets, 'addresses');
  const notReady = count(subsets, 'notReadyAddresses');
  if (ready + notReady <= mostAddresses) return undefined;
  const field = ready > mostAddresses ? 'addresses' : 'notReadyAddresses';
  const [room, total] = field === 'addresses' ? [mostAddresses, ready] : [mostAddresses - ready, notReady];
  let left = room;
  return subsets.map(({ addresses, notReadyAddresses, ...rest }) => {
    const all = (field === 'addresses' ? addresses : notReadyAddresses) ?? [];
    const kept = all.slice(0, Math.min(left, Math.ceil((all.length / total) * room)));
    left -= kept.length;
    const keptReady = field === 'addresses' ? kept : (addresses ?? []);
    const keptNotReady = field === 'addresses' ? [] : kept;
    return {
      ...rest,
      ...(keptReady.length > 0 && { addresses: keptReady }),
      ...(keptNotReady.length > 0 && { notReadyAddresses: keptNotReady }),
    };
  });
}
