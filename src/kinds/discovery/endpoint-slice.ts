import { isIP, isIPv6 } from 'node:net';
import { duplicate, type FieldError, invalidValue, required, tooMany } from '../../meta/field-error.ts';
import { endpointsText } from '../core/endpoints.ts';
import { specialAddressFaults } from '../core/special-address.ts';
import { dns1123Label, dns1123Subdomain } from '../../meta/names.ts';
import { defineKind } from '../define.ts';
import { enumFaults } from '../enums.ts';
import { addressFaults, faultsOf } from '../faults.ts';
import type { EndpointSlice } from '../generated/discovery-v1.ts';

const most = 1000;

const isOf = (addressType: string, address: string): boolean => isIPv6(address) === (addressType === 'IPv6');
const familyFault = (path: string, address: string, addressType: string): FieldError[] =>
  isIP(address) === 0 ? addressFaults(path, address) : [invalidValue(path, address, `must be an ${addressType} address`)];

function validate(it: EndpointSlice, was?: EndpointSlice): FieldError[] {
  const faults = enumFaults('discovery/v1.EndpointSlice', it);
  if (!it.addressType) faults.push(required('addressType'));
  if (was && it.addressType !== was.addressType) faults.push(invalidValue('addressType', it.addressType, 'field is immutable'));
  if ((it.endpoints?.length ?? 0) > most) faults.push(tooMany('endpoints', it.endpoints?.length ?? 0, most));
  for (const [i, { addresses = [] }] of (it.endpoints ?? []).entries()) {
    const at = `endpoints[${i}].addresses`;
    if (addresses.length === 0) faults.push(required(at, 'must contain at least 1 address'));
    if (addresses.length > 100) faults.push(tooMany(at, addresses.length, 100));
    for (const [j, address] of addresses.entries()) {
      if (it.addressType === 'FQDN') faults.push(...faultsOf(`${at}[${j}]`, address, dns1123Subdomain(address)));
      else if (isIP(address) === 0 || !isOf(it.addressType, address)) faults.push(...familyFault(`${at}[${j}]`, address, it.addressType));
      else faults.push(...specialAddressFaults(`${at}[${j}]`, address));
    }
  }
  const names = new Set<string>();
  for (const [i, { name = '' }] of (it.ports ?? []).entries()) {
    if (name) faults.push(...faultsOf(`ports[${i}].name`, name, dns1123Label(name)));
    if (names.has(name)) faults.push(duplicate(`ports[${i}].name`, name));
    names.add(name);
  }
  return faults;
}

export const endpointSlice = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
  generation: true,
  defaults: (draft) => {
    draft.endpoints ??= [];
    for (const port of draft.ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  validate,
  columns: [
    { name: 'AddressType', type: 'string', value: (it) => it.addressType },
    {
      name: 'Ports',
      type: 'string',
      value: (it) => {
        const ports = (it.ports ?? []).map((port) => (port.port ? String(port.port) : '*'));
        return ports.length ? endpointsText(ports.slice(0, 3), ports.length) : '<unset>';
      },
    },
    {
      name: 'Endpoints',
      type: 'string',
      value: (it) => {
        const all = (it.endpoints ?? []).flatMap((one) => one.addresses ?? []);
        return all.length ? endpointsText(all.slice(0, 3), all.length) : '<unset>';
      },
    },
  ],
});
