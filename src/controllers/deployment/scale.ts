import type { apps } from '../../kinds/index.ts';
import { desiredReplicas, maxReplicas } from './annotations.ts';
import { isRolling, maxSurge } from './fenceposts.ts';
import { allOf, byAge, isActive, mayHave, type Sets, wantedOf, wantedReplicas } from './sets.ts';

export type Size = { set: apps.ReplicaSet; replicas: number };

/** Whether the deployment's size has changed since its pods were last counted out. */
export const wasScaled = (deployment: apps.Deployment, sets: Sets): boolean =>
  allOf(sets)
    .filter(isActive)
    .map(desiredReplicas)
    .some((it) => it !== undefined && it !== wantedReplicas(deployment));

/**
 * Sizes after a change of the deployment's size, or while it is paused: a rollout under way is neither hastened nor
 * undone, as each set gets its share (upstream: sync.go, scale).
 */
export function planScale(deployment: apps.Deployment, sets: Sets): Size[] {
  const active = allOf(sets).filter(isActive);
  if (active.length <= 1) {
    const only = active[0] ?? sets.current ?? sets.old.at(-1);
    return only ? [{ set: only, replicas: wantedReplicas(deployment) }] : [];
  }
  if (sets.current && isSaturated(deployment, sets.current)) return sets.old.filter(isActive).map((set) => ({ set, replicas: 0 }));
  return isRolling(deployment) ? shares(deployment, active) : [];
}

/**
 * Whether sizes that grow leave room for the pods that sets have yet to give up. Where they do not, scaling waits: the
 * sets' word that they have given them up brings us back.
 */
export function hasRoom(deployment: apps.Deployment, sets: Sets, sizes: readonly Size[]): boolean {
  if (!sizes.some(({ set, replicas }) => replicas > wantedReplicas(set))) return true;
  const wished = new Map(sizes.map(({ set, replicas }) => [set, replicas]));
  const pods = allOf(sets).reduce((sum, it) => sum + Math.max(mayHave(it), wished.get(it) ?? 0), 0);
  return pods <= wantedReplicas(deployment) + maxSurge(deployment);
}

const isSaturated = (deployment: apps.Deployment, set: apps.ReplicaSet): boolean =>
  [wantedReplicas(set), desiredReplicas(set), set.status?.availableReplicas ?? 0].every((it) => it === wantedReplicas(deployment));

function shares(deployment: apps.Deployment, active: readonly apps.ReplicaSet[]): Size[] {
  const replicas = wantedReplicas(deployment);
  const missing = (replicas > 0 ? replicas + maxSurge(deployment) : 0) - wantedOf(active);
  // The largest first; of equal ones the newest grows first and the oldest shrinks first.
  const inOrder = [...active].sort((a, b) => wantedReplicas(b) - wantedReplicas(a) || (missing > 0 ? byAge(b, a) : byAge(a, b)));
  let left = missing;
  const sizes = inOrder.map((set) => {
    const part = left === 0 ? 0 : within(left, fraction(deployment, set));
    left -= part;
    return { set, replicas: wantedReplicas(set) + part };
  });
  const largest = sizes[0];
  if (largest) largest.replicas = Math.max(0, largest.replicas + left);
  return sizes;
}

const within = (left: number, part: number): number => (left > 0 ? Math.min(part, left) : Math.max(part, left));

/** How far the set grows or shrinks when all do so alike. */
function fraction(deployment: apps.Deployment, set: apps.ReplicaSet): number {
  const size = wantedReplicas(set);
  if (wantedReplicas(deployment) === 0) return -size;
  const before = maxReplicas(set) || deployment.status?.replicas;
  if (!before) return 0;
  // Sizes are not negative, so half a pod is always rounded up.
  return Math.round((size * (wantedReplicas(deployment) + maxSurge(deployment))) / before) - size;
}
