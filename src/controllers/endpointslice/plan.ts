import { isIPv6 } from 'node:net';
import { type core, type discovery, isPodReady, resolvePort, service as serviceKind, swapOf } from '../../kinds/index.ts';
import { deepEqual } from '../../meta/copy.ts';
import { isDeleting, ownerReference } from '../../meta/owner.ts';
import { addressesOf, hostnameIn, isEndpoint, isHeadless, podReference } from '../service-pods.ts';
import { type Group, planSlices, portsKey, type Slice, type SlicePlan } from './pack.ts';

export const managedBy = 'endpointslice.kubernetes.io/managed-by';
export const serviceNameLabel = 'kubernetes.io/service-name';
export const headlessLabel = 'service.kubernetes.io/headless';
export const controllerName = 'endpointslice-controller.k8s.io';
const reserved = [managedBy, serviceNameLabel, headlessLabel];
const zoneLabel = 'topology.kubernetes.io/zone';
const topologyMode = 'service.kubernetes.io/topology-mode';
const oldTopologyMode = 'service.kubernetes.io/topology-aware-hints';
const mostEndpoints = 100;

/** `missingNodes` are named by pods but not there: those pods are left out and looked at again. */
export type ServiceSlicePlan = SlicePlan & { missingNodes: string[] };

/** What the slices of a Service become so that they show its pods. */
export function planServiceSlices(
  service: core.Service,
  pods: readonly core.Pod[],
  existing: readonly Slice[],
  nodeOf: (name: string) => core.Node | undefined,
): ServiceSlicePlan {
  const missingNodes: string[] = [];
  const groups = new Map<string, Group & { endpoints: discovery.Endpoint[] }>();
  const swap = swapOf(service);
  const types = (service.spec.ipFamilies ?? ['IPv4']) as string[];
  for (const pod of pods) {
    if (!isEndpoint(pod, true)) continue;
    const name = pod.spec.nodeName ?? '';
    const node = name ? nodeOf(name) : undefined;
    if (name && !node && !service.spec.publishNotReadyAddresses) {
      missingNodes.push(name);
      continue;
    }
    const ports = portsFor(service, pod).filter((it) => it.name !== swap?.port || it.protocol !== 'TCP');
    // Nothing of it is asked of pods.
    if (swap && ports.length === 0) continue;
    for (const addressType of types) {
      const endpoint = endpointOf(pod, node, service, addressType);
      if (!endpoint) continue;
      const key = `${addressType} ${portsKey(ports)}`;
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      group.endpoints.push(endpoint);
      groups.set(key, group);
    }
  }
  if (swap) {
    const ports = [{ name: swap.port, protocol: 'TCP' as const, port: swap.number }];
    const endpoint = { addresses: [swap.address], conditions: { ready: true, serving: true, terminating: false }, nodeName: swap.node };
    groups.set(`swap ${portsKey(ports)}`, { addressType: 'IPv4', ports, endpoints: [endpoint] });
  }
  const labels = labelsOf(service);
  const plan = planSlices(existing, {
    groups: [...groups.values()],
    metadata: {
      namespace: service.metadata.namespace ?? '',
      generateName: `${service.metadata.name}-`,
      labels,
      ownerReferences: [ownerReference(serviceKind, service)],
    },
    isOurs: (slice) => slice.metadata.ownerReferences?.some((it) => it.uid === service.metadata.uid) ?? false,
    isLabelled: (slice) => deepEqual(slice.metadata.labels, labels),
    most: mostEndpoints,
    placeholders: types,
  });
  // Nothing is made for a Service that goes: the garbage collector is taking its slices away.
  return { ...plan, create: isDeleting(service) ? [] : plan.create, missingNodes };
}

export function labelsOf(service: core.Service): { [key: string]: string } {
  const own = Object.entries(service.metadata.labels ?? {}).filter(([key]) => !reserved.includes(key));
  return {
    ...Object.fromEntries(own),
    ...(isHeadless(service) && { [headlessLabel]: '' }),
    [serviceNameLabel]: service.metadata.name,
    [managedBy]: controllerName,
  };
}

/** The Service's ports as this pod answers on them; a name the pod does not know is left out. */
function portsFor(service: core.Service, pod: core.Pod): discovery.EndpointPort[] {
  return (service.spec.ports ?? []).flatMap(({ name = '', protocol = 'TCP', port, targetPort = port, appProtocol }) => {
    const number = resolvePort(pod, targetPort, protocol);
    return number === undefined ? [] : [{ name, protocol, port: number, ...(appProtocol && { appProtocol }) }];
  });
}

function endpointOf(
  pod: core.Pod,
  node: core.Node | undefined,
  service: core.Service,
  addressType: string,
): discovery.Endpoint | undefined {
  const addresses = addressesOf(pod).filter((it) => isIPv6(it) === (addressType === 'IPv6'));
  if (addresses.length === 0) return undefined;
  const serving = isPodReady(pod);
  const terminating = isDeleting(pod);
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = hostnameIn(pod, service);
  const zone = node?.metadata.labels?.[zoneLabel];
  const hints = ready ? hintsFor(service, zone, pod.spec.nodeName) : undefined;
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname && { hostname }),
    targetRef: podReference(pod),
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    ...(zone && { zone }),
    ...(hints && { hints }),
  };
}

/** Who should rather be served by this endpoint: those near it, if the Service wants it so (trafficdist.go). */
function hintsFor(
  { metadata, spec }: core.Service,
  zone: string | undefined,
  node: string | undefined,
): discovery.EndpointHints | undefined {
  const { trafficDistribution: wish } = spec;
  // Who asks for shares by zone does not ask for this: the older way comes first (reconciler.go, hintsEnabled).
  const mode = metadata.annotations?.[oldTopologyMode] ?? metadata.annotations?.[topologyMode];
  if (mode === 'Auto' || mode === 'auto') return undefined;
  if (wish !== 'PreferClose' && wish !== 'PreferSameZone' && wish !== 'PreferSameNode') return undefined;
  const forNodes = wish === 'PreferSameNode' && node;
  if (!zone && !forNodes) return undefined;
  return { ...(zone && { forZones: [{ name: zone }] }), ...(forNodes && { forNodes: [{ name: forNodes }] }) };
}
