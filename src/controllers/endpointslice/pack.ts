import type { discovery } from '../../kinds/index.ts';
import { deepEqual } from '../../meta/copy.ts';
import type { Draft } from '../../meta/types.ts';

export type Slice = discovery.EndpointSlice;
export type SliceDraft = Draft<Slice>;
/** Endpoints that are reached at the same ports. */
export type Group = { addressType: string; ports: discovery.EndpointPort[]; endpoints: readonly discovery.Endpoint[] };
export type SlicePlan = { create: SliceDraft[]; update: Slice[]; remove: Slice[] };

export type Wish = {
  groups: readonly Group[];
  /** What each slice carries besides its endpoints. */
  metadata: SliceDraft['metadata'];
  isOurs: (slice: Slice) => boolean;
  /** Whether the slice says what `metadata` says. */
  isLabelled: (slice: Slice) => boolean;
  most: number;
  /** For these an empty slice says that there is nothing. */
  placeholders: readonly string[];
};

/** The same for sets of ports that differ only in order. */
export function portsKey(ports: readonly discovery.EndpointPort[]): string {
  return ports
    .map(({ name = '', protocol = 'TCP', port = 0, appProtocol = '' }) => `${name}|${protocol}|${port}|${appProtocol}`)
    .sort()
    .join();
}

const endpointKey = ({ addresses, hostname = '', targetRef }: discovery.Endpoint): string =>
  `${[...addresses].sort().join()}|${hostname}|${targetRef?.namespace ?? ''}/${targetRef?.name ?? ''}`;

const groupKey = (addressType: string, ports: readonly discovery.EndpointPort[]): string => `${addressType} ${portsKey(ports)}`;

/**
 * Lays endpoints out in slices with few writes, as upstream does (endpointslice, reconciler.go): an endpoint stays in the
 * slice it is in; new ones fill slices that change anyway, then one that can take them all, and only then new slices.
 */
export function planSlices(existing: readonly Slice[], wish: Wish): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const types = new Set([...wish.groups.map((it) => it.addressType), ...wish.placeholders]);
  const byGroup = new Map<string, Slice[]>();
  for (const slice of existing) {
    if (!types.has(slice.addressType) || !wish.isOurs(slice)) plan.remove.push(slice);
    else append(byGroup, groupKey(slice.addressType, slice.ports ?? []), slice);
  }
  for (const group of wish.groups) {
    const key = groupKey(group.addressType, group.ports);
    packGroup(byGroup.get(key) ?? [], group, wish, plan);
    byGroup.delete(key);
  }
  for (const slices of byGroup.values()) plan.remove.push(...slices);
  for (const addressType of wish.placeholders) ensureOne(existing, addressType, wish, plan);
  return reuse(plan, wish);
}

function packGroup(existing: readonly Slice[], group: Group, wish: Wish, plan: SlicePlan): void {
  const missing = new Map(group.endpoints.map((it) => [endpointKey(it), it]));
  const changed: Slice[] = [];
  const unchanged: Slice[] = [];
  for (const slice of existing) {
    const kept: discovery.Endpoint[] = [];
    for (const endpoint of slice.endpoints ?? []) {
      const key = endpointKey(endpoint);
      const wanted = missing.get(key);
      if (!wanted) continue;
      missing.delete(key);
      kept.push(wanted);
    }
    if (deepEqual(kept, slice.endpoints ?? []) && wish.isLabelled(slice)) unchanged.push(slice);
    else if (kept.length > 0) changed.push(relabelled({ ...slice, endpoints: kept }, wish));
    else if ((slice.endpoints ?? []).length > 0 || group.endpoints.length > 0) plan.remove.push(slice);
    else unchanged.push(slice);
  }
  const left = [...missing.values()];
  changed.sort((a, b) => sizeOf(b) - sizeOf(a));
  for (const slice of changed) slice.endpoints = [...(slice.endpoints ?? []), ...left.splice(0, wish.most - sizeOf(slice))];
  plan.update.push(...changed);
  if (left.length > 0) {
    const fits = unchanged.filter((it) => sizeOf(it) + left.length <= wish.most).sort((a, b) => sizeOf(b) - sizeOf(a))[0];
    if (fits) plan.update.push(relabelled({ ...fits, endpoints: [...(fits.endpoints ?? []), ...left.splice(0)] }, wish));
  }
  while (left.length > 0) plan.create.push(newSlice(group.addressType, group.ports, left.splice(0, wish.most), wish));
}

/** Where there would be no slice at all, one without ports and endpoints stands. */
function ensureOne(existing: readonly Slice[], addressType: string, wish: Wish, plan: SlicePlan): void {
  if (plan.create.some((it) => it.addressType === addressType)) return;
  const stays = existing.filter((it) => it.addressType === addressType && !plan.remove.includes(it));
  if (stays.length > 0) return;
  const isPlaceholder = (it: Slice): boolean =>
    it.addressType === addressType && wish.isOurs(it) && wish.isLabelled(it) && sizeOf(it) === 0 && !it.ports?.length;
  const there = plan.remove.find(isPlaceholder);
  if (there) plan.remove.splice(plan.remove.indexOf(there), 1);
  else plan.create.push(newSlice(addressType, [], [], wish));
}

/** Slices that would go serve for those that would come. */
function reuse(plan: SlicePlan, wish: Wish): SlicePlan {
  const remove: Slice[] = [];
  for (const slice of plan.remove) {
    const at = wish.isOurs(slice) ? plan.create.findLastIndex((it) => it.addressType === slice.addressType) : -1;
    const [draft] = at < 0 ? [] : plan.create.splice(at, 1);
    if (draft) plan.update.push(relabelled({ ...slice, ports: draft.ports ?? [], endpoints: draft.endpoints ?? [] }, wish));
    else remove.push(slice);
  }
  return { ...plan, remove };
}

const sizeOf = (slice: Slice | SliceDraft): number => slice.endpoints?.length ?? 0;

const relabelled = (slice: Slice, { metadata }: Wish): Slice => {
  const next = {
    ...slice.metadata,
    labels: { ...metadata.labels },
    annotations: { ...slice.metadata.annotations, ...metadata.annotations },
  };
  return { ...slice, metadata: next };
};

const newSlice = (addressType: string, ports: discovery.EndpointPort[], endpoints: discovery.Endpoint[], wish: Wish): SliceDraft => ({
  metadata: { ...wish.metadata },
  addressType,
  ports,
  endpoints,
});

function append<T>(groups: Map<string, T[]>, key: string, item: T): void {
  const group = groups.get(key);
  if (group) group.push(item);
  else groups.set(key, [item]);
}
