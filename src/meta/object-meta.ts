import { type FieldError, forbidden, invalidValue, required } from './field-error.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from './names.ts';
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
  for (const [i, owner] of (meta.ownerReferences ?? []).entries()) {
    const path = `metadata.ownerReferences[${i}]`;
    for (const field of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (!owner[field])
        faults.push(
          invalidValue(`${path}.${field}`, owner[field] ?? '', `${field === 'apiVersion' ? 'version' : field} must not be empty`),
        );
    }
  }
  const controllers = (meta.ownerReferences ?? []).filter((it) => it.controller);
  if (controllers.length > 1) {
    faults.push(invalidValue('metadata.ownerReferences', meta.ownerReferences, 'Only one reference can have Controller set to true'));
  }
  for (const [i, finalizer] of (meta.finalizers ?? []).entries()) {
    const texts = qualifiedName(finalizer);
    faults.push(...texts.map((it) => invalidValue('metadata.finalizers', finalizer, it)));
    if (texts.length === 0 && !finalizer.includes('/') && !standardFinalizers.includes(finalizer))
      faults.push(
        invalidValue(`metadata.finalizers[${i}]`, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'),
      );
  }
  return faults;
}

const standardFinalizers: readonly string[] = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** A prefix may end in a dash: something will follow. */
const maskTrailingDash = (name: string): string => (name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name);
