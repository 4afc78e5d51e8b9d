import { type batch, totalOf } from '../../kinds/index.ts';
import { type Milliseconds, seconds, toTime } from '../../lib/clock.ts';
import { findCondition, isTrue } from '../../meta/condition.ts';
import { judgeFailure } from './failure-policy.ts';
import { metRule } from './success-policy.ts';
import type { JobView } from './view.ts';
import { hasFailed, isSuspended } from './vocabulary.ts';

export const condition = (type: string, reason: string, message: string, now: Milliseconds): batch.JobCondition => ({
  ...{ type, status: 'True', lastProbeTime: toTime(now), lastTransitionTime: toTime(now) },
  ...(reason && { reason }),
  ...(message && { message }),
});

/**
 * Whether the job is to end whatever its pods still do: SuccessCriteriaMet or FailureTarget, which become Complete or
 * Failed when the last pod has gone. Once judged it stays so.
 */
export function judgeJob(view: JobView, now: Milliseconds): batch.JobCondition | undefined {
  const { job, pods } = view;
  const { conditions } = job.status ?? {};
  for (const type of ['SuccessCriteriaMet', 'FailureTarget']) if (isTrue(conditions, type)) return findCondition(conditions, type);
  const fails = (reason: string, message: string): batch.JobCondition => condition('FailureTarget', reason, message, now);

  for (const pod of pods) {
    const message = hasFailed(job, pod) ? judgeFailure(job.spec.podFailurePolicy, pod).message : undefined;
    if (message) return fails('PodFailurePolicy', message);
  }
  if (view.failed > (job.spec.backoffLimit ?? 6) || restartsExceedLimit(view))
    return fails('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  const left = deadlineIn(job, now);
  if (left !== undefined && left <= 0) return fails('DeadlineExceeded', 'Job was active longer than specified deadline');
  return view.indexed && judgeIndexes(view, view.indexed, now);
}

function judgeIndexes({ job }: JobView, { succeeded, failed }: NonNullable<JobView['indexed']>, now: Milliseconds) {
  const { maxFailedIndexes, completions = 0 } = job.spec;
  const lost = totalOf(failed ?? []);
  if (failed && maxFailedIndexes !== undefined && lost > maxFailedIndexes) {
    const text = 'Job has exceeded the specified maximal number of failed indexes';
    return condition('FailureTarget', 'MaxFailedIndexesExceeded', text, now);
  }
  if (lost > 0 && lost + totalOf(succeeded) >= completions)
    return condition('FailureTarget', 'FailedIndexes', 'Job has failed indexes', now);
  const met = metRule(job.spec, succeeded);
  return met === undefined ? undefined : condition('SuccessCriteriaMet', 'SuccessPolicy', met, now);
}

/** Enough pods have succeeded, and none is left that could do more. `active` is their number after what was just done. */
export function isComplete({ job, succeeded }: JobView, active: number): boolean {
  return active === 0 && (job.spec.completions === undefined ? succeeded > 0 : succeeded >= job.spec.completions);
}

/** Pods that restart in place count by their restarts. */
function restartsExceedLimit({ job, pods }: JobView): boolean {
  if (job.spec.template.spec?.restartPolicy !== 'OnFailure') return false;
  const restarts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((sum, it) => sum + it.restartCount, 0);
  const limit = job.spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Until the job has been active for too long; undefined when nothing limits that now. */
export function deadlineIn(job: batch.Job, now: Milliseconds): Milliseconds | undefined {
  const { activeDeadlineSeconds } = job.spec;
  if (activeDeadlineSeconds === undefined || isSuspended(job)) return undefined;
  // A job that is just resumed begins its time anew.
  const isResuming = isTrue(job.status?.conditions, 'Suspended');
  const start = job.status?.startTime && !isResuming ? Date.parse(job.status.startTime) : now;
  return start + seconds(activeDeadlineSeconds) - now;
}
