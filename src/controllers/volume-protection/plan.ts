import type { core } from '../../kinds/index.ts';
import { isDeleting } from '../../meta/owner.ts';
import { claimNamesOf } from '../pod-claims.ts';

export const claimFinalizer = 'kubernetes.io/pvc-protection';
export const volumeFinalizer = 'kubernetes.io/pv-protection';

export type Protection = 'add' | 'release' | 'keep';

/** A pod that has a node uses its claims for as long as it is there, ended or not (pvcprotection, podUsesPVC). */
export const usersOf = (claim: core.PersistentVolumeClaim, pods: readonly core.Pod[]): core.Pod[] =>
  pods.filter((it) => Boolean(it.spec.nodeName) && claimNamesOf(it).includes(claim.metadata.name));

export function protectionOf(it: core.PersistentVolumeClaim | core.PersistentVolume, finalizer: string, isInUse: boolean): Protection {
  const isProtected = it.metadata.finalizers?.includes(finalizer) ?? false;
  if (!isDeleting(it)) return isProtected ? 'keep' : 'add';
  return isProtected && !isInUse ? 'release' : 'keep';
}
