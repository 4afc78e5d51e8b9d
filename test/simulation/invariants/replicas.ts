import { type AnyKind, type apps, type core, deployment, isPodFinished, isPodReady, pod, replicaSet } from '../../../src/kinds/index.ts';
import { findCondition } from '../../../src/meta/condition.ts';
import { controllerOf, isDeleting, keyOf } from '../../../src/meta/owner.ts';
import { matchesSelector } from '../../../src/meta/selector.ts';
import { isActive } from '../state.ts';
import type { World } from '../world.ts';
import { longestTurn } from '../seen.ts';
import { type Invariant, nameOf } from './invariant.ts';

/** The set a pod belongs to, and the deployment above it. */
function ownersOf(it: core.Pod, { state }: World): { set: apps.ReplicaSet | undefined; above: apps.Deployment | undefined } {
  const owner = controllerOf(it);
  const set = owner?.kind === 'ReplicaSet' ? state.get(replicaSet, `${it.metadata.namespace}/${owner.name}`) : undefined;
  if (!set || set.metadata.uid !== owner?.uid) return { set: undefined, above: undefined };
  const top = controllerOf(set);
  const above = top?.kind === 'Deployment' ? state.get(deployment, `${set.metadata.namespace}/${top.name}`) : undefined;
  return { set, above: above?.metadata.uid === top?.uid ? above : undefined };
}

const podsOf = (it: apps.Deployment, { state }: World): core.Pod[] =>
  state.owned(replicaSet, it.metadata.uid).flatMap((set) => state.owned(pod, set.metadata.uid));

const wanted = (it: { spec: { replicas?: number } }): number => it.spec.replicas ?? 1;
const share = (value: number | string | undefined, total: number, round: (n: number) => number): number =>
  typeof value === 'number' ? value : round((Number.parseInt(value ?? '0', 10) * total) / 100);

/** What the strategy allows, worked out here on its own. */
export function boundsOf(it: apps.Deployment): { most: number; least: number } {
  const total = wanted(it);
  if (it.spec.strategy?.type === 'Recreate') return { most: total, least: 0 };
  const { maxSurge, maxUnavailable } = it.spec.strategy?.rollingUpdate ?? {};
  const surge = share(maxSurge, total, Math.ceil);
  const missing = share(maxUnavailable, total, Math.floor);
  return { most: total + surge, least: Math.max(0, total - (surge === 0 && missing === 0 ? 1 : missing)) };
}

const isNew = (now: unknown, was: unknown): boolean => now !== undefined && was === undefined;
const beginsToGo = (now: core.Pod | undefined, was: core.Pod | undefined): boolean =>
  was !== undefined && !isDeleting(was) && (now === undefined || isDeleting(now));

/** Who deletes a pod may not know yet that it has become ready. */
export const isLongReady = (it: core.Pod, { clock }: World): boolean => {
  const ready = findCondition(it.status?.conditions, 'Ready');
  return ready?.status === 'True' && Date.parse(ready.lastTransitionTime ?? '') < clock.now() - 2 * longestTurn;
};

/** Those it selects: a set that is gone may still have pods, and have lost some. */
const selectedBy = (it: apps.Deployment, pods: readonly core.Pod[]): core.Pod[] =>
  pods.filter(({ metadata }) => metadata.namespace === it.metadata.namespace && matchesSelector(it.spec.selector, metadata.labels ?? {}));

export const neverTooManyPods: Invariant = {
  name: 'a set never has more pods than were asked for',
  begin: ({ seen }) => seen.want(replicaSet as never, deployment as never),
  *after({ kind, now, was }, world) {
    if (kind !== (pod as AnyKind) || !isNew(now, was)) return;
    const { set } = ownersOf(now as core.Pod, world);
    if (!set) return;
    const has = world.state.owned(pod, set.metadata.uid).filter(isActive).length;
    const most = Math.max(wanted(set), ...world.seen.versions(replicaSet, keyOf(set)).map(wanted));
    if (has > most) yield `${nameOf(set)} has ${has} pods, and ${most} were asked for at most`;
  },
};

export const maxSurgeHolds: Invariant = {
  name: 'a deployment never has more pods than its surge allows',
  *after({ kind, now, was }, world) {
    if (kind !== (pod as AnyKind) || !isNew(now, was)) return;
    const { above } = ownersOf(now as core.Pod, world);
    if (!above) return;
    const has = podsOf(above, world).filter(isActive).length;
    const versions = [above, ...world.seen.versions(deployment, keyOf(above))];
    // While it is paused, several sets of one with Recreate stay as large as they are (upstream: scale, in its sync.go).
    if (versions.some(({ spec }) => spec.paused && spec.strategy?.type === 'Recreate')) return;
    const most = Math.max(...versions.map((it) => boundsOf(it).most));
    if (has > most) yield `${nameOf(above)} has ${has} pods, and ${most} are allowed with its surge`;
  },
};

