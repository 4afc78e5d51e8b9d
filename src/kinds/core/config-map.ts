import { deepEqual } from '../../meta/copy.ts';
import { type FieldError, forbidden, invalidValue } from '../../meta/field-error.ts';
import { configMapKey } from '../../meta/names.ts';
import { defineKind } from '../define.ts';
import type { ConfigMap } from '../generated/core-v1.ts';

/** Bytes that the values of a ConfigMap or a Secret may take together. */
export const largestData = 1 << 20;

type Holder = { immutable?: boolean; data?: { [key: string]: string } };

/** Keys that can be file names, and nothing changed in what calls itself immutable. */
export function dataFaults(it: Holder, was: Holder | undefined, fields: ReadonlyArray<'data' | 'binaryData'>): FieldError[] {
  const faults: FieldError[] = [];
  const values = (holder: Holder, field: string): { [key: string]: string } =>
    (holder as Record<string, { [key: string]: string } | undefined>)[field] ?? {};
  for (const field of fields) {
    for (const key of Object.keys(values(it, field)))
      faults.push(...configMapKey(key).map((text) => invalidValue(`${field}[${key}]`, key, text)));
  }
  if (was?.immutable) {
    if (!it.immutable) faults.push(forbidden('immutable', 'field is immutable when `immutable` is set'));
    for (const field of fields) {
      if (!deepEqual(values(it, field), values(was, field))) faults.push(forbidden(field, 'field is immutable when `immutable` is set'));
    }
  }
  return faults;
}

export const configMap = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  namespaced: true,
  validate: (it, was) => {
    const faults = dataFaults(it, was, ['data', 'binaryData']);
    for (const key of Object.keys(it.data ?? {})) {
      if (Object.hasOwn(it.binaryData ?? {}, key)) faults.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
    const sizes = [
      ...Object.values(it.data ?? {}).map((value) => Buffer.byteLength(value)),
      ...Object.values(it.binaryData ?? {}).map((value) => Buffer.byteLength(value, 'base64')),
    ];
    const size = sizes.reduce((sum, one) => sum + one, 0);
    if (size > largestData)
      faults.push({ path: '', reason: 'FieldValueTooLong', message: `Too long: may not be more than ${largestData} bytes` });
    return faults;
  },
  columns: [{ name: 'Data', type: 'integer', value: (it) => Object.keys(it.data ?? {}).length + Object.keys(it.binaryData ?? {}).length }],
});
