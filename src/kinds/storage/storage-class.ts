import { deepEqual } from '../../meta/copy.ts';
import { type FieldError, forbidden, required } from '../../meta/field-error.ts';
import { defineKind } from '../define.ts';
import { enumFaults } from '../enums.ts';
import type { StorageClass } from '../generated/storage-v1.ts';

/** The annotation that makes a class the one for claims that name none. */
export const isDefaultClass = (it: StorageClass): boolean =>
  it.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';

function validate(it: StorageClass, was?: StorageClass): FieldError[] {
  const faults: FieldError[] = enumFaults('storage/v1.StorageClass', it);
  if (!it.provisioner) faults.push(required('provisioner'));
  if (was) {
    if (!deepEqual(it.parameters ?? {}, was.parameters ?? {})) faults.push(forbidden('parameters', 'updates to parameters are forbidden.'));
    if (it.provisioner !== was.provisioner) faults.push(forbidden('provisioner', 'updates to provisioner are forbidden.'));
    if (it.reclaimPolicy !== was.reclaimPolicy) faults.push(forbidden('reclaimPolicy', 'updates to reclaimPolicy are forbidden.'));
  }
  return faults;
}

export const storageClass = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  namespaced: false,
  defaults: (draft) => {
    draft.reclaimPolicy ??= 'Delete';
    draft.volumeBindingMode ??= 'Immediate';
  },
  validate,
  columns: [
    { name: 'Provisioner', type: 'string', value: (it) => it.provisioner },
    { name: 'ReclaimPolicy', type: 'string', value: (it) => it.reclaimPolicy },
    { name: 'VolumeBindingMode', type: 'string', value: (it) => it.volumeBindingMode },
    { name: 'AllowVolumeExpansion', type: 'boolean', value: (it) => it.allowVolumeExpansion ?? false },
  ],
});
