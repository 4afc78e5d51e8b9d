import { type core, persistentVolume, persistentVolumeClaim } from '../../kinds/index.ts';
import { type Controller, type ControllerContext, done } from '../run.ts';
import { setVolumePhase } from './bind.ts';
import { planVolume, unbind } from './plan-volume.ts';
import { type Claim, dataFinalizer, type Volume } from './vocabulary.ts';

/** Keeps the phase of volumes, and takes them back when their claim has gone. */
export const volumeReclaimer: Controller = {
  name: 'persistentvolume-reclaim',
  for: persistentVolume,
  also: [
    {
      kind: persistentVolumeClaim,
      keys: (object, { informers }) => {
        const { metadata, spec } = object as core.PersistentVolumeClaim;
        const meant = informers
          .of(persistentVolume)
          .list()
          .filter((it) => it.spec.claimRef?.uid === metadata.uid)
          .map((it) => it.metadata.name);
        return spec.volumeName ? [spec.volumeName, ...meant] : meant;
      },
    },
  ],
  async reconcile(name, context) {
    const { client, clock, informers, recorder } = context;
    const found = informers.of(persistentVolume).get(name);
    if (!found) return done;
    const plan = planVolume(found, await claimOf(found, context));
    let volume: Volume | undefined = found;
    if (plan.unbind || plan.holdData !== undefined) {
      volume = await client.change(persistentVolume, found, (draft) => {
        if (plan.unbind) unbind(draft);
        if (plan.holdData !== undefined) holdData(draft, plan.holdData);
      });
    }
    if (volume && plan.phase && (volume.status?.phase !== plan.phase || volume.status.reason !== plan.failure?.reason)) {
      volume = await setVolumePhase(volume, plan.phase, client, clock.now(), plan.failure);
      if (volume && plan.failure) recorder.record(volume, 'Warning', plan.failure.reason, plan.failure.message);
    }
    if (volume && plan.remove) await client.delete(persistentVolume, { name }, { preconditions: { uid: volume.metadata.uid } });
    return done;
  },
};

/** The claim of the name the volume is bound to. That it has gone is asked of the API: data hangs on it. */
async function claimOf({ spec: { claimRef } }: Volume, { client, informers }: ControllerContext): Promise<Claim | undefined> {
  if (!claimRef?.name) return undefined;
  const { namespace = '', name, uid } = claimRef;
  const cached = informers.of(persistentVolumeClaim).get(`${namespace}/${name}`);
  return cached && cached.metadata.uid === uid ? cached : client.get(persistentVolumeClaim, { namespace, name });
}

function holdData({ metadata }: Volume, hold: boolean): void {
  const others = (metadata.finalizers ?? []).filter((it) => it !== dataFinalizer);
  metadata.finalizers = hold ? [...others, dataFinalizer] : others;
}
