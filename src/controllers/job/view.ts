import { type batch, type core, hasIndex, type Indexes, isPodReady, readIndexes, totalOf, withIndexes } from '../../kinds/index.ts';
import { isActive } from '../replicaset/plan.ts';
import { endOf } from './backoff.ts';
import { judgeFailure } from './failure-policy.ts';
import {
  failureCountKey,
  hasFailed,
  hasSucceeded,
  ignoredFailureCountKey,
  indexOf,
  isIndexed,
  isTerminating,
  isTracked,
  validIndexOf,
} from './vocabulary.ts';

/** A job and its pods, counted. */
export type JobView = {
  job: batch.Job;
  pods: readonly core.Pod[];
  active: readonly core.Pod[];
  ready: number;
  terminating: number;
  /** Pods that came to their end and are in no count yet. */
  newly: { succeeded: readonly core.Pod[]; failed: readonly core.Pod[] };
  succeeded: number;
  failed: number;
  indexed?: IndexedView;
};

export type IndexedView = {
  /** As the status has it. */
  before: Indexes;
  succeeded: Indexes;
  /** Only with a limit per index. */
  failed: Indexes | undefined;
  /** Failed pods that stay until their index has its next pod, which takes over how often it failed. */
  held: ReadonlyMap<number, core.Pod>;
};

/** Upstream: the first half of syncJob. */
export function viewJob(job: batch.Job, pods: readonly core.Pod[]): JobView {
  const uncounted = job.status?.uncountedTerminatedPods;
  const active = pods.filter(isActive);
  const valid = pods.filter((it) => isTracked(it) && (!isIndexed(job) || validIndexOf(job, it) !== undefined));
  const succeeded = valid.filter((it) => hasSucceeded(it) && !uncounted?.succeeded?.includes(it.metadata.uid));
  const failed = valid.filter((it) => hasFailed(job, it) && !uncounted?.failed?.includes(it.metadata.uid));
  const counted = failed.filter((it) => judgeFailure(job.spec.podFailurePolicy, it).counts);
  const indexed = isIndexed(job) ? viewIndexes(job, active, valid) : undefined;
  return {
    ...{ job, pods, active },
    ready: active.filter(isPodReady).length,
    terminating: pods.filter(isTerminating).length,
    newly: { succeeded, failed },
    succeeded: indexed ? totalOf(indexed.succeeded) : (job.status?.succeeded ?? 0) + succeeded.length + (uncounted?.succeeded?.length ?? 0),
    failed: (job.status?.failed ?? 0) + counted.length + (uncounted?.failed?.length ?? 0),
    ...(indexed && { indexed }),
  };
}

function viewIndexes(job: batch.Job, active: readonly core.Pod[], valid: readonly core.Pod[]): IndexedView {
  const { completions = 0, backoffLimitPerIndex } = job.spec;
  const before = readIndexes(job.status?.completedIndexes, completions);
  const succeeded = withIndexes(
    before,
    valid.filter(hasSucceeded).map((it) => indexOf(it) as number),
  );
  if (backoffLimitPerIndex === undefined) return { before, succeeded, failed: undefined, held: new Map() };
  const failing = valid.filter((it) => hasFailedIndex(job, it)).map((it) => indexOf(it) as number);
  const failed = withIndexes(readIndexes(job.status?.failedIndexes, completions), failing);
  const running = new Set(active.map(indexOf));
  const held = new Map<number, core.Pod>();
  for (const pod of valid.filter((it) => hasFailed(job, it))) {
    const index = indexOf(pod) as number;
    if (hasIndex(succeeded, index) || hasIndex(failed, index) || running.has(index)) continue;
    const other = held.get(index);
    if (!other || (failuresOf(other) <= failuresOf(pod) && endOf(pod) >= endOf(other))) held.set(index, pod);
  }
  return { before, succeeded, failed, held };
}

const countAt = (pod: core.Pod, key: string): number => {
  const text = pod.metadata.annotations?.[key] ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
};

/** How often the pod's index had failed before it, ignored failures included. */
export const failuresOf = (pod: core.Pod): number => countAt(pod, failureCountKey) + countAt(pod, ignoredFailureCountKey);

function hasFailedIndex(job: batch.Job, pod: core.Pod): boolean {
  if (!hasFailed(job, pod)) return false;
  const { action, counts } = judgeFailure(job.spec.podFailurePolicy, pod);
  return action === 'FailIndex' || (counts && countAt(pod, failureCountKey) >= (job.spec.backoffLimitPerIndex ?? 0));
}

/** What the pod that follows a failed one in its index is told. */
export function nextFailureCounts(job: batch.Job, replaced: core.Pod | undefined): { failures: number; ignored: number } {
  if (!replaced) return { failures: 0, ignored: 0 };
  const { counts } = judgeFailure(job.spec.podFailurePolicy, replaced);
  return {
    failures: countAt(replaced, failureCountKey) + (counts ? 1 : 0),
    ignored: countAt(replaced, ignoredFailureCountKey) + (counts ? 0 : 1),
  };
}
