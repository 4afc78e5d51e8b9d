import type { core } from '../../kinds/index.ts';
import { backoff } from '../../lib/backoff.ts';
import { type Milliseconds, minutes, seconds } from '../../lib/clock.ts';
import { findCondition } from '../../meta/condition.ts';

/** Failures since the last success, and when the last of them was. Kept in memory alone, as upstream does. */
export type Failures = { count: number; last?: Milliseconds };

/** Ten seconds after the first failure, twice as long after each more, ten minutes at most. */
export const waitAfter = (failures: number, last: Milliseconds | undefined, now: Milliseconds): Milliseconds =>
  failures === 0 || last === undefined ? 0 : Math.max(0, backoff(failures - 1, seconds(10), minutes(10)) - (now - last));

/** When a pod came to its end, by what tells of it best (backoff_utils.go, getFinishedTime). */
export function endOf(pod: core.Pod): Milliseconds {
  const sidecars = new Set((pod.spec.initContainers ?? []).filter((it) => it.restartPolicy === 'Always').map((it) => it.name));
  const statuses = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []).filter((it) => sidecars.has(it.name)),
  ];
  const ends = statuses.map((it) => it.state?.terminated?.finishedAt);
  if (ends.length > 0 && ends.every((it) => it !== undefined)) return Math.max(...ends.map((it) => Date.parse(it as string)));
  const ready = findCondition(pod.status?.conditions, 'Ready');
  if (ready?.status === 'False' && ready.lastTransitionTime) return Date.parse(ready.lastTransitionTime);
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata;
  return deletionTimestamp ? Date.parse(deletionTimestamp) - seconds(deletionGracePeriodSeconds) : Date.parse(creationTimestamp);
}

/** What is known after some pods more have come to their end: a success wipes out the failures before it. */
export function countFailures(before: Failures, succeeded: readonly core.Pod[], failed: readonly core.Pod[]): Failures {
  const ends = failed.map(endOf);
  if (succeeded.length === 0) {
    return ends.length === 0 ? before : { count: before.count + ends.length, last: Math.max(...ends) };
  }
  const success = Math.max(...succeeded.map(endOf));
  const later = ends.filter((it) => it > success);
  return later.length === 0 ? { count: 0 } : { count: later.length, last: Math.max(...later) };
}
