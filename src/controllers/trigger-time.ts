import type { core } from '../kinds/index.ts';
import { findCondition } from '../meta/condition.ts';
import { keyOf } from '../meta/owner.ts';

export type TriggerTimes = {
  /** When that happened which a write of endpoints now reacts to; undefined when nothing new did. */
  next(service: core.Service, pods: readonly core.Pod[]): string | undefined;
  forget(serviceKey: string): void;
};

/**
 * What clients measure the delay of endpoints by (the annotation endpoints.kubernetes.io/last-change-trigger-time): the
 * earliest change of a pod's readiness since the last look, or the Service's creation (endpointslice/util, trigger_time_tracker).
 */
export function createTriggerTimes(): TriggerTimes {
  const seen = new Map<string, Map<string, string>>();
  return {
    next(service, pods) {
      const key = keyOf(service);
      const before = seen.get(key);
      const now = new Map<string, string>();
      let earliest: string | undefined;
      for (const pod of pods) {
        const at = findCondition(pod.status?.conditions, 'Ready')?.lastTransitionTime;
        if (!at) continue;
        now.set(pod.metadata.name, at);
        if (at > (before?.get(pod.metadata.name) ?? '') && (earliest === undefined || at < earliest)) earliest = at;
      }
      seen.set(key, now);
      return before ? earliest : service.metadata.creationTimestamp;
    },
    forget: (serviceKey) => void seen.delete(serviceKey),
  };
}
