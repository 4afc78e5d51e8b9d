import { type core, podLimits, podRequests } from '../kinds/index.ts';
import { milliValue, quantityValue } from '../meta/quantity.ts';
import type { GroupLimits } from '../runtime/index.ts';
import type { Parts } from './parts.ts';
import { cpuShares } from './resources.ts';

type Where = Pick<Parts, 'runtime'> & { config: Pick<Parts['config'], 'podPidsLimit'> };

export const groupName = (uid: string): string => `pod${uid}`;

/**
 * What a pod is limited to as a whole; undefined when its containers' own limits are all there is (KEP-2837,
 * podPidsLimit). Huge pages are limited here alone: the engine has no limit of theirs for containers.
 */
export function groupLimits({ spec }: core.Pod, podPidsLimit: number): GroupLimits | undefined {
  const [limits, requests] = [podLimits(spec), podRequests(spec)];
  const pages = Object.entries(limits).flatMap(([name, amount]): Array<[size: number, bytes: number]> => {
    const size = /^hugepages-(.+)$/.exec(name)?.[1];
    return size === undefined ? [] : [[quantityValue(size), quantityValue(amount)]];
  });
  if (!spec.resources && podPidsLimit <= 0 && pages.length === 0) return undefined;
  return {
    ...(podPidsLimit > 0 && { pids: podPidsLimit }),
    ...(pages.length > 0 && { hugePages: new Map(pages) }),
    cpuShares: cpuShares(milliValue(requests.cpu ?? '0')),
    ...(spec.resources?.limits?.cpu && limits.cpu && { nanoCpus: milliValue(limits.cpu) * 1_000_000 }),
    ...(spec.resources?.limits?.memory && limits.memory && { memoryBytes: quantityValue(limits.memory) }),
  };
}

/** The group of a pod that is limited as a whole, made if it is missing; undefined for others, and where none can be made. */
export async function podGroup({ runtime, config }: Where, pod: core.Pod): Promise<string | undefined> {
  const limits = runtime.groups && groupLimits(pod, config.podPidsLimit);
  return limits && runtime.groups?.ensure(groupName(pod.metadata.uid), limits);
}
