import { type core, podRequests } from '../../kinds/index.ts';
import { quantityValue } from '../../meta/quantity.ts';
import type { Starved } from './plan.ts';

/** What a pod uses of what can run short. */
export type PodUsage = {
  memoryBytes: number;
  /** Of its containers' own files and logs, and of its volumes on this node's disk. */
  diskBytes: number;
  processes: number;
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
  const used = ({ memoryBytes, diskBytes, processes }: PodUsage): number =>
    starved === 'memory' ? memoryBytes : starved === 'pids' ? processes : diskBytes;
  const name = starved === 'memory' ? 'memory' : 'ephemeral-storage';
  // Nobody asks for processes: of those only the number counts.
  const over = ({ pod, usage }: Candidate): number =>
    usage === undefined ? Number.POSITIVE_INFINITY : used(usage) - (starved === 'pids' ? 0 : requested(pod, name));
  const exceeds = (it: Candidate): number => (starved === 'pids' || over(it) > 0 ? 0 : 1);
  const priority = ({ pod }: Candidate): number => pod.spec.priority ?? 0;
  return [...candidates].sort((a, b) => exceeds(a) - exceeds(b) || priority(a) - priority(b) || compare(over(b), over(a)));
}

// Two infinities have no difference.
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
