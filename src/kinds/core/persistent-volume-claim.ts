import { deepEqual } from '../../meta/copy.ts';
import { type FieldError, forbidden } from '../../meta/field-error.ts';
import { compareQuantities } from '../../meta/quantity.ts';
import { defineKind } from '../define.ts';
import type { PersistentVolumeClaim } from '../generated/core-v1.ts';
import { claimSpecFaults } from './claim-spec.ts';
import { accessModesText } from './volume-columns.ts';

const changeable = 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

function validate(it: PersistentVolumeClaim, was?: PersistentVolumeClaim): FieldError[] {
  const { spec } = it;
  const faults = claimSpecFaults(spec, 'spec');
  return was ? [...faults, ...updateFaults(it, was)] : faults;
}

/** A claim is bound once, may grow afterwards, and stays as it is otherwise. */
function updateFaults({ spec }: PersistentVolumeClaim, was: PersistentVolumeClaim): FieldError[] {
  const fixed = (it: PersistentVolumeClaim['spec']): unknown => {
    const { resources: _, volumeAttributesClassName: __, ...rest } = it;
    // Binding it to a volume is no change, nor is giving it the class that came to be the default one.
    return {
      ...rest,
      volumeName: was.spec.volumeName ? it.volumeName : undefined,
      storageClassName: was.spec.storageClassName === undefined ? undefined : it.storageClassName,
    };
  };
  const before = was.spec.resources?.requests?.storage;
  const now = spec.resources?.requests?.storage;
  const isBound = was.status?.phase === 'Bound';
  if (!deepEqual(fixed(spec), fixed(was.spec)) || (!isBound && !deepEqual(spec.resources, was.spec.resources)))
    return [forbidden('spec', changeable)];
  const capacity = was.status?.capacity?.storage;
  if (before && now && compareQuantities(now, before) < 0 && (!capacity || compareQuantities(now, capacity) < 0))
    return [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')];
  return [];
}

export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  namespaced: true,
  returnsDeleted: true,
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
