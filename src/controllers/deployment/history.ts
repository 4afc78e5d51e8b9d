import type { apps } from '../../kinds/index.ts';
import { isDeleting } from '../../meta/owner.ts';
import { revisionOf } from './annotations.ts';
import { byAge, wantedReplicas } from './sets.ts';

/** Old sets beyond the limit, lowest revision first; one that has pods, or may still make some, is spared. */
export function planHistory(deployment: apps.Deployment, old: readonly apps.ReplicaSet[]): apps.ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 0x7fffffff;
  const alive = old.filter((it) => !isDeleting(it)).sort((a, b) => Number(revisionOf(a) - revisionOf(b)) || byAge(a, b));
  return alive.slice(0, Math.max(0, alive.length - limit)).filter((it) => {
    const { replicas = 0, observedGeneration = 0 } = it.status ?? {};
    return replicas === 0 && wantedReplicas(it) === 0 && (it.metadata.generation ?? 0) <= observedGeneration;
  });
}
