import { endpointSlice, endpoints, isPodFinished, isPodReady, pod, service, type core } from '../../../src/kinds/index.ts';
import { isDeleting, keyOf } from '../../../src/meta/owner.ts';
import { matchesMap } from '../../../src/meta/selector.ts';
import type { World } from '../world.ts';
import { type Invariant, nameOf } from './invariant.ts';

const hasSelector = ({ spec }: core.Service): boolean => Object.keys(spec.selector ?? {}).length > 0;

/** The addresses that should stand behind a service, and whether each takes traffic. */
function truthOf(it: core.Service, { state }: World): Map<string, boolean> {
  const behind = state
    .list(pod)
    .filter((one) => one.metadata.namespace === it.metadata.namespace && matchesMap(it.spec.selector, one.metadata.labels))
    .filter((one) => one.status?.podIP && !isPodFinished(one));
  return new Map(
    behind.map((one) => [one.status?.podIP as string, (isPodReady(one) && !isDeleting(one)) || it.spec.publishNotReadyAddresses === true]),
  );
}

const text = (addresses: Map<string, boolean>): string =>
  [...addresses]
    .map(([address, ready]) => `${address}${ready ? '' : ' (not ready)'}`)
    .sort()
    .join(', ') || 'nothing';

export const endpointsAreTrue: Invariant = {
  name: 'a service leads to the pods it selects, and to no others',
  *quiet(world) {
    const { state } = world;
    for (const it of state.list(service)) {
      if (!hasSelector(it)) continue;
      const truth = truthOf(it, world);
      const slices = state
        .list(endpointSlice)
        .filter(
          (one) =>
            one.metadata.namespace === it.metadata.namespace && one.metadata.labels?.['kubernetes.io/service-name'] === it.metadata.name,
        );
      const all = slices.flatMap((one) =>
        (one.endpoints ?? []).map((each) => [each.addresses[0] ?? '', each.conditions?.ready === true] as const),
      );
      if (new Set(all.map(([address]) => address)).size !== all.length) yield `${nameOf(it)} has an address twice in its slices`;
      const told = text(new Map(all));
      if (told !== text(truth)) yield `${nameOf(it)} leads to ${told}, and should to ${text(truth)}`;
      const subsets = state.get(endpoints, keyOf(it))?.subsets ?? [];
      const old = text(
        new Map(
          subsets.flatMap((one) => [
            ...(one.addresses ?? []).map((each) => [each.ip, true] as const),
            ...(one.notReadyAddresses ?? []).map((each) => [each.ip, false] as const),
          ]),
        ),
      );
      if (old !== text(truth)) yield `Endpoints of ${keyOf(it)} lead to ${old}, and should to ${text(truth)}`;
    }
    for (const slice of state.list(endpointSlice)) {
      const name = slice.metadata.labels?.['kubernetes.io/service-name'];
      if (name && !state.get(service, `${slice.metadata.namespace}/${name}`)) yield `${nameOf(slice)} is of a service that is gone`;
      if ((slice.endpoints ?? []).length > 100) yield `${nameOf(slice)} has ${slice.endpoints?.length} endpoints`;
    }
  },
};

/** Nobody is ever sent to an address that no pod of the service has or had. */
export const endpointsWereTrue = (): Invariant => {
  /** By address: what its pod was called. */
  const known = new Map<string, Set<string | undefined>>();
  return {
    name: 'a slice names only pods that its service selects or selected',
    *after({ kind, now }, { state }) {
      if (kind.resource === 'pods' && now) {
        const it = now as core.Pod;
        if (it.status?.podIP) known.set(it.status.podIP, (known.get(it.status.podIP) ?? new Set()).add(it.metadata.labels?.app));
      }
      if (kind.resource !== 'endpointslices.discovery.k8s.io' || !now) return;
      const slice = now as { metadata: core.Pod['metadata']; endpoints?: Array<{ addresses: string[]; targetRef?: { name?: string } }> };
      const it = state.get(service, `${slice.metadata.namespace}/${slice.metadata.labels?.['kubernetes.io/service-name']}`);
      for (const one of slice.endpoints ?? []) {
        const address = one.addresses[0] ?? '';
        if (!known.has(address)) yield `${slice.metadata.name} names ${address}, which no pod ever had`;
        const app = it?.spec.selector?.app;
        if (app && slice.metadata.labels?.app === app && !known.get(address)?.has(app))
          yield `${slice.metadata.name} names ${address}, which is none of ${app}`;
      }
    },
  };
};
