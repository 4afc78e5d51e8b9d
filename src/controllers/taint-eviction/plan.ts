import { type core, tolerates } from '../../kinds/index.ts';
import { findCondition } from '../../meta/condition.ts';
import { isDeleting } from '../../meta/owner.ts';

type Taint = core.Taint;

/** When it came to its node: a taint that was there already counts from then. */
const boundAt = ({ metadata, status }: core.Pod): number =>
  Date.parse(findCondition(status?.conditions, 'PodScheduled')?.lastTransitionTime ?? metadata.creationTimestamp);

/**
 * When a pod has to leave its node for the node's NoExecute taints; undefined when it may stay. `since` tells when a
 * taint was put on. Where one toleration would let it stay longer than another, the first that fits counts.
 */
export function evictionTime(pod: core.Pod, taints: readonly Taint[] | undefined, since: (taint: Taint) => number): number | undefined {
  if (isDeleting(pod)) return undefined;
  let earliest: number | undefined;
  for (const taint of taints ?? []) {
    if (taint.effect !== 'NoExecute') continue;
    const toleration = pod.spec.tolerations?.find((it) => tolerates(it, taint));
    if (toleration && toleration.tolerationSeconds === undefined) continue;
    const at = Math.max(since(taint), boundAt(pod)) + Math.max(0, toleration?.tolerationSeconds ?? 0) * 1000;
    if (earliest === undefined || at < earliest) earliest = at;
  }
  return earliest;
}
