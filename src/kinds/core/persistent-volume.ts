import { deepEqual } from '../../meta/copy.ts';
import { type FieldError, forbidden, invalidValue, notSupported, required } from '../../meta/field-error.ts';
import { dns1123Subdomain } from '../../meta/names.ts';
import { compareQuantities } from '../../meta/quantity.ts';
import { defineKind } from '../define.ts';
import { faultsOf, goNamed } from '../faults.ts';
import type { PersistentVolume } from '../generated/core-v1.ts';
import { accessModeFaults, volumeModeFaults } from './claim-spec.ts';
import { backstepFaults } from './pod/paths.ts';
import { resourceNameFaults } from './pod/resource-faults.ts';
import { nodeSelectorFaults } from './pod/scheduling.ts';
import { csiDriverFaults } from './pod/volume.ts';
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
  const { capacity, accessModes = [], nodeAffinity, persistentVolumeReclaimPolicy: policy, volumeMode } = it.spec;
  const faults: FieldError[] = accessModes.length === 0 ? [required('spec.accessModes')] : [];
  faults.push(...accessModeFaults(accessModes, 'spec.accessModes'));
  if (!capacity || Object.keys(capacity).length === 0) faults.push(required('spec.capacity'));
  const size = capacity?.storage;
  if (size === undefined || Object.keys(capacity ?? {}).length !== 1)
    faults.push(notSupported('spec.capacity', capacity ?? null, ['storage']));
  for (const [name, amount] of Object.entries(capacity ?? {})) {
    const at = `spec.capacity[${name}]`;
    if (compareQuantities(amount, '0') <= 0) faults.push(invalidValue(at, amount, 'must be greater than zero'));
    faults.push(...resourceNameFaults(name, at));
  }
  if (policy !== undefined && !policies.includes(policy)) faults.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, policies));
  if (nodeAffinity?.required) faults.push(...nodeSelectorFaults(nodeAffinity.required, 'spec.nodeAffinity.required'));
  else if (nodeAffinity) faults.push(required('spec.nodeAffinity.required', 'must specify required node constraints'));
  for (const extra of Object.keys(sourceOf(it) as object).slice(1))
    faults.push(forbidden(`spec.${extra}`, 'may not specify more than 1 volume type'));
  const { hostPath, storageClassName } = it.spec;
  if (hostPath && !hostPath.path) faults.push(required('spec.hostPath.path'));
  if (hostPath?.path?.split('/').includes('..')) faults.push(invalidValue('spec.hostPath.path', hostPath.path, "must not contain '..'"));
  if (hostPath?.path === '/' && it.spec.persistentVolumeReclaimPolicy === 'Recycle')
    faults.push(forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"));
  if (storageClassName) faults.push(...faultsOf('spec.storageClassName', storageClassName, dns1123Subdomain(storageClassName)));
  if (Object.keys(sourceOf(it) as object).length === 0) faults.push(required('spec', 'must specify a volume type'));
  faults.push(...sourceFaults(it), ...volumeModeFaults(volumeMode, 'spec.volumeMode'));
  if (was && !deepEqual(sourceOf(it), sourceOf(was)))
    faults.push(forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'));
  if (was && was.spec.volumeMode !== volumeMode) faults.push(invalidValue('spec.volumeMode', volumeMode ?? null, 'field is immutable'));
  if (was?.spec.nodeAffinity && !deepEqual(was.spec.nodeAffinity, nodeAffinity))
    faults.push(
      invalidValue('nodeAffinity', goNamed(nodeAffinity ?? null), 'field is immutable, except for updating from beta label to GA'),
    );
  return faults;
}

const policies = ['Delete', 'Recycle', 'Retain'];

/** What some kinds of volumes need. */
function sourceFaults({ spec }: PersistentVolume): FieldError[] {
  const { nfs, local, csi } = spec;
  const faults: FieldError[] = [];
  if (nfs && !nfs.server) faults.push(required('spec.nfs.server'));
  if (nfs && !nfs.path) faults.push(required('spec.nfs.path'));
  if (nfs && !nfs.path?.startsWith('/')) faults.push(invalidValue('spec.nfs.path', nfs.path ?? '', 'must be an absolute path'));
  if (local && !local.path) faults.push(required('spec.local.path'));
  if (local) faults.push(...backstepFaults(local.path ?? '', 'spec.local.path'));
  if (local && !spec.nodeAffinity) faults.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
  if (csi) faults.push(...csiDriverFaults(csi.driver, 'spec.csi.driver'), ...(csi.volumeHandle ? [] : [required('spec.csi.volumeHandle')]));
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
