import { type FieldError, forbidden, invalidValue, notSupported, required } from '../../meta/field-error.ts';
import { dns1123Subdomain } from '../../meta/names.ts';
import { compareQuantities } from '../../meta/quantity.ts';
import { labelSelectorFaults } from '../../meta/selector-faults.ts';
import { faultsOf } from '../faults.ts';
import type { PersistentVolumeClaimSpec, TypedObjectReference } from '../generated/core-v1.ts';

const modes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const volumeModes = ['Block', 'Filesystem'];

export function accessModeFaults(given: readonly string[], path: string): FieldError[] {
  const faults = given.filter((it) => !modes.includes(it)).map((it) => notSupported(path, it, modes));
  if (given.includes('ReadWriteOncePod') && given.some((it) => it !== 'ReadWriteOncePod' && modes.includes(it)))
    faults.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
  return faults;
}

export const volumeModeFaults = (mode: string | undefined, path: string): FieldError[] =>
  mode === undefined || volumeModes.includes(mode) ? [] : [notSupported(path, mode, volumeModes)];

/** What a claim asks for, wherever it stands: as a claim, in a template of a StatefulSet, in a pod. */
export function claimSpecFaults(spec: Partial<PersistentVolumeClaimSpec>, path: string): FieldError[] {
  const { accessModes = [], resources, storageClassName, volumeMode, dataSource, dataSourceRef, volumeAttributesClassName } = spec;
  const faults: FieldError[] = accessModes.length === 0 ? [required(`${path}.accessModes`, 'at least 1 access mode is required')] : [];
  faults.push(...labelSelectorFaults(spec.selector, `${path}.selector`), ...accessModeFaults(accessModes, `${path}.accessModes`));
  const size = resources?.requests?.storage;
  const at = `${path}.resources[storage]`;
  if (size === undefined) faults.push(required(at));
  else if (compareQuantities(size, '0') <= 0) faults.push(invalidValue(at, size, 'must be greater than zero'));
  if (storageClassName) faults.push(...faultsOf(`${path}.storageClassName`, storageClassName, dns1123Subdomain(storageClassName)));
  faults.push(...volumeModeFaults(volumeMode, `${path}.volumeMode`));
  for (const [name, source] of Object.entries({ dataSource, dataSourceRef }))
    if (source) faults.push(...sourceFaults(source, `${path}.${name}`));
  if (dataSource && dataSourceRef) {
    const why = dataSourceRef.namespace ? 'may not be specified when dataSourceRef.namespace is specified' : 'must match dataSourceRef';
    const same = (['apiGroup', 'kind', 'name'] as const).every((it) => (dataSource[it] ?? '') === (dataSourceRef[it] ?? ''));
    // The value upstream shows is the path itself, which has nothing to show.
    if (dataSourceRef.namespace || !same) faults.push(invalidValue(path, {}, why));
  }
  if (volumeAttributesClassName)
    faults.push(...faultsOf(`${path}.volumeAttributesClassName`, volumeAttributesClassName, dns1123Subdomain(volumeAttributesClassName)));
  return faults;
}

function sourceFaults({ apiGroup, kind, name }: Partial<TypedObjectReference>, path: string): FieldError[] {
  const faults: FieldError[] = [...(name ? [] : [required(`${path}.name`)]), ...(kind ? [] : [required(`${path}.kind`)])];
  if (apiGroup) return [...faults, ...faultsOf(`${path}.apiGroup`, apiGroup, dns1123Subdomain(apiGroup))];
  if (kind !== 'PersistentVolumeClaim')
    faults.push(invalidValue(path, kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  return faults;
}
