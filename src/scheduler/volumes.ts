import { type core, matchesNodeSelector, type storage } from '../kinds/index.ts';
import { controllerOf, isDeleting, keyOf } from '../meta/owner.ts';
import { compareQuantities } from '../meta/quantity.ts';
import { matchesSelector } from '../meta/selector.ts';
import { type ClaimUse, claimsOf } from './claims.ts';
import type { NodeInfo } from './node-info.ts';

type Claim = core.PersistentVolumeClaim;
type Volume = core.PersistentVolume;

export interface VolumeFacts {
  claim(key: string): Claim | undefined;
  volume(name: string): Volume | undefined;
  volumes(): readonly Volume[];
  class(name: string): storage.StorageClass | undefined;
  /** Volumes another pod's claim is about to be bound to. */
  isReserved(volume: string): boolean;
}

export const selectedNode = 'volume.kubernetes.io/selected-node';
const bindCompleted = 'pv.kubernetes.io/bind-completed';

/** What a pod's claims are like, wherever it goes. */
export type PodClaims =
  | { fault: string }
  | {
      bound: ReadonlyArray<{ claim: Claim; volume: Volume | undefined }>;
      /** Unbound ones whose class waits for a pod to say where. */
      delayed: readonly Claim[];
    };

export const isBound = (claim: Claim): boolean =>
  Boolean(claim.spec?.volumeName) && (claim.metadata.annotations?.[bindCompleted] !== undefined || claim.status?.phase === 'Bound');

export const classOf = (claim: Claim): string =>
  claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? claim.spec?.storageClassName ?? '';

/** Faults are worded as upstream's volume binding words them. */
export function podClaims(pod: core.Pod, facts: VolumeFacts): PodClaims {
  const bound: Array<{ claim: Claim; volume: Volume | undefined }> = [];
  const delayed: Claim[] = [];
  let isWaiting = false;
  for (const use of claimsOf(pod)) {
    const claim = facts.claim(use.key);
    const fault = claimFault(pod, use, claim);
    if (fault !== undefined || !claim) return { fault: fault ?? '' };
    if (isBound(claim)) bound.push({ claim, volume: facts.volume(claim.spec?.volumeName ?? '') });
    else if (!claim.spec?.volumeName && facts.class(classOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer') delayed.push(claim);
    else isWaiting = true;
  }
  return isWaiting ? { fault: 'pod has unbound immediate PersistentVolumeClaims' } : { bound, delayed };
}

function claimFault(pod: core.Pod, use: ClaimUse, claim: Claim | undefined): string | undefined {
  const name = JSON.stringify(use.name);
  if (!claim) {
    return use.isEphemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${name}`
      : `persistentvolumeclaim ${name} not found`;
  }
  if (claim.status?.phase === 'Lost') {
    return `persistentvolumeclaim ${name} bound to non-existent persistentvolume ${JSON.stringify(claim.spec?.volumeName ?? '')}`;
  }
  if (isDeleting(claim)) return `persistentvolumeclaim ${name} is being deleted`;
  if (use.isEphemeral && controllerOf(claim)?.uid !== pod.metadata.uid) {
    return `PVC ${use.key} was not created for pod ${keyOf(pod)} (pod is not owner)`;
  }
  return undefined;
}

/** What is to be done so that the delayed claims have volumes on a node. */
export type VolumePlan = { bind: ReadonlyArray<{ claim: Claim; volume: Volume }>; provision: readonly Claim[] };

/** Undefined when the node can have no volume for one of the claims. Existing volumes come first, the smallest that will do. */
export function planVolumes(claims: readonly Claim[], node: NodeInfo, facts: VolumeFacts): VolumePlan | undefined {
  const bind: Array<{ claim: Claim; volume: Volume }> = [];
  const provision: Claim[] = [];
  const taken = new Set<string>();
  for (const claim of claims) {
    const chosen = claim.metadata.annotations?.[selectedNode];
    if (chosen !== undefined) {
      // It is being provisioned for that node already.
      if (chosen !== node.name) return undefined;
      provision.push(claim);
      continue;
    }
    const volume = matchingVolume(claim, node, facts, taken);
    if (volume) {
      taken.add(volume.metadata.name);
      bind.push({ claim, volume });
    } else if (canProvision(claim, node, facts)) provision.push(claim);
    else return undefined;
  }
  return { bind, provision };
}

function canProvision(claim: Claim, node: NodeInfo, facts: VolumeFacts): boolean {
  const found = facts.class(classOf(claim));
  if (!found?.provisioner || found.provisioner === 'kubernetes.io/no-provisioner') return false;
  const { allowedTopologies } = found;
  return (
    !allowedTopologies?.length ||
    allowedTopologies.some((term) => (term.matchLabelExpressions ?? []).every((it) => it.values.includes(node.labels[it.key] ?? '\0')))
  );
}

function matchingVolume(claim: Claim, node: NodeInfo, facts: VolumeFacts, taken: ReadonlySet<string>): Volume | undefined {
  const asked = claim.spec?.resources?.requests?.['storage'] ?? '0';
  const size = (it: Volume): string => it.spec?.capacity?.['storage'] ?? '0';
  let best: Volume | undefined;
  for (const volume of facts.volumes()) {
    const ref = volume.spec?.claimRef;
    const isMeant = ref && ref.namespace === claim.metadata.namespace && ref.name === claim.metadata.name;
    if (ref && !(isMeant && (!ref.uid || ref.uid === claim.metadata.uid))) continue;
    if (isDeleting(volume) || taken.has(volume.metadata.name) || facts.isReserved(volume.metadata.name)) continue;
    if (!ref && volume.status?.phase !== undefined && volume.status.phase !== 'Available') continue;
    if (!suits(volume, claim, node) || compareQuantities(size(volume), asked) < 0) continue;
    if (isMeant) return volume;
    if (!best || compareQuantities(size(volume), size(best)) < 0) best = volume;
  }
  return best;
}

function suits(volume: Volume, claim: Claim, node: NodeInfo): boolean {
  const { spec } = volume;
  return (
    (spec?.storageClassName ?? '') === classOf(claim) &&
    (spec?.volumeMode ?? 'Filesystem') === (claim.spec?.volumeMode ?? 'Filesystem') &&
    (claim.spec?.accessModes ?? []).every((it) => spec?.accessModes?.includes(it)) &&
    (!claim.spec?.selector || matchesSelector(claim.spec.selector, volume.metadata.labels)) &&
    isReachable(volume, node)
  );
}

/** The volume's own node affinity accepts the node. */
export const isReachable = (volume: Volume, node: NodeInfo): boolean =>
  !volume.spec?.nodeAffinity?.required || matchesNodeSelector(volume.spec.nodeAffinity.required, node);
