import { type core, podRequests, qosClassOf } from '../kinds/index.ts';
import { milliValue, quantityValue } from '../meta/quantity.ts';
import type { ResourceLimits } from '../runtime/index.ts';
import { isCritical } from './admission/admit.ts';

type Pod = core.Pod;
type Container = core.Container;
type Amounts = { [name: string]: string };

const set = (amounts: Amounts | undefined, name: string): string | undefined => {
  const amount = amounts?.[name];
  return amount !== undefined && milliValue(amount) > 0 ? amount : undefined;
};
const bytes = (amounts: Amounts | undefined): number => quantityValue(amounts?.memory ?? '0');

/** How readily the kernel kills the container when memory runs out: -997 hardly, 1000 first (kubelet, qos/policy). */
export function oomScoreAdj(pod: Pod, container: Container, nodeMemoryBytes: number): number {
  if (pod.spec.priorityClassName === 'system-node-critical' && isCritical(pod)) return -997;
  const quality = qosClassOf(pod);
  if (quality === 'Guaranteed') return -997;
  if (quality === 'BestEffort') return 1000;
  const unclaimed = unclaimedPerContainer(pod);
  const scoreOf = (request: number): number => 1000 - Math.floor((1000 * (request + unclaimed)) / nodeMemoryBytes);
  const own = scoreOf(bytes(container.resources?.requests));
  // A sidecar is no likelier to go than any of the containers it serves.
  const isSidecar = (pod.spec.initContainers ?? []).some((it) => it.name === container.name && it.restartPolicy === 'Always');
  const least = Math.min(...pod.spec.containers.map((it) => bytes(it.resources?.requests)));
  return Math.min(999, Math.max(3, isSidecar ? Math.min(own, scoreOf(least)) : own));
}

/** What the pod as a whole asks for beyond its containers counts for each of them in equal parts (KEP-2837). */
function unclaimedPerContainer({ spec }: Pod): number {
  const whole = bytes(spec.resources?.requests);
  if (whole === 0) return 0;
  const { resources: _, overhead: __, ...containersAlone } = spec;
  const count = spec.containers.length + (spec.initContainers?.length ?? 0);
  return Math.trunc((whole - bytes(podRequests(containersAlone))) / count);
}

/** The kernel's weight for a CPU request: at least 2. */
export const cpuShares = (milliCpu: number): number => Math.min(262_144, Math.max(2, Math.floor((milliCpu * 1024) / 1000)));

// The engine refuses less than 6 MB; what asks for less gets that.
const leastMemory = 6 * 1024 * 1024;

/** A container without a limit of its own is limited as its pod is. */
export function limitsOf(pod: Pod, container: Container, nodeMemoryBytes: number): ResourceLimits {
  const { requests, limits } = container.resources ?? {};
  const whole = pod.spec.resources?.limits;
  const cpuLimit = set(limits, 'cpu') ?? set(whole, 'cpu');
  const cpuRequest = set(requests, 'cpu') ?? cpuLimit;
  const memory = set(limits, 'memory') ?? set(whole, 'memory');
  return {
    cpuShares: cpuShares(cpuRequest === undefined ? 0 : milliValue(cpuRequest)),
    // The kernel's smallest quota is 1 ms in a period of 100 ms.
    ...(cpuLimit !== undefined && { nanoCpus: Math.max(10, milliValue(cpuLimit)) * 1_000_000 }),
    ...(memory !== undefined && { memoryBytes: Math.max(leastMemory, quantityValue(memory)) }),
    oomScoreAdj: oomScoreAdj(pod, container, nodeMemoryBytes),
  };
}
