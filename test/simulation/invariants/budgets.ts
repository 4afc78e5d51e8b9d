import {
  type AnyKind,
  type core,
  isPodFinished,
  isPodReady,
  pod,
  podDisruptionBudget,
  type policy,
  resourceQuota,
  deployment,
  statefulSet,
  type apps,
} from '../../../src/kinds/index.ts';
import { isDeleting, keyOf } from '../../../src/meta/owner.ts';
import { matchesSelector } from '../../../src/meta/selector.ts';
import { isActive } from '../state.ts';
import type { World } from '../world.ts';
import { type Invariant, nameOf } from './invariant.ts';

const coveredBy = (budget: policy.PodDisruptionBudget, { state }: World): core.Pod[] =>
  state
    .list(pod)
    .filter((it) => it.metadata.namespace === budget.metadata.namespace && matchesSelector(budget.spec.selector, it.metadata.labels));

/** How many the budget's workload is to have, as the simulation names both alike. */
function wantedOf(budget: policy.PodDisruptionBudget, { state, seen }: World): number {
  const key = keyOf(budget);
  const one = state.get(deployment, key) ?? state.get(statefulSet, key);
  const versions: Array<apps.Deployment | apps.StatefulSet> = [
    ...(one ? [one] : []),
    ...seen.versions(deployment, key),
    ...seen.versions(statefulSet, key),
  ];
  return versions.length > 0 ? Math.min(...versions.map((it) => it.spec.replicas ?? 1)) : 0;
}

/** How many must stay well, worked out here on its own; of percentages, each rounds up. */
function neededOf({ spec }: policy.PodDisruptionBudget, wanted: number): number {
  const of = (value: number | string): number =>
    typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * wanted) / 100);
  if (spec.maxUnavailable !== undefined) return Math.max(0, wanted - of(spec.maxUnavailable));
  return of(spec.minAvailable ?? 1);
}

export const budgetsHold: Invariant = {
  name: 'an eviction never takes more than a budget allows',
  begin: ({ seen }) => seen.want(podDisruptionBudget as never, deployment as never, statefulSet as never),
  *after({ kind, now, was }, world) {
    if (kind !== (pod as AnyKind) || !was || isDeleting(was) || (now && !isDeleting(now))) return;
    const it = was as core.Pod;
    if (world.deletedBy(it.metadata.uid) !== 'eviction' || !isPodReady(it)) return;
    for (const budget of world.state.list(podDisruptionBudget)) {
      if (budget.metadata.namespace !== it.metadata.namespace || !matchesSelector(budget.spec.selector, it.metadata.labels)) continue;
      const versions = [budget, ...world.seen.versions(podDisruptionBudget, keyOf(budget))];
      const well = coveredBy(budget, world).filter((one) => isActive(one) && isPodReady(one)).length;
      const needed = Math.min(...versions.map((one) => neededOf(one, wantedOf(one, world))));
      // What was lost, or given up by its owner, in the last moment may not be in the budget's count.
      const lost = world
        .departures()
        .filter(
          (one) =>
            matchesSelector(budget.spec.selector, one.pod.metadata.labels) &&
            one.pod.metadata.uid !== it.metadata.uid &&
            one.by !== 'eviction',
        ).length;
      if (well + lost < needed)
        yield `${nameOf(it)} was evicted: ${well} are well, ${lost} went lately, ${needed} are needed by ${budget.metadata.name}`;
    }
  },
  *quiet(world) {
    for (const it of world.state.list(podDisruptionBudget)) {
      const well = coveredBy(it, world).filter((one) => isActive(one) && isPodReady(one)).length;
      const wanted = wantedOf(it, world);
      const {
        currentHealthy = 0,
        desiredHealthy = 0,
        disruptionsAllowed = 0,
        expectedPods = 0,
        disruptedPods = {},
        observedGeneration,
      } = it.status ?? {};
      if (observedGeneration !== it.metadata.generation) yield `${nameOf(it)} has not been looked at since it changed`;
      if (coveredBy(it, world).length === 0) continue;
      if (currentHealthy !== well) yield `${nameOf(it)} says currentHealthy=${currentHealthy}, and it is ${well}`;
      const needed = neededOf(it, wanted);
      if (desiredHealthy !== needed) yield `${nameOf(it)} says desiredHealthy=${desiredHealthy}, and it is ${needed}`;
      if (disruptionsAllowed !== Math.max(0, well - needed))
        yield `${nameOf(it)} allows ${disruptionsAllowed} of ${well}, and ${needed} are needed`;
      if (it.spec.maxUnavailable !== undefined && expectedPods !== wanted)
        yield `${nameOf(it)} says expectedPods=${expectedPods}, and it is ${wanted}`;
      if (Object.keys(disruptedPods).length > 0) yield `${nameOf(it)} waits for pods that are gone: ${Object.keys(disruptedPods)}`;
    }
  },
};

export const quotasHold: Invariant = {
  name: 'no more is used than a quota allows',
  begin: ({ seen }) => seen.want(resourceQuota as never),
  *after({ kind, now, was }, world) {
    if (kind !== (pod as AnyKind) || was || !now) return;
    const it = now as core.Pod;
    for (const quota of world.state.list(resourceQuota)) {
      if (quota.metadata.namespace !== it.metadata.namespace) continue;
      const pods = countedIn(quota, world.state.list(pod), world.clock.now());
      const most = Math.max(
        ...[quota, ...world.seen.versions(resourceQuota, keyOf(quota))].map((one) =>
          Number(one.spec.hard?.pods ?? Number.POSITIVE_INFINITY),
        ),
      );
      if (pods.length > most) yield `${nameOf(quota)} allows ${most} pods, and there are ${pods.length}`;
    }
  },
  *quiet({ state, clock }) {
    for (const quota of state.list(resourceQuota)) {
      const { used, hard } = quota.status ?? {};
      const really = String(countedIn(quota, state.list(pod), clock.now()).length);
      if (used?.pods !== really) yield `${nameOf(quota)} says that ${used?.pods} pods are used, and it is ${really}`;
      if (hard?.pods !== quota.spec.hard?.pods) yield `${nameOf(quota)} says that ${hard?.pods} are allowed`;
    }
  },
};

/** What is stuck on its way out, on a node that says nothing, is charged no more. */
const countedIn = (quota: core.ResourceQuota, pods: readonly core.Pod[], now: number): core.Pod[] =>
  pods
    .filter((it) => it.metadata.namespace === quota.metadata.namespace && !isPodFinished(it))
    .filter((it) => !it.metadata.deletionTimestamp || Date.parse(it.metadata.deletionTimestamp) >= now);
