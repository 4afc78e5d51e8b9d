import type { Client, EventRecorder } from '../client/index.ts';
import { pod as podKind } from '../kinds/index.ts';
import { type Clock, toTime } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { withCondition } from '../meta/condition.ts';
import { isDeleting } from '../meta/owner.ts';
import type { PodInfo } from './pod-info.ts';

type Deps = { client: Client; recorder: EventRecorder; clock: Clock; log: Log };

/** Takes a pod away from its node for one that matters more, and says so on it. */
export async function evict(victim: PodInfo, winner: PodInfo, node: string, { client, recorder, clock, log }: Deps): Promise<void> {
  const { pod } = victim;
  if (isDeleting(pod)) return;
  const { namespace, name, uid } = pod.metadata;
  const key = { ...(namespace && { namespace }), name };
  const scheduler = winner.pod.spec.schedulerName ?? 'default-scheduler';
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'PreemptionByScheduler',
    message: `${scheduler}: preempting to accommodate a higher priority pod`,
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
  };
  try {
    // Read anew: what is known of a pod here is as old as its last change that matters to others, and a condition that was
    // set in vain may have been taken back since.
    await client.changeStatus(podKind, key, (draft) => {
      if (draft.metadata.uid !== uid) return false;
      draft.status = { ...draft.status, conditions: withCondition(draft.status?.conditions, condition, toTime(clock.now())) };
      return true;
    });
    await client.delete(podKind, key, { preconditions: { uid } });
    recorder.record(pod, 'Normal', 'Preempted', `Preempted by pod ${winner.uid} on node ${node}`);
  } catch (error) {
    // The pod that needs the room is tried again and chooses anew.
    log.warn('a pod could not be preempted', { pod: victim.key, for: winner.key, error: String(error) });
  }
}
