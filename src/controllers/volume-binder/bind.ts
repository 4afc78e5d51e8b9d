import type { Client } from '../../client/index.ts';
import { persistentVolume, persistentVolumeClaim } from '../../kinds/index.ts';
import { toTime } from '../../lib/clock.ts';
import { deepEqual } from '../../meta/copy.ts';
import type { Phase } from './plan-volume.ts';
import { bindCompleted, boundByController, type Claim, isMeantFor, type Volume } from './vocabulary.ts';

/**
 * Binds both ends, the volume first: a claim that says it is bound has a volume that says so too. Each write is
 * conditioned on what was seen, so of two claims only one gets the volume; the other begins again.
 */
export async function bind(volume: Volume, claim: Claim, client: Client, now: number): Promise<void> {
  const taken = await takeVolume(volume, claim, client);
  await setVolumePhase(taken, 'Bound', client, now);
  const bound = await bindClaim(claim, taken, client);
  await client.changeStatus(persistentVolumeClaim, bound, (draft) => {
    const { accessModes = [], capacity = {} } = taken.spec;
    const { storage = '0' } = capacity;
    draft.status = { ...draft.status, phase: 'Bound', accessModes, capacity: { ...draft.status?.capacity, storage } };
  });
}

async function takeVolume(volume: Volume, claim: Claim, client: Client): Promise<Volume> {
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  if (volume.spec.claimRef?.uid === uid) return volume;
  const annotations = { ...volume.metadata.annotations, ...(!isMeantFor(volume, claim) && { [boundByController]: 'yes' }) };
  const claimRef = {
    ...{ kind: 'PersistentVolumeClaim', apiVersion: 'v1', name, uid, resourceVersion },
    ...(namespace && { namespace }),
  };
  return client.update(persistentVolume, {
    ...volume,
    metadata: { ...volume.metadata, annotations },
    spec: { ...volume.spec, claimRef },
  });
}

async function bindClaim(claim: Claim, { metadata: { name } }: Volume, client: Client): Promise<Claim> {
  const isChosen = claim.spec.volumeName !== name;
  const annotations = { ...claim.metadata.annotations, ...(isChosen && { [boundByController]: 'yes' }), [bindCompleted]: 'yes' };
  if (!isChosen && deepEqual(annotations, claim.metadata.annotations)) return claim;
  const next = { ...claim, metadata: { ...claim.metadata, annotations }, spec: { ...claim.spec, volumeName: name } };
  return client.update(persistentVolumeClaim, next);
}

export async function setVolumePhase(
  volume: Volume,
  phase: Phase,
  client: Client,
  now: number,
  failure?: { reason: string; message: string },
): Promise<Volume | undefined> {
  return client.changeStatus(persistentVolume, volume, (draft) => {
    if (draft.status?.phase === phase && draft.status.reason === failure?.reason) return false;
    draft.status = { phase, lastPhaseTransitionTime: toTime(now), ...failure };
    return true;
  });
}
