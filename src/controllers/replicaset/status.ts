import { type apps, type core, isPodReady } from '../../kinds/index.ts';
import { type Milliseconds, toTime } from '../../lib/clock.ts';
import { findCondition } from '../../meta/condition.ts';
import { matchesMap } from '../../meta/selector.ts';
import { isAvailable } from '../available.ts';

export type Seen = {
  active: readonly core.Pod[];
  terminating: number;
  /** Why the last pod could not be made or given up. */
  fault: unknown;
};

/** Upstream: replica_set_utils.go, calculateStatus. Counts that are zero are left out as Go's omitempty does. */
export function statusOf(set: apps.ReplicaSet, { active, terminating, fault }: Seen, now: Milliseconds): apps.ReplicaSetStatus {
  const labels = set.spec.template?.metadata?.labels;
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const fullyLabeled = active.filter((it) => matchesMap(labels, it.metadata.labels)).length;
  const ready = active.filter(isPodReady).length;
  const available = active.filter((it) => isAvailable(it, minReadySeconds, now)).length;
  const conditions = conditionsOf(set, active.length, fault, now);
  return {
    replicas: active.length,
    ...(fullyLabeled > 0 && { fullyLabeledReplicas: fullyLabeled }),
    ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }),
    terminatingReplicas: terminating,
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
    ...(conditions.length > 0 && { conditions }),
  };
}

/** The first failure stands until there is none: its time says since when. */
function conditionsOf(set: apps.ReplicaSet, count: number, fault: unknown, now: Milliseconds): apps.ReplicaSetCondition[] {
  const before = set.status?.conditions ?? [];
  if (fault === undefined) return before.filter((it) => it.type !== 'ReplicaFailure');
  if (findCondition(before, 'ReplicaFailure')) return before;
  const difference = count - (set.spec.replicas ?? 1);
  const reason = difference < 0 ? 'FailedCreate' : difference > 0 ? 'FailedDelete' : '';
  return [
    ...before,
    {
      type: 'ReplicaFailure',
      status: 'True',
      lastTransitionTime: toTime(now),
      ...(reason && { reason }),
      message: fault instanceof Error ? fault.message : String(fault),
    },
  ];
}
