import type { core } from '../kinds/index.ts';
import { milliValue, quantityValue } from '../meta/quantity.ts';
import type { ResourceLimits } from '../runtime/index.ts';

type Pod = core.Pod;
type Amounts = { [name: string]: string };
export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const counted = ['cpu', 'memory'] as const;
const set = (amounts: Amounts | undefined, name: string): string | undefined => {
  const amount = amounts?.[name];
  return amount !== undefined && milliValue(amount) > 0 ? amount : undefined;
};

/** The pod's quality of service class (component-helpers, qos). */
export function qosClass(pod: Pod): QosClass {
  const all = pod.spec.resources
    ? [pod.spec.resources]
    : [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map((it) => it.resources ?? {});
  const any = all.some((it) => counted.some((name) => set(it.requests, name) || set(it.limits, name)));
  if (!any) return 'BestEffort';
  const exact = all.every((it) =>
    counted.every((name) => {
      const limit = set(it.limits, name);
      const request = it.requests?.[name] ?? limit;
      return limit !== undefined && request !== undefined && milliValue(request) === milliValue(limit);
    }),
  );
  return exact ? 'Guaranteed' : 'Burstable';
}

/** How readily the kernel kills the container when memory runs out: -997 hardly, 1000 first (kubelet, qos/policy). */
export function oomScoreAdj(pod: Pod, container: core.Container, nodeMemoryBytes: number): number {
  if ((pod.spec.priority ?? 0) >= 2_000_000_000) return -997;
  const quality = qosClass(pod);
  if (quality === 'Guaranteed') return -997;
  if (quality === 'BestEffort') return 1000;
  const request = container.resources?.requests?.memory;
  const share = request === undefined ? 0 : Math.floor((1000 * quantityValue(request)) / nodeMemoryBytes);
  return Math.min(999, Math.max(3, 1000 - share));
}

/** The kernel's weight for a CPU request: at least 2. */
export const cpuShares = (milliCpu: number): number => Math.min(262_144, Math.max(2, Math.floor((milliCpu * 1024) / 1000)));

// The engine refuses less than 6 MB; what asks for less gets that.
const leastMemory = 6 * 1024 * 1024;

export function limitsOf(pod: Pod, container: core.Container, nodeMemoryBytes: number): ResourceLimits {
  const { requests, limits } = container.resources ?? {};
  const cpuLimit = set(limits, 'cpu');
  const cpuRequest = set(requests, 'cpu') ?? cpuLimit;
  const memory = set(limits, 'memory');
  return {
    cpuShares: cpuShares(cpuRequest === undefined ? 0 : milliValue(cpuRequest)),
    // The kernel's smallest quota is 1 ms in a period of 100 ms.
    ...(cpuLimit !== undefined && { nanoCpus: Math.max(10, milliValue(cpuLimit)) * 1_000_000 }),
    ...(memory !== undefined && { memoryBytes: Math.max(leastMemory, quantityValue(memory)) }),
    oomScoreAdj: oomScoreAdj(pod, container, nodeMemoryBytes),
  };
}
