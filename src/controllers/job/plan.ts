import { type core, firstFree, type Indexes, mergeIndexes, withIndexes } from '../../kinds/index.ts';
import type { Milliseconds } from '../../lib/clock.ts';
import { isDeleting } from '../../meta/owner.ts';
import { rankForDeletion } from '../replicaset/rank.ts';
import { endOf, type Failures, waitAfter } from './backoff.ts';
import { failuresOf, type IndexedView, type JobView } from './view.ts';
import { indexOf, isIndexed, isSuspended, isTerminating, parallelismOf, replacesFailedOnly, validIndexOf } from './vocabulary.ts';

/** How many pods are made or given up before the job is looked at anew (upstream: MaxPodCreateDeletePerSync). */
const burst = 500;

export type PodPlan = {
  /** One for each pod to make: its index, or undefined where there are none. */
  create: ReadonlyArray<number | undefined>;
  remove: readonly core.Pod[];
  /** Failures ask for patience: look again then. */
  again?: Milliseconds;
};

const nothing: PodPlan = { create: [], remove: [] };

/** How many pods shall run and which are too many (upstream: manageJob). Either some are made or some go, never both. */
export function planPods(view: JobView, failures: Failures, now: Milliseconds): PodPlan {
  const { job, active, terminating } = view;
  if (isDeleting(job)) return nothing;
  if (isSuspended(job)) return { create: [], remove: forRemoval(view, active.length, now) };
  const wanted = wantedPods(view);
  const remove = forRemoval(view, Math.max(0, active.length - wanted), now).slice(0, burst);
  if (remove.length > 0) return { create: [], remove };
  const missing = wanted - active.length - (replacesFailedOnly(job) ? terminating : 0);
  if (missing <= 0) return nothing;
  const perIndex = job.spec.backoffLimitPerIndex !== undefined;
  const wait = perIndex ? 0 : waitAfter(failures.count, failures.last, now);
  if (wait > 0) return { ...nothing, again: wait };
  const count = Math.min(missing, burst);
  if (!view.indexed) return { create: Array.from({ length: count }, () => undefined), remove: [] };
  const free = freeIndexes(view, view.indexed, count);
  return perIndex ? patientIndexes(free, view.indexed, now) : { create: free, remove: [] };
}

/** Never more than there are completions left; without completions, what runs after the first success runs out. */
function wantedPods({ job, active, succeeded }: JobView): number {
  const { completions } = job.spec;
  if (completions === undefined) return succeeded > 0 ? active.length : parallelismOf(job);
  return Math.max(0, Math.min(completions - succeeded, parallelismOf(job)));
}

/** Indexes nobody works on and that are not decided. */
function freeIndexes({ job, pods, active }: JobView, { succeeded, failed }: IndexedView, count: number): number[] {
  const indexesOf = (list: readonly core.Pod[]): number[] => list.map(indexOf).filter((it) => it !== undefined);
  let taken: Indexes = withIndexes(succeeded, indexesOf(active));
  if (replacesFailedOnly(job)) taken = withIndexes(taken, indexesOf(pods.filter(isTerminating)));
  return firstFree(mergeIndexes(taken, failed ?? []), count, job.spec.completions ?? 0);
}

/** Each index waits for itself. */
function patientIndexes(free: readonly number[], { held }: IndexedView, now: Milliseconds): PodPlan {
  const waits = free.map((index) => {
    const pod = held.get(index);
    return pod ? waitAfter(failuresOf(pod) + 1, endOf(pod), now) : 0;
  });
  const create = free.filter((_, i) => waits[i] === 0);
  const later = waits.filter((it) => it > 0);
  return { create, remove: [], ...(later.length > 0 && { again: Math.min(...later) }) };
}

/** At least so many; and those without a good index, or with one that another has. The least useful go first. */
function forRemoval(view: JobView, atLeast: number, now: Milliseconds): core.Pod[] {
  const { job, active } = view;
  const rank = (pods: readonly core.Pod[]): core.Pod[] => rankForDeletion(pods, [], now);
  if (!isIndexed(job)) return rank(active).slice(0, atLeast);
  const wrong = active.filter((it) => validIndexOf(job, it) === undefined);
  const byIndex = new Map<number, core.Pod[]>();
  for (const pod of active) {
    const index = validIndexOf(job, pod);
    if (index !== undefined) byIndex.set(index, [...(byIndex.get(index) ?? []), pod]);
  }
  const kept: core.Pod[] = [];
  for (const same of byIndex.values()) {
    const ranked = rank(same);
    kept.push(ranked.pop() as core.Pod);
    wrong.push(...ranked);
  }
  return [...wrong, ...rank(kept).slice(0, Math.max(0, atLeast - wrong.length))];
}
