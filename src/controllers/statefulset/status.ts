import { type apps, type core, isPodReady } from '../../kinds/index.ts';
import type { Milliseconds } from '../../lib/clock.ts';
import { isDeleting } from '../../meta/owner.ts';
import { isAvailable } from '../available.ts';
import { type Revisions, revisionOf, wantedReplicas } from './identity.ts';

/** Upstream: updateStatus and completeRollingUpdate. Counts that are zero are left out as Go's omitempty does. */
export function statusOf(
  set: apps.StatefulSet,
  { current, update }: Revisions,
  { pods, collisionCount }: { pods: readonly core.Pod[]; collisionCount: number },
  now: Milliseconds,
): apps.StatefulSetStatus {
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const ready = pods.filter((it) => it.status?.phase === 'Running' && isPodReady(it));
  const staying = pods.filter((it) => !isDeleting(it));
  const of = (revision: apps.ControllerRevision): number => staying.filter((it) => revisionOf(it) === revision.metadata.name).length;
  const updated = of(update);
  const wanted = wantedReplicas(set);
  const isComplete = set.spec.updateStrategy?.type === 'RollingUpdate' && [updated, ready.length, pods.length].every((it) => it === wanted);
  const currentReplicas = isComplete ? updated : of(current);
  return {
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
    replicas: pods.length,
    ...(ready.length > 0 && { readyReplicas: ready.length }),
    ...(currentReplicas > 0 && { currentReplicas }),
    ...(updated > 0 && { updatedReplicas: updated }),
    currentRevision: (isComplete ? update : current).metadata.name,
    updateRevision: update.metadata.name,
    collisionCount,
    availableReplicas: ready.filter((it) => isAvailable(it, minReadySeconds, now)).length,
  };
}
