import { type core, isPodReady, type policy } from '../../kinds/index.ts';
import { type Milliseconds, minutes, toTime } from '../../lib/clock.ts';
import { findCondition, withCondition } from '../../meta/condition.ts';
import { isDeleting } from '../../meta/owner.ts';
import type { IntOrString } from '../../meta/types.ts';

type Budget = policy.PodDisruptionBudget;

/** An eviction that was allowed must have begun to show by then, or it is taken not to come (upstream: DeletionTimeout). */
const patience = minutes(2);

/** How many pods the controllers of the selected ones ask for. */
export type Scale = { replicas: number; unmanaged: readonly core.Pod[] } | { fault: string };

export type BudgetPlan = {
  status: policy.PodDisruptionBudgetStatus;
  /** Pods that were to be evicted and are still there. */
  notDeleted: readonly core.Pod[];
  /** Pods no controller keeps, where that matters. */
  unmanaged: readonly core.Pod[];
  fault?: string;
  again?: Milliseconds;
};

/** Whether the number of pods there should be plays a part; else those that are there are taken. */
export const needsScale = ({ spec }: Budget): boolean => spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string';

/** What may be disrupted now (upstream: controller/disruption). `scale` is asked for only if it plays a part. */
export function planBudget(budget: Budget, pods: readonly core.Pod[], scale: () => Scale, now: Milliseconds): BudgetPlan {
  const expectation = expect(budget, pods, scale);
  if ('fault' in expectation) return failed(budget, expectation.fault, now);
  const { expected, desired, unmanaged } = expectation;
  const { disrupted, notDeleted, again } = disruptedPods(budget, pods, now);
  const healthy = pods.filter((it) => !isDeleting(it) && disrupted[it.metadata.name] === undefined && isPodReady(it)).length;
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  return {
    status: {
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
      ...(budget.metadata.generation !== undefined && { observedGeneration: budget.metadata.generation }),
      conditions: conditionsOf(budget, allowed > 0 ? 'True' : 'False', allowed > 0 ? 'SufficientPods' : 'InsufficientPods', '', now),
    },
    ...{ notDeleted, unmanaged },
    ...(again !== undefined && { again }),
  };
}

type Expectation = { expected: number; desired: number; unmanaged: readonly core.Pod[] };

function expect(budget: Budget, pods: readonly core.Pod[], scale: () => Scale): Expectation | { fault: string } {
  const { minAvailable, maxUnavailable } = budget.spec;
  if (!needsScale(budget)) return { expected: pods.length, desired: typeof minAvailable === 'number' ? minAvailable : 0, unmanaged: [] };
  const wanted = scale();
  if ('fault' in wanted) return wanted;
  const { replicas, unmanaged } = wanted;
  const desired =
    maxUnavailable === undefined ? share(minAvailable as IntOrString, replicas) : Math.max(0, replicas - share(maxUnavailable, replicas));
  return { expected: replicas, desired, unmanaged };
}

/** Shares are rounded up, of both. */
const share = (amount: IntOrString, of: number): number =>
  typeof amount === 'number' ? amount : Math.ceil((Number.parseInt(amount, 10) * of) / 100);

/** Pods the API has let be evicted and that do not show it yet. */
function disruptedPods({ status }: Budget, pods: readonly core.Pod[], now: Milliseconds) {
  const disrupted: { [name: string]: string } = {};
  const notDeleted: core.Pod[] = [];
  let again: Milliseconds | undefined;
  for (const pod of pods) {
    const since = status?.disruptedPods?.[pod.metadata.name];
    if (since === undefined || isDeleting(pod)) continue;
    const left = Date.parse(since) + patience - now;
    if (left < 0) {
      notDeleted.push(pod);
      continue;
    }
    disrupted[pod.metadata.name] = since;
    again = Math.min(again ?? left + 1, left + 1);
  }
  return { disrupted, notDeleted, again };
}

/** What cannot be reckoned allows nothing. */
function failed(budget: Budget, fault: string, now: Milliseconds): BudgetPlan {
  const status = {
    ...budget.status,
    disruptionsAllowed: 0,
    ...(budget.metadata.generation !== undefined && { observedGeneration: budget.metadata.generation }),
    conditions: conditionsOf(budget, 'False', 'SyncFailed', fault, now),
  };
  return { status, notDeleted: [], unmanaged: [], fault };
}

function conditionsOf({ metadata, status }: Budget, value: 'True' | 'False', reason: string, message: string, now: Milliseconds) {
  const type = 'DisruptionAllowed';
  const before = findCondition(status?.conditions, type);
  const generation = metadata.generation === undefined ? {} : { observedGeneration: metadata.generation };
  const next = { type, status: value, reason, message, ...generation, lastTransitionTime: before?.lastTransitionTime ?? toTime(now) };
  return withCondition(status?.conditions, next, toTime(now));
}
