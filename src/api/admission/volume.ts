import type { core, storage } from '../../kinds/index.ts';
import { isDefaultClass, storageClass } from '../../kinds/index.ts';
import { compareQuantities } from '../../meta/quantity.ts';
import { StatusError } from '../../meta/status-error.ts';
import type { Store } from '../../store/index.ts';
import { decode, storeKey } from '../codec.ts';
import type { AdmissionStep } from './admission.ts';

/** Claims and volumes in use are not removed under their users (upstream: StorageObjectInUseProtection). */
export const volumeProtection: AdmissionStep = {
  name: 'StorageObjectInUseProtection',
  create(kind, draft) {
    const finalizer = { persistentvolumeclaims: 'kubernetes.io/pvc-protection', persistentvolumes: 'kubernetes.io/pv-protection' }[
      kind.resource
    ];
    if (finalizer) draft.metadata.finalizers = [...new Set([...(draft.metadata.finalizers ?? []), finalizer])];
  },
};

/** A claim that names no class gets the default one; the newest where there are several (upstream: DefaultStorageClass). */
export const defaultStorageClass = (store: Store): AdmissionStep => ({
  name: 'DefaultStorageClass',
  async create(kind, draft) {
    const { spec } = draft as core.PersistentVolumeClaim;
    if (kind.resource !== 'persistentvolumeclaims' || spec.storageClassName !== undefined) return;
    const { entries } = await store.range(storeKey(storageClass));
    const defaults = entries.map((it) => decode(it) as storage.StorageClass).filter(isDefaultClass);
    const newest = defaults.sort((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp))[0];
    if (newest) spec.storageClassName = newest.metadata.name;
  },
});

/** A claim grows only where its class says that it can (upstream: PersistentVolumeClaimResize). */
export const claimGrowth = (store: Store): AdmissionStep => ({
  name: 'PersistentVolumeClaimResize',
  async update(kind, draft, was) {
    if (kind.resource !== 'persistentvolumeclaims') return;
    const [now, before] = [draft, was].map((it) => (it as core.PersistentVolumeClaim).spec.resources?.requests?.storage);
    if (!now || !before || compareQuantities(now, before) <= 0) return;
    const { name } = was.metadata;
    const className = (was as core.PersistentVolumeClaim).spec.storageClassName;
    const entry = className ? await store.get(storeKey(storageClass, undefined, className)) : undefined;
    if (entry && (decode(entry) as storage.StorageClass).allowVolumeExpansion) return;
    throw new StatusError(
      'Forbidden',
      `persistentvolumeclaims "${name}" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize`,
      { details: { name, kind: 'persistentvolumeclaims' } },
    );
  },
});
