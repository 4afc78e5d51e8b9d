import { type apps, type core, isPodFinished } from '../../kinds/index.ts';
import type { Size } from './scale.ts';
import { actualOf, isActive, mayHave, type Sets, wantedReplicas } from './sets.ts';

/**
 * The next step of a rollout without overlap: all old pods go, then the current set is made and sized. `undefined`
 * means to wait for old pods (upstream: recreate.go). `podsOf` knows the pods that are still going, too.
 */
export function planRecreate(
  deployment: apps.Deployment,
  { current, old }: Sets,
  podsOf: (set: apps.ReplicaSet) => readonly core.Pod[],
): Size[] | 'create' | undefined {
  const active = old.filter(isActive);
  if (active.length > 0) return active.map((set) => ({ set, replicas: 0 }));
  // A set that does not know yet that it is to have none may make one more.
  if (actualOf(old) > 0 || old.some((set) => mayHave(set) > 0) || old.some((set) => podsOf(set).some((it) => !isPodFinished(it))))
    return undefined;
  if (!current) return 'create';
  const replicas = wantedReplicas(deployment);
  return wantedReplicas(current) === replicas ? [] : [{ set: current, replicas }];
}
