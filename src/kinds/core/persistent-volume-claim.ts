import { deepEqual } from '../../meta/copy.ts';
import { type FieldError, forbidden, invalidValue, required } from '../../meta/field-error.ts';
import { compareQuantities } from '../../meta/quantity.ts';
import { defineKind } from '../define.ts';
import { enumFaults } from '../enums.ts';
import type { PersistentVolumeClaim } from '../generated/core-v1.ts';
import { accessModesText } from './volume-columns.ts';

function validate(it: PersistentVolumeClaim, was?: PersistentVolumeClaim): FieldError[] {
  const { spec } = it;
  const faults = enumFaults('core/v1.PersistentVolumeClaimSpec', spec, 'spec');
  if (!spec.accessModes?.length) faults.push(required('spec.accessModes', 'at least 1 access mode is required'));
  const size = spec.resources?.requests?.storage;
  if (!size) faults.push(required('spec.resources[storage]'));
  else if (compareQuantities(size, '0') <= 0) faults.push(invalidValue('spec.resources[storage]', size, 'must be greater than zero'));
  if (was?.spec.volumeName) {
    const frozen = ({ resources: _, volumeAttributesClassName: __, ...rest }: PersistentVolumeClaim['spec']): unknown => rest;
    if (!deepEqual(frozen(spec), frozen(was.spec))) {
      faults.push(
        forbidden('spec', 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'),
      );
    }
    const before = was.spec.resources?.requests?.storage;
    if (size && before && compareQuantities(size, before) < 0)
      faults.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  }
  return faults;
}

export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  namespaced: true,
  defaults: (draft) => {
    draft.spec ??= {};
    draft.spec.volumeMode ??= 'Filesystem';
  },
  prepareCreate: (draft) => {
    draft.status = { phase: 'Pending' };
  },
  validate,
  columns: [
    { name: 'Status', type: 'string', value: (it) => (it.metadata.deletionTimestamp ? 'Terminating' : it.status?.phase) },
    { name: 'Volume', type: 'string', value: (it) => it.spec.volumeName ?? '' },
    { name: 'Capacity', type: 'string', value: (it) => (it.spec.volumeName ? (it.status?.capacity?.storage ?? '') : '') },
    { name: 'Access Modes', type: 'string', value: (it) => (it.spec.volumeName ? accessModesText(it.status?.accessModes) : '') },
    { name: 'StorageClass', type: 'string', value: (it) => it.spec.storageClassName ?? '' },
    { name: 'VolumeAttributesClass', type: 'string', value: (it) => it.spec.volumeAttributesClassName ?? '<unset>' },
    { name: 'VolumeMode', type: 'string', wide: true, value: (it) => it.spec.volumeMode ?? '<unset>' },
  ],
});
