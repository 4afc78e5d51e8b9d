import { isIPv4, isIPv6 } from 'node:net';
import { type core, type discovery, endpoints as endpointsKind } from '../../kinds/index.ts';
import { deepEqual } from '../../meta/copy.ts';
import { isDeleting, ownerReference } from '../../meta/owner.ts';
import { type Group, planSlices, portsKey, type Slice, type SlicePlan } from '../endpointslice/pack.ts';
import { managedBy, serviceNameLabel } from '../endpointslice/plan.ts';
import { hasSelector } from '../service-pods.ts';

export const controllerName = 'endpointslicemirroring-controller.k8s.io';
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror';
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';
const notMirrored = ['kubectl.kubernetes.io/last-applied-configuration', 'endpoints.kubernetes.io/last-change-trigger-time'];
const mostPerSubset = 1000;

/** Endpoints that people keep for a Service without selector (endpointslicemirroring, shouldMirror). */
export const isMirrored = (it: core.Endpoints | undefined, service: core.Service | undefined): it is core.Endpoints =>
  it !== undefined &&
  !isDeleting(it) &&
  it.metadata.labels?.[skipLabel] !== 'true' &&
  it.metadata.annotations?.[leaderAnnotation] === undefined &&
  service !== undefined &&
  service.spec.type !== 'ExternalName' &&
  !hasSelector(service);

/** What the mirroring slices become; none are wanted when `endpoints` is missing. */
export function planMirror(endpoints: core.Endpoints | undefined, existing: readonly Slice[]): SlicePlan {
  if (!endpoints) return { create: [], update: [], remove: [...existing] };
  const { name, namespace = '', uid } = endpoints.metadata;
  const labels = { ...endpoints.metadata.labels, [serviceNameLabel]: name, [managedBy]: controllerName };
  const annotations = Object.fromEntries(
    Object.entries(endpoints.metadata.annotations ?? {}).filter(([key]) => !notMirrored.includes(key)),
  );
  return planSlices(existing, {
    groups: groupsOf(endpoints),
    metadata: {
      namespace,
      generateName: `${name}-`,
      labels,
      annotations,
      ownerReferences: [ownerReference(endpointsKind, endpoints)],
    },
    isOurs: (slice) => slice.metadata.ownerReferences?.some((it) => it.uid === uid) ?? false,
    isLabelled: ({ metadata }) =>
      deepEqual(metadata.labels, labels) && Object.entries(annotations).every(([key, value]) => metadata.annotations?.[key] === value),
    most: mostPerSubset,
    placeholders: [],
  });
}

function groupsOf(endpoints: core.Endpoints): Group[] {
  const groups = new Map<string, Group & { endpoints: discovery.Endpoint[] }>();
  for (const { addresses = [], notReadyAddresses = [], ports: given = [] } of endpoints.subsets ?? []) {
    const ports = given.map(({ name = '', protocol = 'TCP', port, appProtocol }) => ({
      name,
      protocol,
      port,
      ...(appProtocol && { appProtocol }),
    }));
    const all = [...addresses.map((it) => mirrored(it, true)), ...notReadyAddresses.map((it) => mirrored(it, false))];
    for (const it of all.slice(0, mostPerSubset)) {
      const address = it.addresses[0] ?? '';
      const addressType = isIPv4(address) ? 'IPv4' : isIPv6(address) ? 'IPv6' : undefined;
      if (!addressType) continue;
      const key = `${addressType} ${portsKey(ports)}`;
      const group = groups.get(key) ?? { addressType, ports, endpoints: [] };
      group.endpoints.push(it);
      groups.set(key, group);
    }
  }
  return [...groups.values()];
}

const mirrored = ({ ip, hostname, nodeName, targetRef }: core.EndpointAddress, ready: boolean): discovery.Endpoint => ({
  addresses: [ip],
  conditions: { ready },
  ...(hostname && { hostname }),
  ...(targetRef && { targetRef }),
  ...(nodeName && { nodeName }),
});
