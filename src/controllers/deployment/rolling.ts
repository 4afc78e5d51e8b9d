import type { apps } from '../../kinds/index.ts';
import { maxSurge, minAvailable } from './fenceposts.ts';
import type { Size } from './scale.ts';
import { allOf, availableOf, byAge, isActive, mayHave, type Sets, wantedOf, wantedReplicas } from './sets.ts';

/**
 * The size of the current set, or of the one to be made: as much as the surge leaves room for. Pods that a set has yet to
 * give up take up room, too; upstream goes by sizes alone and may be over its bound for a moment.
 */
export function currentSize(deployment: apps.Deployment, sets: Sets): number {
  const size = sets.current ? wantedReplicas(sets.current) : 0;
  const wanted = wantedReplicas(deployment);
  if (size > wanted) return wanted;
  const room = wanted + maxSurge(deployment) - allOf(sets).reduce((sum, it) => sum + mayHave(it), 0);
  return room <= 0 ? size : Math.min(wanted, size + room);
}

/** The next step of a rolling update: first the current set grows, then the old ones shrink (upstream: rolling.go). */
export function planRolling(deployment: apps.Deployment, sets: Sets & { current: apps.ReplicaSet }): Size[] {
  const replicas = currentSize(deployment, sets);
  if (replicas !== wantedReplicas(sets.current)) return [{ set: sets.current, replicas }];
  return shrinkOld(deployment, sets);
}

/** What old sets can give up without too few pods being available. */
export function shrinkOld(deployment: apps.Deployment, { current, old }: Sets & { current: apps.ReplicaSet }): Size[] {
  const active = old.filter(isActive).sort(byAge);
  const all = [...active, current];
  // Of pods that the current set is giving up nobody knows whether they are the available ones (upstream counts on all of them).
  const currentAvailable = Math.min(availableOf([current]), wantedReplicas(current));
  // Pods of the current set that are not available yet must not cost old ones that are.
  const currentUnavailable = wantedReplicas(current) - currentAvailable;
  const spare = wantedOf(all) - minAvailable(deployment) - currentUnavailable;
  if (active.length === 0 || spare <= 0) return [];

  const sizes = new Map(active.map((set) => [set, wantedReplicas(set)]));
  // Unhealthy pods go first, or they would block the rollout; the set gives those up before the others.
  let unhealthyLeft = spare;
  for (const set of active) {
    const down = Math.max(0, Math.min(unhealthyLeft, wantedReplicas(set) - availableOf([set])));
    sizes.set(set, wantedReplicas(set) - down);
    unhealthyLeft -= down;
  }
  // A set that was just shrunk may still report pods that it is giving up: its size tells better.
  let left = Math.min(availableOf(active) + currentAvailable - minAvailable(deployment), unhealthyLeft);
  for (const set of active) {
    const size = sizes.get(set) ?? 0;
    const down = Math.max(0, Math.min(left, size));
    sizes.set(set, size - down);
    left -= down;
  }
  return active.map((set) => ({ set, replicas: sizes.get(set) ?? 0 })).filter(({ set, replicas }) => replicas !== wantedReplicas(set));
}
