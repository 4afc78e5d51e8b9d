import type { apps, core } from '../../kinds/index.ts';
import type { Milliseconds } from '../../lib/clock.ts';
import { findCondition } from '../../meta/condition.ts';
import { isDeleting } from '../../meta/owner.ts';
import * as conditions from './conditions.ts';
import { isRolling } from './fenceposts.ts';
import { planHistory } from './history.ts';
import { planRecreate } from './recreate.ts';
import { currentSize, planRolling } from './rolling.ts';
import { hasRoom, planScale, type Size, wasScaled } from './scale.ts';
import type { Sets } from './sets.ts';
import { hasDeadline, isComplete } from './status.ts';

export type DeploymentPlan = {
  /** Replicas of the set to be made, as none has the deployment's template. */
  create?: number;
  sizes: readonly Size[];
  /** Sets beyond the history limit. */
  remove: readonly apps.ReplicaSet[];
  /** Whether a rollout is under way whose progress is to be judged. */
  isRollout: boolean;
};

const nothing: DeploymentPlan = { sizes: [], remove: [], isRollout: false };

/** One step towards the deployment; the sets' answer to it leads to the next (upstream: deployment_controller.go, syncDeployment). */
export function planDeployment(
  deployment: apps.Deployment,
  sets: Sets,
  podsOf: (set: apps.ReplicaSet) => readonly core.Pod[],
): DeploymentPlan {
  if (isDeleting(deployment)) return nothing;
  if (deployment.spec.paused) return { ...nothing, sizes: scaled(deployment, sets), remove: planHistory(deployment, sets.old) };
  // Where there are no shares (Recreate, made so in the middle of a rollout) the rollout itself brings the new size.
  const shares = wasScaled(deployment, sets) ? planScale(deployment, sets) : [];
  if (shares.length > 0) return { ...nothing, sizes: hasRoom(deployment, sets, shares) ? shares : [] };
  const step = isRolling(deployment) ? rollingStep(deployment, sets) : planRecreate(deployment, sets, podsOf);
  if (step === 'create')
    return { ...nothing, create: isRolling(deployment) ? currentSize(deployment, sets) : wanted(deployment), isRollout: true };
  const isSettled = step?.length === 0 && isComplete(deployment, deployment.status);
  return { sizes: step ?? [], remove: isSettled ? planHistory(deployment, sets.old) : [], isRollout: true };
}

function scaled(deployment: apps.Deployment, sets: Sets): readonly Size[] {
  const sizes = planScale(deployment, sets);
  return hasRoom(deployment, sets, sizes) ? sizes : [];
}

const wanted = ({ spec }: apps.Deployment): number => spec.replicas ?? 1;

const rollingStep = (deployment: apps.Deployment, { current, old }: Sets): Size[] | 'create' =>
  current ? planRolling(deployment, { current, old }) : 'create';

/**
 * The deployment with what pausing, resuming and an existing set say about its progress: time spent in a pause is not
 * held against a rollout. A deadline that was missed stays missed.
 */
export function noteProgress(deployment: apps.Deployment, sets: Sets, now: Milliseconds): apps.Deployment {
  if (!hasDeadline(deployment)) return deployment;
  let known: readonly apps.DeploymentCondition[] = deployment.status?.conditions ?? [];
  const { reason } = findCondition(known, 'Progressing') ?? {};
  if (!isDeleting(deployment) && reason !== 'ProgressDeadlineExceeded') {
    if (deployment.spec.paused) known = conditions.set(known, conditions.progress.paused, now);
    else if (reason === 'DeploymentPaused') known = conditions.set(known, conditions.progress.resumed, now);
  }
  if (sets.current && !findCondition(known, 'Progressing')) {
    known = conditions.set(known, conditions.progress.found(sets.current.metadata.name), now);
  }
  return withConditions(deployment, known);
}

export const withConditions = (deployment: apps.Deployment, known: readonly apps.DeploymentCondition[]): apps.Deployment => ({
  ...deployment,
  status: { ...deployment.status, conditions: [...known] },
});
