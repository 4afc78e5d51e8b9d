import { deepEqual } from '../../meta/copy.ts';
import { type FieldError, forbidden, required } from '../../meta/field-error.ts';
import { defineKind } from '../define.ts';
import { enumFaults } from '../enums.ts';
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
  if (!it.spec.capacity?.storage) faults.push(required('spec.capacity'));
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
