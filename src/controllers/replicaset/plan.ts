import { type apps, type core, isPodFinished } from '../../kinds/index.ts';
import type { Milliseconds } from '../../lib/clock.ts';
import { isDeleting } from '../../meta/owner.ts';
import { rankForDeletion } from './rank.ts';

/** How many pods are made or given up before the set is looked at anew (upstream: BurstReplicas). */
const burst = 500;

export type ReplicaPlan = { create: number; remove: readonly core.Pod[] };

/** Pods that count: neither finished nor on their way out. */
export const isActive = (pod: core.Pod): boolean => !isPodFinished(pod) && !isDeleting(pod);

/** `pods` are the set's active ones, `related` finds those of all sets of the same owner. */
export function planReplicas(
  set: apps.ReplicaSet,
  pods: readonly core.Pod[],
  related: () => readonly core.Pod[],
  now: Milliseconds,
): ReplicaPlan {
  if (isDeleting(set)) return { create: 0, remove: [] };
  const missing = (set.spec.replicas ?? 1) - pods.length;
  if (missing >= 0) return { create: Math.min(missing, burst), remove: [] };
  return { create: 0, remove: rankForDeletion(pods, related(), now).slice(0, Math.min(-missing, burst)) };
}
