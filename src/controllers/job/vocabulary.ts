import { type batch, type core, isPodFinished } from '../../kinds/index.ts';
import { findCondition, isTrue } from '../../meta/condition.ts';
import { isDeleting } from '../../meta/owner.ts';

/** Names and judgements that all parts of the job controller share. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
export const indexKey = 'batch.kubernetes.io/job-completion-index';
export const failureCountKey = 'batch.kubernetes.io/job-index-failure-count';
export const ignoredFailureCountKey = 'batch.kubernetes.io/job-index-ignored-failure-count';
const ownName = 'kubernetes.io/job-controller';

export const isIndexed = (job: batch.Job): boolean => job.spec.completionMode === 'Indexed';
export const isSuspended = (job: batch.Job): boolean => job.spec.suspend === true;
export const isFinished = ({ status }: batch.Job): boolean =>
  isTrue(status?.conditions, 'Complete') || isTrue(status?.conditions, 'Failed');
/** Somebody else keeps this one (KEP-4368). */
export const isForeign = ({ spec }: batch.Job): boolean => spec.managedBy !== undefined && spec.managedBy !== ownName;
export const parallelismOf = (job: batch.Job): number => job.spec.parallelism ?? 1;

/** When a job reached its end. */
export const finishedAt = ({ status }: batch.Job): string | undefined =>
  ['Complete', 'Failed'].map((it) => findCondition(status?.conditions, it)).find((it) => it?.status === 'True')?.lastTransitionTime;

export const isTracked = (pod: core.Pod): boolean => pod.metadata.finalizers?.includes(trackingFinalizer) === true;

/** The index a pod works on; undefined when it has none that can be read. */
export function indexOf(pod: core.Pod): number | undefined {
  const text = pod.metadata.annotations?.[indexKey];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The same, if it is one of the job's. */
export function validIndexOf(job: batch.Job, pod: core.Pod): number | undefined {
  const index = indexOf(pod);
  return index !== undefined && index < (job.spec.completions ?? 0) ? index : undefined;
}

/** A pod is replaced only when it has come to its end, not when it begins to go (KEP-3939). */
export const replacesFailedOnly = ({ spec }: batch.Job): boolean =>
  spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined;

export const isTerminating = (pod: core.Pod): boolean => isDeleting(pod) && !isPodFinished(pod);

/** A pod that is deleted counts as failed at once, since it may never get to say so; unless only failed ones are replaced. */
export const hasFailed = (job: batch.Job, pod: core.Pod): boolean =>
  pod.status?.phase === 'Failed' || (!replacesFailedOnly(job) && isTerminating(pod));

export const hasSucceeded = (pod: core.Pod): boolean => pod.status?.phase === 'Succeeded';
