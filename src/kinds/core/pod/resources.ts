import { addQuantities, compareQuantities } from '../../../meta/quantity.ts';
import type { Quantity } from '../../../meta/types.ts';
import type { Container, Pod, PodSpec } from '../../generated/core-v1.ts';

export type ResourceAmounts = { [resource: string]: Quantity };

const add = (a: ResourceAmounts, b: ResourceAmounts | undefined): ResourceAmounts => {
  const sum = { ...a };
  for (const [name, amount] of Object.entries(b ?? {})) sum[name] = sum[name] ? addQuantities(sum[name], amount) : amount;
  return sum;
};
const most = (a: ResourceAmounts, b: ResourceAmounts): ResourceAmounts => {
  const result = { ...a };
  for (const [name, amount] of Object.entries(b)) if (!result[name] || compareQuantities(amount, result[name]) > 0) result[name] = amount;
  return result;
};

/** Whether a pod may ask for it as a whole. */
export const isPodLevel = (name: string): boolean => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

/** All containers together, or the largest init container with the sidecars that started before it, whichever is more (KEP-753). */
export function containerAmounts(spec: PodSpec, field: 'requests' | 'limits'): ResourceAmounts {
  let running: ResourceAmounts = {};
  for (const container of spec.containers ?? []) running = add(running, container.resources?.[field]);
  let sidecars: ResourceAmounts = {};
  let starting: ResourceAmounts = {};
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      sidecars = add(sidecars, container.resources?.[field]);
      starting = most(starting, sidecars);
    } else starting = most(starting, add(sidecars, container.resources?.[field]));
  }
  return most(add(running, sidecars), starting);
}

/** What a pod asks for itself, without overhead. */
export function podAmounts(spec: PodSpec, field: 'requests' | 'limits'): ResourceAmounts {
  const whole = containerAmounts(spec, field);
  // What the pod asks for as a whole stands in place of that sum (KEP-2837).
  for (const [name, amount] of Object.entries(spec.resources?.[field] ?? {})) if (isPodLevel(name)) whole[name] = amount;
  return whole;
}

/** What the scheduler counts for a pod, with overhead. */
export const podRequests = (spec: PodSpec): ResourceAmounts => add(podAmounts(spec, 'requests'), spec.overhead);

/**
 * What a pod counts for on its node: the most of what its containers ask for, were given and have. The three differ
 * while it is being resized; what it asks for counts for nothing when its node can never give it (KEP-1287).
 */
export function heldRequests({ spec, status }: Pod): ResourceAmounts {
  const said = new Map([...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].map((it) => [it.name, it]));
  if (said.size === 0) return podRequests(spec);
  const never = status?.conditions?.some((it) => it.type === 'PodResizePending' && it.reason === 'Infeasible') === true;
  const held = (container: Container): Container => {
    const it = said.get(container.name);
    if (!it?.resources && !it?.allocatedResources) return container;
    const has = most(it.allocatedResources ?? {}, it.resources?.requests ?? {});
    const asks = container.resources?.requests ?? {};
    // Only these two can be resized.
    const counted = { ...asks };
    for (const name of ['cpu', 'memory']) {
      const amount = never ? has[name] : most(has, asks)[name];
      if (amount !== undefined) counted[name] = amount;
    }
    return { ...container, resources: { ...container.resources, requests: counted } };
  };
  const whole = podRequests({
    ...spec,
    containers: spec.containers.map(held),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(held) }),
  });
  const given = spec.resources && status?.allocatedResources;
  if (!given) return whole;
  return never ? { ...whole, ...given } : most(whole, given);
}

/** What a pod may use at most, of that which is limited. */
export function podLimits(spec: PodSpec): ResourceAmounts {
  const limits = podAmounts(spec, 'limits');
  for (const [name, amount] of Object.entries(spec.overhead ?? {})) if (limits[name]) limits[name] = addQuantities(limits[name], amount);
  return limits;
}

/** Guaranteed, Burstable or BestEffort, from CPU and memory of the pod as a whole if it asks so, else of all its containers. */
export function qosClassOf({ spec }: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const all = spec.resources
    ? [spec.resources]
    : [...spec.containers, ...(spec.initContainers ?? [])].map(({ resources }) => resources ?? {});
  let any = false;
  let guaranteed = true;
  for (const { requests, limits } of all) {
    for (const name of ['cpu', 'memory']) {
      const [request, limit] = [positive(requests?.[name]), positive(limits?.[name])];
      if (request || limit) any = true;
      if (!limit || (request && compareQuantities(request, limit) !== 0)) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

const positive = (amount: Quantity | undefined): Quantity | undefined =>
  amount !== undefined && compareQuantities(amount, '0') > 0 ? amount : undefined;
