import { isIP, isIPv4 } from 'node:net';
import { toNumber } from '../../lib/ipv4.ts';
import { deepEqual } from '../../meta/copy.ts';
import { type FieldError, invalidValue, required, tooMany } from '../../meta/field-error.ts';
import { defineKind } from '../define.ts';
import type { ServiceCIDR } from '../generated/networking-v1.ts';

function cidrFaults(path: string, value: string): FieldError[] {
  const [address = '', bits = '', ...rest] = value.split('/');
  const isRange = isIP(address) !== 0 && rest.length === 0 && /^\d+$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128);
  if (!isRange) return [invalidValue(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
  if (isIPv4(address) && toNumber(address) % 2 ** (32 - Number(bits)) !== 0)
    return [invalidValue(path, value, 'must not have bits set beyond the prefix length')];
  return [];
}

/** Upstream: pkg/apis/networking/validation, ValidateServiceCIDR. */
function validate(it: ServiceCIDR, was?: ServiceCIDR): FieldError[] {
  const cidrs = it.spec?.cidrs ?? [];
  if (was && !deepEqual(cidrs, was.spec?.cidrs ?? [])) return [invalidValue('spec.cidrs', cidrs, 'field is immutable')];
  if (cidrs.length === 0) return [required('spec.cidrs', 'at least one CIDR required')];
  if (cidrs.length > 2) return [tooMany('spec.cidrs', cidrs.length, 2)];
  const faults = cidrs.flatMap((value, i) => cidrFaults(`spec.cidrs[${i}]`, value));
  const families = new Set(cidrs.map((value) => value.includes(':')));
  if (faults.length === 0 && families.size < cidrs.length)
    faults.push(
      invalidValue('spec.cidrs', cidrs, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'),
    );
  return faults;
}

export const serviceCidr = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  namespaced: false,
  validate,
  columns: [{ name: 'CIDRs', type: 'string', value: (it) => (it.spec?.cidrs ?? []).join(',') }],
});
