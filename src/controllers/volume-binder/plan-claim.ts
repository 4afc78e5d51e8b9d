import { isDeleting } from '../../meta/owner.ts';
import { findVolume, mismatch } from './match.ts';
import {
  bindCompleted,
  boundByController,
  type Claim,
  classOf,
  defaultClassOf,
  isDelayed,
  isMeantFor,
  namesNoClass,
  selectedNode,
  type StorageClass,
  type Volume,
} from './vocabulary.ts';

export type ClaimFacts = {
  volume(name: string): Volume | undefined;
  volumes(): readonly Volume[];
  classes(): readonly StorageClass[];
  /** Pods that use the claim and have no node yet. */
  waitingPods(): readonly string[];
};
export type Told = { type: 'Normal' | 'Warning'; reason: string; message: string };

export type ClaimPlan =
  | { do: 'nothing' }
  | { do: 'wait'; tell?: Told }
  | { do: 'provision'; provisioner: string; tell: Told }
  | { do: 'take class'; name: string }
  | { do: 'bind'; volume: Volume }
  | { do: 'lose'; tell: Told };

const normal = (reason: string, message: string): Told => ({ type: 'Normal', reason, message });
const warning = (reason: string, message: string): Told => ({ type: 'Warning', reason, message });

/** What becomes of a claim, as upstream's persistentvolume controller decides it (syncClaim). */
export function planClaim(claim: Claim, facts: ClaimFacts): ClaimPlan {
  if (claim.metadata.annotations?.[bindCompleted] !== undefined) return planBound(claim, facts);
  // Nothing new is bound to what goes.
  if (isDeleting(claim)) return { do: 'nothing' };
  return claim.spec.volumeName ? planNamed(claim, claim.spec.volumeName, facts) : planOpen(claim, facts);
}

function planBound(claim: Claim, facts: ClaimFacts): ClaimPlan {
  const lose = (reason: string, message: string): ClaimPlan => ({ do: 'lose', tell: warning(reason, message) });
  if (!claim.spec.volumeName) return lose('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  const volume = facts.volume(claim.spec.volumeName);
  if (!volume) return lose('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  if (!volume.spec.claimRef || volume.spec.claimRef.uid === claim.metadata.uid) return { do: 'bind', volume };
  return lose('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
}

function planNamed(claim: Claim, name: string, facts: ClaimFacts): ClaimPlan {
  const volume = facts.volume(name);
  if (!volume) return { do: 'wait' };
  if (!volume.spec.claimRef) {
    const why = mismatch(volume, claim);
    if (why) return { do: 'wait', tell: warning('VolumeMismatch', `Cannot bind to requested volume ${JSON.stringify(name)}: ${why}`) };
    return { do: 'bind', volume };
  }
  if (isMeantFor(volume, claim)) return { do: 'bind', volume };
  if (claim.metadata.annotations?.[boundByController] !== undefined) {
    const { namespace, name: other } = volume.spec.claimRef;
    throw new Error(`volume ${name} of claim ${claim.metadata.namespace}/${claim.metadata.name} is bound to ${namespace}/${other}`);
  }
  return { do: 'wait', tell: warning('FailedBinding', `volume ${JSON.stringify(name)} already bound to a different claim.`) };
}

function planOpen(claim: Claim, facts: ClaimFacts): ClaimPlan {
  if (namesNoClass(claim)) {
    const fallback = defaultClassOf(facts.classes());
    if (fallback) return { do: 'take class', name: fallback.metadata.name };
  }
  const name = classOf(claim);
  const found = name ? facts.classes().find((it) => it.metadata.name === name) : undefined;
  const waits = isDelayed(found);
  const volume = findVolume(claim, facts.volumes(), waits);
  if (volume) return { do: 'bind', volume };
  if (waits && claim.metadata.annotations?.[selectedNode] === undefined) return { do: 'wait', tell: firstConsumer(facts.waitingPods()) };
  if (!name)
    return { do: 'wait', tell: normal('FailedBinding', 'no persistent volumes available for this claim and no storage class is set') };
  if (!found) return { do: 'wait', tell: warning('ProvisioningFailed', `storageclass.storage.k8s.io ${JSON.stringify(name)} not found`) };
  const { provisioner } = found;
  if (provisioner.startsWith('kubernetes.io/'))
    return { do: 'wait', tell: warning('ProvisioningFailed', `no volume plugin matched name: ${provisioner}`) };
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  return { do: 'provision', provisioner, tell: normal('ExternalProvisioning', message) };
}

const firstConsumer = (pods: readonly string[]): Told =>
  pods.length > 0
    ? normal('WaitForPodScheduled', `waiting for pod${pods.length > 1 ? 's' : ''} ${pods.join(',')} to be scheduled`)
    : normal('WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
