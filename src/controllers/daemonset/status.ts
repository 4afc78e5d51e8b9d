import { type apps, isPodReady } from '../../kinds/index.ts';
import type { Milliseconds } from '../../lib/clock.ts';
import { isAvailable } from '../available.ts';
import type { Place } from './places.ts';
import { hashOf } from './pod.ts';

/** Upstream: updateDaemonSetStatus. Of several pods of a node the oldest counts. Zeros are left out as Go's omitempty does. */
export function statusOf(
  set: apps.DaemonSet,
  places: readonly Place[],
  { hash, collisionCount }: { hash: string; collisionCount: number },
  now: Milliseconds,
): apps.DaemonSetStatus {
  const wanted = places.filter((it) => it.runs);
  const first = wanted.flatMap((it) => it.pods.slice(0, 1));
  const ready = first.filter(isPodReady);
  const updated = first.filter((it) => hashOf(it) === hash).length;
  const available = ready.filter((it) => isAvailable(it, set.spec.minReadySeconds ?? 0, now)).length;
  const unavailable = wanted.length - available;
  const collisions = set.status?.collisionCount !== undefined || collisionCount > 0;
  return {
    currentNumberScheduled: first.length,
    numberMisscheduled: places.filter((it) => !it.runs && it.pods.length > 0).length,
    desiredNumberScheduled: wanted.length,
    numberReady: ready.length,
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
    ...(updated > 0 && { updatedNumberScheduled: updated }),
    ...(available > 0 && { numberAvailable: available }),
    ...(unavailable > 0 && { numberUnavailable: unavailable }),
    ...(collisions && { collisionCount }),
  };
}
