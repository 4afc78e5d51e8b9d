import { type batch, type core, hasIndex, showIndexes, totalOf, withIndexes } from '../../kinds/index.ts';
import { type Milliseconds, toTime } from '../../lib/clock.ts';
import { isTrue } from '../../meta/condition.ts';
import { isDeleting } from '../../meta/owner.ts';
import { judgeFailure } from './failure-policy.ts';
import { condition } from './judge.ts';
import type { JobView } from './view.ts';
import { hasFailed, hasSucceeded, indexOf, isIndexed, isSuspended, isTracked, validIndexOf } from './vocabulary.ts';

/** So many pods at most stand in a status at a time (upstream: MaxUncountedPods). */
const mostUncounted = 500;

/** What runs after this turn's creations and deletions. */
export type Running = { active: number; ready: number; terminating: number };

/** Counting in two steps, so that nothing counts twice or not at all, whatever fails in between (KEP-2307). */
export type Tracking = {
  /** To be written first: it names the pods that are to be counted. */
  status: batch.JobStatus;
  /** Then these lose their finalizer. */
  release: readonly core.Pod[];
  /** The end was judged and every pod that has a part in it is named. */
  isLast: boolean;
};

/** `end` is set once everything that runs has been told to stop. */
export function trackPods(view: JobView, end: batch.JobCondition | undefined, running: Running, now: Milliseconds): Tracking {
  const { job } = view;
  const status = settle(view, new Set(view.pods.filter(isTracked).map((it) => it.metadata.uid)));
  const uncounted = {
    succeeded: [...(status.uncountedTerminatedPods?.succeeded ?? [])],
    failed: [...(status.uncountedTerminatedPods?.failed ?? [])],
  };
  const release: core.Pod[] = [];
  const indexes: number[] = [];
  let isLast = true;
  for (const pod of inOrder(view)) {
    if (!isTracked(pod) || !isReleased(view, pod, end)) continue;
    release.push(pod);
    const { uid } = pod.metadata;
    if (hasSucceeded(pod) && !uncounted.failed.includes(uid)) {
      const index = validIndexOf(job, pod);
      if (!isIndexed(job)) uncounted.succeeded = [...new Set([...uncounted.succeeded, uid])];
      else if (index !== undefined && !hasIndex(view.indexed?.before ?? [], index)) indexes.push(index);
    } else if (hasFailed(job, pod) || (end && end.type !== 'SuccessCriteriaMet')) {
      const isValid = !isIndexed(job) || validIndexOf(job, pod) !== undefined;
      if (isValid && judgeFailure(job.spec.podFailurePolicy, pod).counts) uncounted.failed = [...new Set([...uncounted.failed, uid])];
    }
    if (indexes.length + uncounted.succeeded.length + uncounted.failed.length >= mostUncounted) {
      isLast = false;
      break;
    }
  }
  if (view.indexed) {
    const succeeded = withIndexes(view.indexed.before, indexes);
    status.succeeded = totalOf(succeeded);
    status.completedIndexes = showIndexes(succeeded);
    if (view.indexed.failed) status.failedIndexes = showIndexes(view.indexed.failed);
  }
  const conditions = [...(status.conditions ?? [])];
  if (end && !isTrue(conditions, end.type)) conditions.push(end);
  // Whoever comes to an end has begun, even if that was undone by a suspension.
  const startTime = status.startTime ?? (isSuspended(job) && !end ? undefined : toTime(now));
  return {
    status: tidy({ ...status, ...running, ...(startTime && { startTime }), conditions, uncountedTerminatedPods: uncounted }),
    release,
    isLast,
  };
}

/** Of an indexed job, completed indexes are told in their order. */
const inOrder = ({ job, pods }: JobView): readonly core.Pod[] =>
  isIndexed(job) ? [...pods].sort((a, b) => (indexOf(a) ?? -1) - (indexOf(b) ?? -1)) : pods;

/** A pod may go when it succeeded, or failed and has nothing to hand on, or when the job itself is at its end. */
function isReleased(view: JobView, pod: core.Pod, end: batch.JobCondition | undefined): boolean {
  if (isDeleting(view.job) || end || hasSucceeded(pod)) return true;
  if (!hasFailed(view.job, pod)) return false;
  const index = indexOf(pod);
  return index === undefined || view.indexed?.held.get(index)?.metadata.uid !== pod.metadata.uid;
}

/** The status in which every pod that was named and has no finalizer any more is counted. */
function settle({ job }: JobView, tracked: ReadonlySet<string>): batch.JobStatus {
  return countReleased({ ...job.status }, tracked, isIndexed(job));
}

/** Named pods that no longer stand in `tracked` become numbers. */
export function countReleased(status: batch.JobStatus, tracked: ReadonlySet<string>, indexed: boolean): batch.JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const left = (list: readonly string[]): string[] => list.filter((it) => tracked.has(it));
  const [waiting, failing] = [left(succeeded), left(failed)];
  return tidy({
    ...status,
    ...(!indexed && { succeeded: (status.succeeded ?? 0) + succeeded.length - waiting.length }),
    failed: (status.failed ?? 0) + failed.length - failing.length,
    uncountedTerminatedPods: { succeeded: waiting, failed: failing },
  });
}

/** Complete or Failed: everything is counted and nothing runs any more. Undefined while that is not so. */
export function finish(status: batch.JobStatus, end: batch.JobCondition, now: Milliseconds): batch.JobStatus | undefined {
  const { succeeded, failed } = status.uncountedTerminatedPods ?? {};
  if (succeeded?.length || failed?.length || status.terminating || status.active) return undefined;
  const isGood = end.type === 'SuccessCriteriaMet';
  const last = condition(isGood ? 'Complete' : 'Failed', end.reason ?? '', end.message ?? '', now);
  return {
    ...status,
    conditions: [...(status.conditions ?? []), last],
    ...(isGood && last.lastTransitionTime && { completionTime: last.lastTransitionTime }),
  };
}

/** As Go's omitempty leaves it: counts of zero are not there, but for ready and terminating. */
function tidy(status: batch.JobStatus): batch.JobStatus {
  const { conditions, completedIndexes, uncountedTerminatedPods, ...rest } = status;
  const result: batch.JobStatus = { ...rest };
  for (const key of ['active', 'succeeded', 'failed'] as const) if (!result[key]) delete result[key];
  if (conditions?.length) result.conditions = conditions;
  if (completedIndexes) result.completedIndexes = completedIndexes;
  const { succeeded, failed } = uncountedTerminatedPods ?? {};
  result.uncountedTerminatedPods = { ...(succeeded?.length && { succeeded }), ...(failed?.length && { failed }) };
  return result;
}
