import type { Client, Informer } from '../client/index.ts';
import { type core, persistentVolume, persistentVolumeClaim } from '../kinds/index.ts';
import { type Clock, minutes } from '../lib/clock.ts';
import { keyOf } from '../meta/owner.ts';
import { isBound, selectedNode, type VolumePlan } from './volumes.ts';

/** Makes sure that the claims of a pod which is to run on `node` get their volumes; resolves when they have them. */
export type BindVolumes = (plan: VolumePlan, node: string) => Promise<void>;

// kube-scheduler: VolumeBindingArgs.bindTimeoutSeconds.
const longestWait = minutes(10);

export function createVolumeBinding(client: Client, claims: Informer<core.PersistentVolumeClaim>, clock: Clock): BindVolumes {
  const waiting = new Map<string, Set<() => void>>();
  claims.onChange(({ object }) => {
    for (const look of [...(waiting.get(keyOf(object)) ?? [])]) look();
  });

  /** Fails when the claim goes, when whoever provisions it gives the node back, or after ten minutes. */
  function untilBound(key: string, node: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let wasAsked = false;
      const end = (error?: Error): void => {
        cancel();
        const looks = waiting.get(key);
        looks?.delete(look);
        if (looks?.size === 0) waiting.delete(key);
        if (error) reject(error);
        else resolve();
      };
      const look = (): void => {
        const claim = claims.get(key);
        if (!claim || isBound(claim)) {
          end(claim ? undefined : new Error(`persistentvolumeclaim ${JSON.stringify(key)} was deleted`));
          return;
        }
        const asked = claim.metadata.annotations?.[selectedNode];
        if (asked === node) wasAsked = true;
        else if (wasAsked) end(new Error(`selectedNode annotation reset for PVC ${JSON.stringify(claim.metadata.name)}`));
      };
      const cancel = clock.schedule(longestWait, () => end(new Error('binding volumes: context deadline exceeded')));
      waiting.set(key, (waiting.get(key) ?? new Set()).add(look));
      look();
    });
  }

  return async ({ bind, provision }, node) => {
    for (const { claim, volume } of bind) await reserve(client, volume, claim);
    for (const claim of provision) {
      await client.change(persistentVolumeClaim, claim, (draft) => {
        draft.metadata.annotations = { ...draft.metadata.annotations, [selectedNode]: node };
      });
    }
    await Promise.all([...bind.map(({ claim }) => claim), ...provision].map((claim) => untilBound(keyOf(claim), node)));
  };
}

/** Says on the volume whose it is to be; the volume controller does the rest. */
async function reserve(client: Client, volume: core.PersistentVolume, claim: core.PersistentVolumeClaim): Promise<void> {
  const { namespace = '', name, uid, resourceVersion } = claim.metadata;
  await client.change(persistentVolume, volume, (draft) => {
    const ref = draft.spec?.claimRef;
    if (ref && (ref.namespace !== namespace || ref.name !== name || (ref.uid && ref.uid !== uid))) {
      throw new Error(`persistentvolume ${JSON.stringify(draft.metadata.name)} was bound to another claim meanwhile`);
    }
    if (ref?.uid) return;
    // Marked as chosen by us, so that it is given back when the claim goes (pv.kubernetes.io/bound-by-controller).
    if (!ref) draft.metadata.annotations = { ...draft.metadata.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes' };
    const claimRef = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion };
    draft.spec = { ...draft.spec, claimRef };
  });
}
