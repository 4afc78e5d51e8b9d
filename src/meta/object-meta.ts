import { type FieldError, forbidden, invalidValue, required } from './field-error.ts';
import { dns1123Label, dns1123Subdomain, labelValue, maskTrailingDash, qualifiedName } from './names.ts';
import type { ObjectMeta } from './types.ts';

type Rules = { namespaced: boolean; nameFaults?: ((name: string, isPrefix: boolean) => string[]) | undefined };

/** Labels wherever they stand (metadata, templates). */
export const validateLabels = (labels: unknown, path: string): FieldError[] =>
  Object.entries((labels ?? {}) as Record<string, string>).flatMap(([key, value]) => [
    ...qualifiedName(key).map((it) => invalidValue(path, key, it)),
    ...labelValue(value).map((it) => invalidValue(path, value, it)),
  ]);

export function validateAnnotations(annotations: ObjectMeta['annotations'], path: string): FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return [
    ...entries.flatMap(([key]) => qualifiedName(key.toLowerCase()).map((it) => invalidValue(path, key, it))),
    ...(size > 262_144 ? [{ path, reason: 'FieldValueTooLong', message: 'Too long: may not be more than 262144 bytes' }] : []),
  ];
}

/** Faults of the metadata of an object to be created (apimachinery, api/validation.ValidateObjectMeta). */
export function validateObjectMeta(meta: ObjectMeta, rules: Rules): FieldError[] {
  const nameFaults = rules.nameFaults ?? dns1123Subdomain;
  const faults: FieldError[] = [];
  if (meta.generateName) {
    faults.push(
      ...nameFaults(maskTrailingDash(meta.generateName), true).map((it) => invalidValue('metadata.generateName', meta.generateName, it)),
    );
  }
  if (!meta.name) faults.push(required('metadata.name', 'name or generateName is required'));
  else faults.push(...nameFaults(meta.name, false).map((it) => invalidValue('metadata.name', meta.name, it)));
  if (rules.namespaced) {
    if (!meta.namespace) faults.push(required('metadata.namespace'));
    else faults.push(...dns1123Label(meta.namespace).map((it) => invalidValue('metadata.namespace', meta.namespace, it)));
  } else if (meta.namespace) faults.push(forbidden('metadata.namespace', 'not allowed on this type'));
  faults.push(...validateLabels(meta.labels, 'metadata.labels'), ...validateAnnotations(meta.annotations, 'metadata.annotations'));
  faults.push(...ownerFaults(meta.ownerReferences ?? []), ...finalizerFaults(meta.finalizers ?? []));
  return faults;
}

/** Faults of owners are told at the list, as upstream does: which of them is meant stands nowhere. */
function ownerFaults(owners: NonNullable<ObjectMeta['ownerReferences']>): FieldError[] {
  const path = 'metadata.ownerReferences';
  const faults: FieldError[] = [];
  let first: string | undefined;
  for (const owner of owners) {
    const { apiVersion = '', kind, name } = owner;
    if (!apiVersion || apiVersion.split('/').length > 2)
      faults.push(invalidValue(`${path}.apiVersion`, apiVersion, 'version must not be empty'));
    for (const field of ['kind', 'name', 'uid'] as const)
      if (!owner[field]) faults.push(invalidValue(`${path}.${field}`, owner[field] ?? '', 'must not be empty'));
    if (apiVersion === 'v1' && kind === 'Event')
      faults.push(invalidValue(path, owner, '/v1, Kind=Event is disallowed from being an owner'));
    if (!owner.controller) continue;
    const one = `${kind}/${name}`;
    const why = `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${one}`;
    if (first !== undefined) faults.push(invalidValue(path, owners, why));
    else first = one;
  }
  return faults;
}

function finalizerFaults(finalizers: readonly string[]): FieldError[] {
  const path = 'metadata.finalizers';
  const faults = finalizers.flatMap((it, i) => {
    const texts = qualifiedName(it);
    const faults = texts.map((text) => invalidValue(path, it, text));
    if (it.includes('/') || standardFinalizers.includes(it)) return faults;
    return [...faults, invalidValue(`${path}[${i}]`, it, 'name is neither a standard finalizer name nor is it fully qualified')];
  });
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion'))
    faults.push(invalidValue(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  return faults;
}

const standardFinalizers: readonly string[] = ['kubernetes', 'orphan', 'foregroundDeletion'];
