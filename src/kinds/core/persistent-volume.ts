import { deepEqual } from '../../meta/copy.ts';
import { type FieldError, forbidden, invalidValue, notSupported, required } from '../../meta/field-error.ts';
import { dns1123Subdomain } from '../../meta/names.ts';
import { compareQuantities } from '../../meta/quantity.ts';
import { defineKind } from '../define.ts';
import { enumFaults } from '../enums.ts';
import { faultsOf } from '../faults.ts';
import type { PersistentVolume } from '../generated/core-v1.ts';
import { accessModesText } from './volume-columns.ts';

const notSources = [
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
];
const sourceOf = (it: PersistentVolume): unknown =>
  Object.fromEntries(Object.entries(it.spec).filter(([key]) => !notSources.includes(key)));

function validate(it: PersistentVolume, was?: PersistentVolume): FieldError[] {
  const faults = enumFaults('core/v1.PersistentVolumeSpec', it.spec, 'spec');
  if (!it.spec.accessModes?.length) faults.push(required('spec.accessModes'));
  const size = it.spec.capacity?.storage;
  if (!it.spec.capacity) faults.push(required('spec.capacity'));
  else if (!size || Object.keys(it.spec.capacity).length !== 1)
    faults.push(notSupported('spec.capacity', Object.keys(it.spec.capacity).join(','), ['storage']));
  else if (compareQuantities(size, '0') <= 0) faults.push(invalidValue('spec.capacity[storage]', size, 'must be greater than zero'));
  for (const extra of Object.keys(sourceOf(it) as object).slice(1))
    faults.push(forbidden(`spec.${extra}`, 'may not specify more than 1 volume type'));
  const { hostPath, storageClassName } = it.spec;
  if (hostPath && !hostPath.path) faults.push(required('spec.hostPath.path'));
  if (hostPath?.path?.split('/').includes('..')) faults.push(invalidValue('spec.hostPath.path', hostPath.path, "must not contain '..'"));
  if (hostPath?.path === '/' && it.spec.persistentVolumeReclaimPolicy === 'Recycle')
    faults.push(forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"));
  if (storageClassName) faults.push(...faultsOf('spec.storageClassName', storageClassName, dns1123Subdomain(storageClassName)));
  if (Object.keys(sourceOf(it) as object).length === 0) faults.push(required('spec', 'must specify a volume type'));
  if (was && !deepEqual(sourceOf(it), sourceOf(was)))
    faults.push(forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'));
  return faults;
}

export const persistentVolume = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  namespaced: false,
  returnsDeleted: true,
  defaults: (draft) => {
    draft.spec ??= {};
    draft.spec.persistentVolumeReclaimPolicy ??= 'Retain';
    draft.spec.volumeMode ??= 'Filesystem';
  },
  prepareCreate: (draft) => {
    draft.status = { phase: 'Pending' };
  },
  validate,
  columns: [
    { name: 'Capacity', type: 'string', value: (it) => it.spec.capacity?.storage ?? '' },
    { name: 'Access Modes', type: 'string', value: (it) => accessModesText(it.spec.accessModes) },
    { name: 'Reclaim Policy', type: 'string', value: (it) => it.spec.persistentVolumeReclaimPolicy },
    { name: 'Status', type: 'string', value: (it) => (it.metadata.deletionTimestamp ? 'Terminating' : it.status?.phase) },
    { name: 'Claim', type: 'string', value: (it) => (it.spec.claimRef ? `${it.spec.claimRef.namespace}/${it.spec.claimRef.name}` : '') },
    { name: 'StorageClass', type: 'string', value: (it) => it.spec.storageClassName ?? '' },
    { name: 'VolumeAttributesClass', type: 'string', value: (it) => it.spec.volumeAttributesClassName ?? '<unset>' },
    { name: 'Reason', type: 'string', value: (it) => it.status?.reason ?? '' },
    { name: 'VolumeMode', type: 'string', wide: true, value: (it) => it.spec.volumeMode ?? '<unset>' },
  ],
});
