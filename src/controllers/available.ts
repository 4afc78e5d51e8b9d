import type { core } from '../kinds/index.ts';
import { type Milliseconds, seconds } from '../lib/clock.ts';
import { findCondition } from '../meta/condition.ts';

/** When a ready pod counts as available; undefined for one that is not ready. */
function availableAt(pod: core.Pod, minReadySeconds: number): Milliseconds | undefined {
  const ready = findCondition(pod.status?.conditions, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0;
  return ready.lastTransitionTime === undefined ? undefined : Date.parse(ready.lastTransitionTime) + seconds(minReadySeconds);
}

export const isAvailable = (pod: core.Pod, minReadySeconds: number, now: Milliseconds): boolean => {
  const at = availableAt(pod, minReadySeconds);
  return at !== undefined && at <= now;
};

/** Until the next ready pod has been so for long enough: nothing else happens at that moment that could wake us. */
export function nextAvailableIn(pods: readonly core.Pod[], minReadySeconds: number, now: Milliseconds): Milliseconds | undefined {
  const spans = pods.map((it) => (availableAt(it, minReadySeconds) ?? 0) - now).filter((it) => it > 0);
  return spans.length > 0 ? Math.min(...spans) : undefined;
}
