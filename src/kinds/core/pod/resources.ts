import { addQuantities, compareQuantities } from '../../../meta/quantity.ts';
import type { Quantity } from '../../../meta/types.ts';
import type { Pod, PodSpec } from '../../generated/core-v1.ts';

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

/** All containers together, or the largest init container with the sidecars that started before it, whichever is more (KEP-753). */
function amountsOf(spec: PodSpec, field: 'requests' | 'limits'): ResourceAmounts {
  let running: ResourceAmounts = {};
  for (const container of spec.containers) running = add(running, container.resources?.[field]);
  let sidecars: ResourceAmounts = {};
  let starting: ResourceAmounts = {};
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      sidecars = add(sidecars, container.resources?.[field]);
      starting = most(starting, sidecars);
    } else starting = most(starting, add(sidecars, container.resources?.[field]));
  }
  const whole = most(add(running, sidecars), starting);
  // What the pod asks for as a whole stands in place of that sum (KEP-2837).
  for (const [name, amount] of Object.entries(spec.resources?.[field] ?? {})) {
    if (name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')) whole[name] = amount;
  }
  return whole;
}

/** What the scheduler counts for a pod, with overhead. */
export const podRequests = (spec: PodSpec): ResourceAmounts => add(amountsOf(spec, 'requests'), spec.overhead);

/** What a pod may use at most, of that which is limited. */
export function podLimits(spec: PodSpec): ResourceAmounts {
  const limits = amountsOf(spec, 'limits');
  for (const [name, amount] of Object.entries(spec.overhead ?? {})) if (limits[name]) limits[name] = addQuantities(limits[name], amount);
  return limits;
}

/** Guaranteed, Burstable or BestEffort, from CPU and memory of all containers (KEP and docs: pod-qos). */
export function qosClassOf(pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  let any = false;
  let guaranteed = true;
  for (const { resources } of containers) {
    for (const name of ['cpu', 'memory']) {
      const request = resources?.requests?.[name];
      const limit = resources?.limits?.[name];
      if ((request && request !== '0') || (limit && limit !== '0')) any = true;
      if (!limit || limit === '0' || (request && compareQuantities(request, limit) !== 0)) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
