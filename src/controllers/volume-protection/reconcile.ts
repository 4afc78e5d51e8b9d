import { type core, type Kind, persistentVolume, persistentVolumeClaim, pod } from '../../kinds/index.ts';
import type { KubeObject } from '../../meta/types.ts';
import { claimKeysOf } from '../pod-claims.ts';
import { type Controller, type ControllerContext, done } from '../run.ts';
import { claimFinalizer, type Protection, protectionOf, usersOf, volumeFinalizer } from './plan.ts';

/** Claims stay while a pod uses them. */
export const claimProtection: Controller = {
  name: 'pvc-protection',
  for: persistentVolumeClaim,
  also: [{ kind: pod, keys: (object) => claimKeysOf(object as core.Pod) }],
  async reconcile(key, { client, informers }) {
    const claim = informers.of(persistentVolumeClaim).get(key);
    if (!claim) return done;
    const namespace = claim.metadata.namespace ?? '';
    const isInUse = usersOf(claim, informers.of(pod).inNamespace(namespace)).length > 0;
    const protection = protectionOf(claim, claimFinalizer, isInUse);
    // Before the last guard goes, the API is asked: a pod may have come that the cache does not show yet.
    if (protection === 'release' && usersOf(claim, (await client.list(pod, { namespace })).items).length > 0) return done;
    await protect(persistentVolumeClaim, claim, claimFinalizer, protection, client);
    return done;
  },
};

/** Volumes stay while a claim is bound to them. */
export const volumeProtection: Controller = {
  name: 'pv-protection',
  for: persistentVolume,
  async reconcile(key, { client, informers }) {
    const volume = informers.of(persistentVolume).get(key);
    if (!volume) return done;
    const protection = protectionOf(volume, volumeFinalizer, volume.status?.phase === 'Bound');
    await protect(persistentVolume, volume, volumeFinalizer, protection, client);
    return done;
  },
};

async function protect<T extends KubeObject>(
  kind: Kind<T>,
  it: T,
  finalizer: string,
  protection: Protection,
  client: ControllerContext['client'],
): Promise<void> {
  if (protection === 'keep') return;
  await client.change(kind, it, ({ metadata }) => {
    const others = (metadata.finalizers ?? []).filter((one) => one !== finalizer);
    metadata.finalizers = protection === 'add' ? [...others, finalizer] : others;
  });
}
