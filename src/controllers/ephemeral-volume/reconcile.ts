import { persistentVolumeClaim, pod } from '../../kinds/index.ts';
import { isReason } from '../../meta/status-error.ts';
import { isNamespaceGoing } from '../namespace-going.ts';
import { type Controller, done } from '../run.ts';
import { planClaims } from './plan.ts';

/** Makes the claims of pods that bring their own. */
export const ephemeralVolumes: Controller = {
  name: 'ephemeral-volume',
  for: pod,
  owns: [persistentVolumeClaim],
  async reconcile(key, { client, informers, recorder }) {
    const it = informers.of(pod).get(key);
    if (!it) return done;
    const { create, conflicts } = planClaims(it, (name) => informers.of(persistentVolumeClaim).get(`${it.metadata.namespace}/${name}`));
    const fail = (volume: string, why: string, cause?: unknown): never => {
      recorder.record(it, 'Warning', 'FailedBinding', `ephemeral volume ${volume}: ${why}`);
      throw new Error(`pod ${key}, ephemeral volume ${volume}: ${why}`, { cause });
    };
    for (const { volume, claim } of create) {
      try {
        await client.create(persistentVolumeClaim, claim);
      } catch (error) {
        if (isNamespaceGoing(error)) return done;
        // The cache has not shown yet what was made a moment ago, or it is another's: the next look tells.
        if (!isReason(error, 'AlreadyExists')) fail(volume, `create PVC ${claim.metadata.name}: ${String(error)}`, error);
      }
    }
    for (const { volume, claim } of conflicts)
      fail(volume, `PVC ${it.metadata.namespace}/${claim} was not created for pod ${key} (pod is not owner)`);
    return done;
  },
};
