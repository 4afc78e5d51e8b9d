import type { apps, core } from '../../kinds/index.ts';
import { isDeleting } from '../../meta/owner.ts';
import type { IntOrString } from '../../meta/types.ts';
import type { Facts, Place } from './places.ts';
import { hashOf } from './pod.ts';

/** Shares are rounded up: of three nodes, 10% is one. */
const scaled = (value: IntOrString | undefined, total: number): number =>
  typeof value === 'number' ? value : Math.ceil((Number.parseInt(value ?? '0', 10) * total) / 100);

const rollingOf = ({ spec }: apps.DaemonSet): apps.RollingUpdateDaemonSet =>
  spec.updateStrategy?.type === 'RollingUpdate' ? (spec.updateStrategy.rollingUpdate ?? {}) : {};

export const allowsSurge = (set: apps.DaemonSet): boolean => scaled(rollingOf(set).maxSurge, 100) > 0;

/** How many nodes may be without an available pod, and how many may have two. One of the two is always possible. */
export function bounds(set: apps.DaemonSet, desired: number): { unavailable: number; surge: number } {
  const { maxUnavailable, maxSurge } = rollingOf(set);
  const surge = scaled(maxSurge, desired);
  const unavailable = scaled(maxUnavailable ?? 1, desired);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export type Rollout = { create: string[]; remove: core.Pod[] };

/** The newest pod and the one before, of those that stay; undefined when there are more of a sort. */
function pairOf({ pods }: Place, hash: string): { fresh: core.Pod | undefined; old: core.Pod | undefined } | undefined {
  const staying = pods.filter((it) => !isDeleting(it));
  const fresh = staying.filter((it) => hashOf(it) === hash);
  const old = staying.filter((it) => hashOf(it) !== hash);
  return fresh.length > 1 || old.length > 1 ? undefined : { fresh: fresh[0], old: old[0] };
}

/** The next step of a rolling update (upstream: daemon/update.go, rollingUpdate). */
export function planRollout(set: apps.DaemonSet, places: readonly Place[], facts: Facts): Rollout {
  const concerned = places.filter((it) => it.runs || it.pods.length > 0);
  const desired = places.filter((it) => it.runs).length;
  const { surge, unavailable } = bounds(set, desired);
  return surge === 0 ? replaceOld(concerned, unavailable, facts) : surgeOver(concerned, surge, desired, facts);
}

/** Old pods go, and the next look makes new ones in their place. One that is not available is no loss, but is missing all the same. */
function replaceOld(places: readonly Place[], most: number, { hash, isThere }: Facts): Rollout {
  let missing = 0;
  const broken: core.Pod[] = [];
  const healthy: core.Pod[] = [];
  for (const place of places) {
    const pair = pairOf(place, hash);
    if (!pair || !pair.fresh === !pair.old) missing += 1;
    else if (pair.fresh) missing += isThere(pair.fresh) ? 0 : 1;
    else if (pair.old) (isThere(pair.old) ? healthy : broken).push(pair.old);
  }
  return { create: [], remove: [...broken, ...healthy.slice(0, Math.max(0, most - missing - broken.length))] };
}

/** New pods come beside old ones; an old one goes when the new one is available, or when it is of no use itself. */
function surgeOver(places: readonly Place[], most: number, desired: number, { hash, isThere }: Facts): Rollout {
  let surging = 0;
  let available = 0;
  const remove: core.Pod[] = [];
  const needed: string[] = [];
  const candidates: string[] = [];
  /** Available, on nodes that are not to have one any more: they go when there are enough elsewhere. */
  const elsewhere: core.Pod[] = [];
  for (const place of places) {
    const pair = pairOf(place, hash);
    if (!pair) {
      surging += 1;
      continue;
    }
    const { fresh, old } = pair;
    const first = old ?? fresh;
    if (first && isThere(first)) available += 1;
    if (!old) continue;
    if (fresh) {
      if (!isThere(old) || isThere(fresh)) remove.push(old);
      else surging += 1;
    } else if (!place.runs) (isThere(old) ? elsewhere : remove).push(old);
    else (isThere(old) ? candidates : needed).push(place.name);
  }
  remove.push(...elsewhere.slice(0, Math.max(0, available - desired)));
  return { create: [...needed, ...candidates.slice(0, Math.max(0, most - surging))], remove };
}
