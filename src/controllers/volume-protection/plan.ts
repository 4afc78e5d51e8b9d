import type { core } from '../../kinds/index.ts';
import { controllerOf, isDeleting } from '../../meta/owner.ts';
import { claimNamesOf } from '../pod-claims.ts';

export const claimFinalizer = 'kubernetes.io/pvc-protection';
export const volumeFinalizer = 'kubernetes.io/pv-protection';

export type Protection = 'add' | 'release' | 'keep';

/**
 * A pod that has a node uses its claims for as long as it is there, ended or not (pvcprotection, podUsesPVC). Not those that
 * are its own when its node is done with it: one that is deleted in the foreground waits for them, and each would wait for
 * the other for ever. (Upstream: podIsShutDown, for ephemeral volumes alone; claims that go with the pods of a stateful set
 * are in the same case.)
 */
export const usersOf = (claim: core.PersistentVolumeClaim, pods: readonly core.Pod[]): core.Pod[] =>
  pods.filter(
    (it) =>
      Boolean(it.spec.nodeName) &&
      claimNamesOf(it).includes(claim.metadata.name) &&
      !(isShutDown(it) && controllerOf(claim)?.uid === it.metadata.uid),
  );

const isShutDown = ({ metadata }: core.Pod): boolean =>
  metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;

export function protectionOf(it: core.PersistentVolumeClaim | core.PersistentVolume, finalizer: string, isInUse: boolean): Protection {
  const isProtected = it.metadata.finalizers?.includes(finalizer) ?? false;
  if (!isDeleting(it)) return isProtected ? 'keep' : 'add';
  return isProtected && !isInUse ? 'release' : 'keep';
}
