import { type core, isPodFinished, pod } from '../../kinds/index.ts';
import { type Milliseconds, minutes, toTime } from '../../lib/clock.ts';
import { findCondition, withCondition } from '../../meta/condition.ts';
import { isDeleting } from '../../meta/owner.ts';
import { again, type Controller, done } from '../run.ts';

/** A pod that was to be disrupted and is still there after this will not be (upstream: stalePodDisruptionTimeout). */
const patience = minutes(2);

/** Until the mark on a pod is stale; undefined for one without. */
export function staleIn(it: core.Pod, now: Milliseconds): Milliseconds | undefined {
  const target = findCondition(it.status?.conditions, 'DisruptionTarget');
  if (target?.status !== 'True' || isDeleting(it) || isPodFinished(it)) return undefined;
  return Date.parse(target.lastTransitionTime ?? it.metadata.creationTimestamp) + patience - now;
}

/** Takes back the word that a pod is disrupted when nobody disrupts it. */
export const staleDisruptions: Controller = {
  name: 'stale-disruption',
  for: pod,
  async reconcile(key, { informers, client, clock }) {
    const it = informers.of(pod).get(key);
    const left = it && staleIn(it, clock.now());
    if (!it || left === undefined) return done;
    if (left > 0) return again(left);
    await client.changeStatus(pod, it, (draft) => {
      if ((staleIn(draft, clock.now()) ?? 1) > 0) return false;
      const condition = { type: 'DisruptionTarget', status: 'False' };
      draft.status = { ...draft.status, conditions: withCondition(draft.status?.conditions, condition, toTime(clock.now())) };
      return true;
    });
    return done;
  },
};
