import { type core, podRequests } from '../../kinds/index.ts';
import { quantityValue } from '../../meta/quantity.ts';
import type { Starved } from './plan.ts';

/** What a pod uses of what can run short. */
export type PodUsage = {
  memoryBytes: number;
  /** Of its containers' own files and logs, and of its volumes on this node's disk. */
  diskBytes: number;
  processes: number;
  /** Files in its containers and volumes; only where that was asked for. */
  files?: number;
  containers: ReadonlyArray<{ name: string; memoryBytes: number; diskBytes: number }>;
};

/** Undefined: what it uses could not be found out. */
export type Candidate = { pod: core.Pod; usage: PodUsage | undefined };

const requested = ({ spec }: core.Pod, name: string): number => quantityValue(podRequests(spec)[name] ?? '0');

/**
 * In the order in which pods go when something is short (kubelet, eviction helpers): of which nothing is known first; then
 * those that use more than they asked for; then by priority, the lowest first; then by how much more.
 */
export function rank(starved: Starved, candidates: readonly Candidate[]): Candidate[] {
  const over = ({ pod, usage }: Candidate): number =>
    usage === undefined ? Number.POSITIVE_INFINITY : usedOf(starved, usage) - askedOf(starved, pod);
  const exceeds = (it: Candidate): number => (starved === 'pids' || over(it) > 0 ? 0 : 1);
  const priority = ({ pod }: Candidate): number => pod.spec.priority ?? 0;
  return [...candidates].sort((a, b) => exceeds(a) - exceeds(b) || priority(a) - priority(b) || compare(over(b), over(a)));
}

function usedOf(starved: Starved, { memoryBytes, diskBytes, processes, files = 0 }: PodUsage): number {
  switch (starved) {
    case 'memory':
      return memoryBytes;
    case 'ephemeral-storage':
      return diskBytes;
    case 'inodes':
      return files;
    case 'pids':
      return processes;
  }
}

/** Nobody can ask for files or processes. */
function askedOf(starved: Starved, pod: core.Pod): number {
  return starved === 'memory' || starved === 'ephemeral-storage' ? requested(pod, starved) : 0;
}

// Two infinities have no difference.
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
