import { type apps, type core, isPodFinished, isPodReady } from '../../kinds/index.ts';
import type { Milliseconds } from '../../lib/clock.ts';
import { isDeleting } from '../../meta/owner.ts';
import { isAvailable } from '../available.ts';
import { type Facts, type Place, placesOf } from './places.ts';
import { hashOf, targetOf } from './pod.ts';
import { allowsSurge, planRollout } from './rollout.ts';

/** How many pods are made or given up before the set is looked at anew (upstream: BurstReplicas). */
const burst = 250;

export type DaemonPlan = {
  /** Nodes that get a pod. */
  create: readonly string[];
  remove: readonly core.Pod[];
  /** Of those, the ones that have ended by themselves, and are told of. */
  ended: readonly core.Pod[];
  /** When a failed pod that is left alone for now is to be looked at again. */
  retryIn?: Milliseconds;
};

export type Seen = {
  nodes: readonly core.Node[];
  pods: readonly core.Pod[];
  /** Of the newest template. */
  hash: string;
  /** How long to leave a failed pod of a node alone: who makes them anew at once fights with the node that refuses them. */
  patience: (node: string) => Milliseconds;
};

/** Upstream: daemon_controller.go, manage and rollingUpdate. A rollout goes on when each node has what it should. */
export function planDaemonSet(set: apps.DaemonSet, seen: Seen, now: Milliseconds): DaemonPlan {
  if (isDeleting(set)) return { create: [], remove: [], ended: [] };
  const places = placesOf(set, seen);
  const isThere = (pod: core.Pod): boolean => isAvailable(pod, set.spec.minReadySeconds ?? 0, now);
  const facts: Facts = { hash: seen.hash, isThere };
  const kept = keepPlaces(set, places, seen, facts);
  const isSettled = kept.create.length + kept.remove.length === 0;
  if (!isSettled || set.spec.updateStrategy?.type !== 'RollingUpdate') return cut(kept);
  return cut({ ...kept, ...planRollout(set, places, facts) });
}

const cut = (plan: DaemonPlan): DaemonPlan => ({ ...plan, create: plan.create.slice(0, burst), remove: plan.remove.slice(0, burst) });

function keepPlaces(set: apps.DaemonSet, places: readonly Place[], { nodes, pods, patience }: Seen, facts: Facts): DaemonPlan {
  const plan = { create: [] as string[], remove: [] as core.Pod[], ended: [] as core.Pod[] };
  const waits: Milliseconds[] = [];
  for (const place of places) {
    if (place.runs && place.pods.length === 0) plan.create.push(place.name);
    else if (place.stays) keepPlace(place);
    else plan.remove.push(...place.pods.filter((it) => !isDeleting(it)));
  }
  // Those that wait for a node that is gone: nobody will ever place them.
  const known = new Set(nodes.map((it) => it.metadata.name));
  const isLost = (pod: core.Pod): boolean => {
    const target = targetOf(pod);
    return !pod.spec.nodeName && target !== undefined && !known.has(target);
  };
  plan.remove.push(...pods.filter((it) => isLost(it) && !isDeleting(it)));
  return { ...plan, ...(waits.length > 0 && { retryIn: Math.min(...waits) }) };

  function keepPlace({ name, runs, pods: all }: Place): void {
    const staying = all.filter((it) => !isDeleting(it));
    for (const pod of staying.filter(isPodFinished)) {
      const wait = pod.status?.phase === 'Failed' ? patience(name) : 0;
      if (wait > 0) waits.push(wait);
      else {
        plan.ended.push(pod);
        plan.remove.push(pod);
      }
    }
    const running = staying.filter((it) => !isPodFinished(it));
    if (!allowsSurge(set)) plan.remove.push(...running.slice(1));
    else if (running.length === 0 && staying.length === 0 && runs) plan.create.push(name);
    else plan.remove.push(...excess(running, facts));
  }
}

/** With a surge a node may have two pods: an old one that is ready, and a new one that is not available yet. */
function excess(pods: readonly core.Pod[], { hash, isThere }: Facts): core.Pod[] {
  if (pods.length <= 1) return [];
  const [fresh, ...moreFresh] = pods.filter((it) => hashOf(it) === hash);
  const [old, ...moreOld] = pods.filter((it) => hashOf(it) !== hash);
  const oldGoes = fresh && old && (!isPodReady(old) || isThere(fresh));
  return [...moreFresh, ...moreOld, ...(oldGoes ? [old] : [])];
}
