import { isDeleting } from '../../meta/owner.ts';
import { boundByController, type Claim, dataFinalizer, ourDriver, provisionedBy, type Volume } from './vocabulary.ts';

export type Phase = NonNullable<NonNullable<Volume['status']>['phase']>;
export type VolumePlan = {
  phase?: Phase;
  /** With a phase that is a failure. */
  failure?: { reason: string; message: string };
  /** Takes back a binding that came to nothing. */
  unbind?: true;
  remove?: true;
  /** Whether the node is to remove the data when the object goes. */
  holdData?: boolean;
};

/** What becomes of a volume; `claim` is the one of the name it is bound to (pv_controller.go, syncVolume). */
export function planVolume(volume: Volume, claim: Claim | undefined): VolumePlan {
  const plan = planPhase(volume, claim);
  const { csi, persistentVolumeReclaimPolicy: policy } = volume.spec;
  if (csi?.driver !== ourDriver || isDeleting(volume)) return plan;
  const holds = volume.metadata.finalizers?.includes(dataFinalizer) ?? false;
  const shouldHold = policy === 'Delete';
  return { ...plan, ...(holds !== shouldHold && { holdData: shouldHold }) };
}

function planPhase(volume: Volume, claim: Claim | undefined): VolumePlan {
  const { claimRef } = volume.spec;
  if (!claimRef?.uid) return { phase: 'Available' };
  if (!claim || claim.metadata.uid !== claimRef.uid) return released(volume);
  if (claim.spec.volumeName === volume.metadata.name) return { phase: 'Bound' };
  // The claim's own turn will finish the binding.
  if (!claim.spec.volumeName) return {};
  const isProvisioned = volume.metadata.annotations?.[provisionedBy] !== undefined;
  if (isProvisioned && volume.spec.persistentVolumeReclaimPolicy === 'Delete') return released(volume);
  return { unbind: true, phase: 'Available' };
}

/** Its claim has gone. A failure stays to be seen while the next try is under way. */
function released(volume: Volume): VolumePlan {
  const { phase } = volume.status ?? {};
  const { persistentVolumeReclaimPolicy: policy, csi } = volume.spec;
  if (policy === 'Recycle') return failed('VolumeFailedRecycle', 'No recycler plugin found for the volume!');
  if (policy === 'Delete' && csi?.driver !== ourDriver && !isProvisionedElsewhere(volume)) {
    const name = JSON.stringify(volume.metadata.name);
    return failed('VolumeFailedDelete', `error getting deleter volume plugin for volume ${name}: no deletable volume plugin matched`);
  }
  const next: VolumePlan = phase === 'Released' || phase === 'Failed' ? {} : { phase: 'Released' };
  return policy === 'Delete' && csi?.driver === ourDriver && !isDeleting(volume) ? { ...next, remove: true } : next;
}

const failed = (reason: string, message: string): VolumePlan => ({ phase: 'Failed', failure: { reason, message } });

/** Someone else made it and will remove it. */
const isProvisionedElsewhere = ({ metadata, spec }: Volume): boolean =>
  spec.csi !== undefined || (metadata.annotations?.[provisionedBy] ?? ourDriver) !== ourDriver;

/** The draft without its binding: without all of it when the controller had chosen, else still meant for that claim. */
export function unbind(draft: Volume): void {
  const { annotations, ...others } = draft.metadata;
  if (annotations?.[boundByController] === undefined) {
    if (draft.spec.claimRef) delete draft.spec.claimRef.uid;
    return;
  }
  const { [boundByController]: _, ...left } = annotations;
  draft.metadata = { ...others, ...(Object.keys(left).length > 0 && { annotations: left }) };
  delete draft.spec.claimRef;
}
