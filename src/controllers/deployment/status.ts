import type { apps } from '../../kinds/index.ts';
import { type Milliseconds, seconds } from '../../lib/clock.ts';
import { findCondition } from '../../meta/condition.ts';
import * as conditions from './conditions.ts';
import { minAvailable } from './fenceposts.ts';
import { actualOf, allOf, availableOf, readyOf, type Sets, terminatingOf, wantedOf, wantedReplicas } from './sets.ts';

type Status = apps.DeploymentStatus;

/** The largest int32 stands for "no deadline". */
export const hasDeadline = ({ spec }: apps.Deployment): boolean =>
  spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== 0x7fffffff;

/** What can be counted, and whether enough is available (upstream: sync.go, calculateStatus). Zeros are left out as Go does. */
export function countedStatus(deployment: apps.Deployment, sets: Sets, now: Milliseconds): Status {
  const all = allOf(sets);
  const available = availableOf(all);
  const counts = {
    replicas: actualOf(all),
    updatedReplicas: sets.current ? actualOf([sets.current]) : 0,
    readyReplicas: readyOf(all),
    availableReplicas: available,
    // There may be more than are wanted, while sets shrink.
    unavailableReplicas: Math.max(0, wantedOf(all) - available),
  };
  const terminating = terminatingOf(all);
  const { generation } = deployment.metadata;
  const collisionCount = deployment.status?.collisionCount;
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    ...(terminating !== undefined && { terminatingReplicas: terminating }),
    ...(collisionCount !== undefined && { collisionCount }),
    conditions: [
      ...conditions.set(deployment.status?.conditions ?? [], conditions.availability(available >= minAvailable(deployment)), now),
    ],
  };
}

/** The counted status, with a judgement of the rollout (upstream: progress.go, syncRolloutStatus). */
export function rolloutStatus(deployment: apps.Deployment, sets: Sets, now: Milliseconds): Status {
  const status = countedStatus(deployment, sets, now);
  const failure = failureOf(sets);
  const judged = judgeProgress(deployment, sets, status, now);
  const kept = conditions.without(judged, 'ReplicaFailure');
  if (!failure) return { ...status, conditions: kept };
  const known = findCondition(judged, 'ReplicaFailure');
  const stands = known?.status === failure.status && known?.reason === failure.reason;
  return { ...status, conditions: stands ? [...judged] : [...kept, failure] };
}

function judgeProgress(deployment: apps.Deployment, sets: Sets, status: Status, now: Milliseconds): readonly apps.DeploymentCondition[] {
  const known = status.conditions ?? [];
  if (!hasDeadline(deployment)) return conditions.without(known, 'Progressing');
  const before = findCondition(deployment.status?.conditions, 'Progressing');
  // A rollout that has ended stays so, whatever becomes of its pods.
  if (count(status.replicas) === count(status.updatedReplicas) && before?.reason === 'NewReplicaSetAvailable') return known;
  const what = sets.current ? `ReplicaSet "${sets.current.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  if (isComplete(deployment, status)) return conditions.set(known, conditions.progress.available(what), now);
  if (hasProgressed(deployment.status ?? {}, status)) return conditions.renew(known, conditions.progress.updated(what), now);
  if (hasTimedOut(deployment, before, now)) return conditions.set(known, conditions.progress.timedOut(what), now);
  return known;
}

const count = (it: number | undefined): number => it ?? 0;

export function isComplete(deployment: apps.Deployment, status: Status | undefined): boolean {
  const { updatedReplicas, replicas, availableReplicas, observedGeneration } = status ?? {};
  return (
    [updatedReplicas, replicas, availableReplicas].every((it) => count(it) === wantedReplicas(deployment)) &&
    count(observedGeneration) >= count(deployment.metadata.generation)
  );
}

function hasProgressed(was: Status, now: Status): boolean {
  const old = (it: Status): number => count(it.replicas) - count(it.updatedReplicas);
  return (
    old(now) < old(was) ||
    (['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const).some((it) => count(now[it]) > count(was[it]))
  );
}

const deadlineOf = (deployment: apps.Deployment, { lastUpdateTime }: apps.DeploymentCondition): Milliseconds =>
  Date.parse(lastUpdateTime ?? '') + seconds(deployment.spec.progressDeadlineSeconds ?? 0);

function hasTimedOut(deployment: apps.Deployment, condition: apps.DeploymentCondition | undefined, now: Milliseconds): boolean {
  if (!condition || condition.reason === 'NewReplicaSetAvailable') return false;
  return condition.reason === 'ProgressDeadlineExceeded' || deadlineOf(deployment, condition) < now;
}

/** When to look again whether a rollout that stands still has run out of time. */
export function judgeAgainIn(deployment: apps.Deployment, status: Status, now: Milliseconds): Milliseconds | undefined {
  const condition = findCondition(status.conditions, 'Progressing');
  if (!hasDeadline(deployment) || !condition) return undefined;
  if (isComplete(deployment, status) || condition.reason === 'ProgressDeadlineExceeded') return undefined;
  // A second more: times in conditions are whole seconds.
  return Math.max(0, deadlineOf(deployment, condition) - now) + seconds(1);
}

/** What keeps pods of a set from being made, the current set's first. */
function failureOf(sets: Sets): apps.DeploymentCondition | undefined {
  for (const set of sets.current ? [sets.current, ...sets.old] : sets.old) {
    const found = findCondition(set.status?.conditions, 'ReplicaFailure');
    if (found) return { ...found, ...(found.lastTransitionTime && { lastUpdateTime: found.lastTransitionTime }) };
  }
  return undefined;
}