export const maxUnavailableHolds: Invariant = {
  name: 'no deployment gives up pods while too few are available',
  *after({ kind, now, was }, world) {
    const [after, before] = [now as core.Pod | undefined, was as core.Pod | undefined];
    if (kind !== (pod as AnyKind) || !beginsToGo(after, before)) return;
    const it = before as core.Pod;
    if (!isLongReady(it, world) || world.deletedBy(it.metadata.uid) !== 'replicaset') return;
    const { above } = ownersOf(it, world);
    if (!above || isDeleting(above)) return;
    const available = selectedBy(above, world.state.list(pod)).filter((one) => isActive(one) && isPodReady(one)).length;
    const least = Math.min(...[above, ...world.seen.versions(deployment, keyOf(above))].map((one) => boundsOf(one).least));
    // What is lost lately may not be known yet to who decides.
    const lost = selectedBy(
      above,
      world.losses().map((one) => one.pod),
    ).length;
    if (available + lost < least)
      yield `${nameOf(above)} gave up ${it.metadata.name}: ${available} are available, ${lost} were lost lately, ${least} are needed`;
  },
};

export const recreateNeverOverlaps: Invariant = {
  name: 'a Recreate deployment has pods of one template at a time',
  *after({ kind, now, was }, world) {
    if (kind !== (pod as AnyKind) || !isNew(now, was)) return;
    const it = now as core.Pod;
    const { set, above } = ownersOf(it, world);
    if (!above || !set) return;
    const versions = [above, ...world.seen.versions(deployment, keyOf(above))];
    // Whoever is paused is sized as it is, whatever its strategy: so does upstream.
    if (versions.some((one) => one.spec.strategy?.type !== 'Recreate' || one.spec.paused)) return;
    // Who is at fault is the new one: a set that was told to be empty a moment ago may not know yet.
    if (wanted(set) === 0) return;
    // A rollout that began with overlap, before the strategy was changed, is one of two templates anyway.
    if (world.state.owned(pod, set.metadata.uid).length > 1) return;
    const early = world.clock.now() - 2 * longestTurn;
    const others = podsOf(above, world).filter(
      (one) => controllerOf(one)?.uid !== set.metadata.uid && !isPodFinished(one) && Date.parse(one.metadata.creationTimestamp) < early,
    );
    if (others.length > 0) yield `${nameOf(above)} has ${it.metadata.name} while ${others.map((one) => one.metadata.name)} are there`;
  },
};

export const replicaStatusIsTrue: Invariant = {
  name: 'statuses of sets and deployments are so',
  *quiet(world) {
    const { state } = world;
    for (const set of state.list(replicaSet)) {
      const pods = state.owned(pod, set.metadata.uid).filter(isActive);
      const ready = pods.filter(isPodReady).length;
      const { status = { replicas: 0 } } = set;
      if (pods.length !== wanted(set)) yield `${nameOf(set)} has ${pods.length} pods and wants ${wanted(set)}`;
      if (ready !== pods.length) yield `${nameOf(set)} has ${ready} ready pods of ${pods.length}`;
      yield* differences(set, { replicas: pods.length, readyReplicas: ready, availableReplicas: ready }, status);
      if (status.observedGeneration !== set.metadata.generation) yield `${nameOf(set)} has not been looked at since it changed`;
    }
    for (const it of state.list(deployment)) {
      const sets = state.owned(replicaSet, it.metadata.uid);
      const pods = podsOf(it, world).filter(isActive);
      const current = sets.filter((set) => imageOf(set) === imageOf(it));
      const updated = current.flatMap((set) => state.owned(pod, set.metadata.uid)).filter(isActive).length;
      const { status = {} } = it;
      const counts = { replicas: pods.length, updatedReplicas: updated, availableReplicas: pods.length, readyReplicas: pods.length };
      yield* differences(it, counts, status);
      if (status.observedGeneration !== it.metadata.generation) yield `${nameOf(it)} has not been looked at since it changed`;
      // Who is paused in a rollout stays in it, surge and all; before its first set was made it has none; one that has come to be Recreate keeps what it had.
      const mayBeMore = it.spec.strategy?.type === 'Recreate' && sets.length > 1;
      const isWhole = it.spec.paused ? sets.length === 0 || mayBeMore || pods.length <= boundsOf(it).most : pods.length === wanted(it);
      if (!isWhole) yield `${nameOf(it)} has ${pods.length} pods and wants ${wanted(it)}`;
      if (!it.spec.paused && updated !== wanted(it)) yield `${nameOf(it)} has ${updated} pods of its template and wants ${wanted(it)}`;
      if (current.length > 1) yield `${nameOf(it)} has ${current.length} sets of one template`;
      const limit = (it.spec.revisionHistoryLimit ?? 10) + 1;
      if (!it.spec.paused && sets.length > limit) yield `${nameOf(it)} keeps ${sets.length} sets, and ${limit} are allowed`;
    }
  },
};

const imageOf = (it: apps.ReplicaSet | apps.Deployment): string | undefined => it.spec.template?.spec?.containers[0]?.image;

export function* differences(
  of: apps.Deployment | apps.ReplicaSet | apps.StatefulSet | apps.DaemonSet,
  truth: { [field: string]: number },
  told: object,
): Iterable<string> {
  for (const [field, value] of Object.entries(truth)) {
    const says = (told as { [field: string]: number | undefined })[field] ?? 0;
    if (says !== value) yield `${nameOf(of)} says ${field}=${says}, and it is ${value}`;
  }
}
