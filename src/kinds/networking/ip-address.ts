import { isIPv4, isIPv6 } from 'node:net';
import { deepEqual } from '../../meta/copy.ts';
import { type FieldError, invalidValue, required } from '../../meta/field-error.ts';
import { defineKind } from '../define.ts';
import type { IPAddress } from '../generated/networking-v1.ts';

const isCanonical = (name: string): boolean => isIPv4(name) || (isIPv6(name) && new URL(`http://[${name}]/`).hostname === `[${name}]`);

/** Upstream: pkg/apis/networking/validation, ValidateIPAddress. */
function validate(it: IPAddress, was?: IPAddress): FieldError[] {
  const parent = it.spec?.parentRef;
  if (!parent) return [required('spec.parentRef')];
  const faults: FieldError[] = [];
  if (!parent.resource) faults.push(required('spec.parentRef.resource'));
  if (!parent.name) faults.push(required('spec.parentRef.name'));
  if (was && !deepEqual(parent, was.spec?.parentRef)) faults.push(invalidValue('spec.parentRef', parent, 'field is immutable'));
  return faults;
}

export const ipAddress = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  shortNames: ['ip'],
  namespaced: false,
  nameFaults: (name) => (isCanonical(name) ? [] : ['must be a valid IP address in canonical form']),
  validate,
  columns: [
    {
      name: 'ParentRef',
      type: 'string',
      value: ({ spec }) => {
        const { resource = '', group = '', namespace, name } = spec?.parentRef ?? {};
        return [`${resource}${group ? `.${group}` : ''}`.toLowerCase(), namespace, name].filter(Boolean).join('/');
      },
    },
  ],
});
