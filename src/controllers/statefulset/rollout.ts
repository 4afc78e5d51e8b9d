import type { apps, core } from '../../kinds/index.ts';
import { isDeleting } from '../../meta/owner.ts';
import type { IntOrString } from '../../meta/types.ts';
import { type Revisions, revisionOf, wantedReplicas } from './identity.ts';

/** Shares are rounded down, but one may always be missing (upstream: getStatefulSetMaxUnavailable). */
export function maxUnavailable(value: IntOrString | undefined, replicas: number): number {
  if (typeof value === 'number') return Math.max(1, value);
  const share = Number.parseInt(value ?? '', 10);
  return Number.isNaN(share) ? 1 : Math.max(1, Math.floor((share * replicas) / 100));
}

/**
 * The pods that go so that their successors have the new template: from the highest ordinal down to the partition, as
 * many as may be missing at a time. A pod that is missing anyway costs nothing, so a broken rollout can be mended.
 */
export function planRollout(
  set: apps.StatefulSet,
  { update }: Revisions,
  replicas: ReadonlyArray<core.Pod | undefined>,
  isThere: (pod: core.Pod) => boolean,
): core.Pod[] {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === 'OnDelete') return [];
  const missing = replicas.filter((it) => !it || !isThere(it)).length;
  let left = maxUnavailable(rollingUpdate?.maxUnavailable, wantedReplicas(set)) - missing;
  const going: core.Pod[] = [];
  for (let place = replicas.length - 1; place >= (rollingUpdate?.partition ?? 0); place--) {
    const pod = replicas[place];
    if (!pod || isDeleting(pod) || revisionOf(pod) === update.metadata.name) continue;
    if (!isThere(pod)) going.push(pod);
    else if (left > 0) {
      going.push(pod);
      left -= 1;
    }
  }
  return going;
}
