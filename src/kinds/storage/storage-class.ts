import { deepEqual } from '../../meta/copy.ts';
import { duplicate, type FieldError, forbidden, invalidValue, notSupported, required } from '../../meta/field-error.ts';
import { qualifiedName } from '../../meta/names.ts';
import { defineKind } from '../define.ts';
import { faultsOf } from '../faults.ts';
import type { StorageClass } from '../generated/storage-v1.ts';

/** The annotation that makes a class the one for claims that name none. */
export const isDefaultClass = (it: StorageClass): boolean =>
  it.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';

const policies = ['Delete', 'Retain'];
const modes = ['Immediate', 'WaitForFirstConsumer'];

/** Where volumes may be made: labels of nodes, each once, with values each once. */
function topologyFaults({ allowedTopologies = [] }: StorageClass): FieldError[] {
  return allowedTopologies.flatMap(({ matchLabelExpressions = [] }, i) => {
    const keys = new Set<string>();
    const path = `allowedTopologies[${i}].matchLabelExpressions`;
    return matchLabelExpressions.flatMap(({ key = '', values = [] }, j) => {
      const at = `${path}[${j}]`;
      const faults: FieldError[] = values.length === 0 ? [required(`${at}.values`)] : [];
      for (const [k, value] of values.entries()) if (values.indexOf(value) < k) faults.push(duplicate(`${at}.values[${k}]`, value));
      faults.push(...faultsOf(`${at}.key`, key, qualifiedName(key)));
      if (keys.has(key)) faults.push(duplicate(`${at}.key`, key));
      keys.add(key);
      return faults;
    });
  });
}

function validate(it: StorageClass, was?: StorageClass): FieldError[] {
  const { provisioner, reclaimPolicy, volumeBindingMode } = it;
  const faults: FieldError[] = provisioner
    ? faultsOf('provisioner', provisioner, qualifiedName(provisioner.toLowerCase()))
    : [required('provisioner')];
  for (const key of Object.keys(it.parameters ?? {})) if (!key) faults.push(invalidValue('parameters', key, 'field can not be empty.'));
  if (reclaimPolicy !== undefined && !policies.includes(reclaimPolicy)) faults.push(notSupported('reclaimPolicy', reclaimPolicy, policies));
  if (volumeBindingMode !== undefined && !modes.includes(volumeBindingMode))
    faults.push(notSupported('volumeBindingMode', volumeBindingMode, modes));
  faults.push(...topologyFaults(it));
  if (was) {
    if (!deepEqual(it.parameters ?? {}, was.parameters ?? {}))
      faults.push(invalidValue('parameters', it.parameters ?? null, 'field is immutable'));
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
