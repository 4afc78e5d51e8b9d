import { type core, isPodFinished } from '../../kinds/index.ts';
import { type Milliseconds, seconds } from '../../lib/clock.ts';
import { isTrue } from '../../meta/condition.ts';
import { isDeleting } from '../../meta/owner.ts';

/** A node may be away for a moment, when it is registered anew. */
export const quarantine = seconds(40);
/** Ended pods are kept to be looked at, so many of them (terminated-pod-gc-threshold). */
export const mostEnded = 12_500;
const outOfService = 'node.kubernetes.io/out-of-service';

export type GcPlan = { do: 'nothing' } | { do: 'look again'; after: Milliseconds } | { do: 'remove'; condition?: core.PodCondition };

/** `missingSince`: since when the pod's node is not there. */
export function planPod(pod: core.Pod, node: core.Node | undefined, missingSince: Milliseconds | undefined, now: Milliseconds): GcPlan {
  if (!pod.spec.nodeName) return isDeleting(pod) ? { do: 'remove' } : { do: 'nothing' };
  if (missingSince !== undefined) {
    const left = missingSince + quarantine - now;
    if (left > 0) return { do: 'look again', after: left };
    const condition = {
      ...{ type: 'DisruptionTarget', status: 'True' as const, reason: 'DeletionByPodGC' },
      message: 'PodGC: node no longer exists',
      ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    };
    return { do: 'remove', condition };
  }
  const isOut = node?.spec.taints?.some((it) => it.key === outOfService) && !isTrue(node.status?.conditions, 'Ready');
  return isOut && isDeleting(pod) ? { do: 'remove' } : { do: 'nothing' };
}

const isEvicted = ({ status }: core.Pod): boolean => status?.phase === 'Failed' && status.reason === 'Evicted';

/** The ended pods above the limit: evicted ones first, then the oldest. */
export function surplus(pods: readonly core.Pod[], most = mostEnded): core.Pod[] {
  const ended = pods.filter(isPodFinished);
  if (ended.length <= most) return [];
  const age = (it: core.Pod): string => `${isEvicted(it) ? 0 : 1} ${it.metadata.creationTimestamp} ${it.metadata.name}`;
  return ended.sort((a, b) => (age(a) < age(b) ? -1 : 1)).slice(0, ended.length - most);
}
