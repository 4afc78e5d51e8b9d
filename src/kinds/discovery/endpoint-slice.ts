import { isIP, isIPv6 } from 'node:net';
import { deepEqual } from '../../meta/copy.ts';
import { duplicate, type FieldError, invalidValue, notSupported, required, tooMany } from '../../meta/field-error.ts';
import { endpointsText } from '../core/endpoints.ts';
import { specialAddressFaults } from '../core/special-address.ts';
import { dns1123Label, dns1123Subdomain, qualifiedName } from '../../meta/names.ts';
import { defineKind } from '../define.ts';
import { addressFaults, faultsOf } from '../faults.ts';
import type { EndpointSlice } from '../generated/discovery-v1.ts';

const most = 1000;

const isOf = (addressType: string, address: string): boolean => isIPv6(address) === (addressType === 'IPv6');
const familyFault = (path: string, address: string, addressType: string): FieldError[] =>
  isIP(address) === 0 ? addressFaults(path, address) : [invalidValue(path, address, `must be an ${addressType} address`)];

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const protocols = ['SCTP', 'TCP', 'UDP'];

/** A name with a domain; a dot at its end does no harm. */
function fqdnFaults(path: string, value: string): FieldError[] {
  if (!value) return [required(path)];
  const name = value.replace(/\.$/, '');
  const texts = dns1123Subdomain(name);
  if (texts.length > 0) return [invalidValue(path, name, texts.join(','))];
  return name.includes('.') ? [] : [invalidValue(path, value, 'should be a domain with at least two segments separated by dots')];
}

function validate(it: EndpointSlice, was?: EndpointSlice): FieldError[] {
  const faults: FieldError[] = [];
  if (!it.addressType) faults.push(required('addressType'));
  else if (!addressTypes.includes(it.addressType)) faults.push(notSupported('addressType', it.addressType, addressTypes));
  if (was && it.addressType !== was.addressType) faults.push(invalidValue('addressType', it.addressType, 'field is immutable'));
  if ((it.endpoints?.length ?? 0) > most) faults.push(tooMany('endpoints', it.endpoints?.length ?? 0, most));
  for (const [i, { addresses = [], hostname, nodeName }] of (it.endpoints ?? []).entries()) {
    const at = `endpoints[${i}].addresses`;
    if (nodeName !== undefined) faults.push(...faultsOf(`endpoints[${i}].nodeName`, nodeName, dns1123Subdomain(nodeName)));
    if (hostname !== undefined) faults.push(...faultsOf(`endpoints[${i}].hostname`, hostname, dns1123Label(hostname)));
    if (addresses.length === 0) faults.push(required(at, 'must contain at least 1 address'));
    if (addresses.length > 100) faults.push(tooMany(at, addresses.length, 100));
    for (const [j, address] of addresses.entries()) {
      if (!addressTypes.includes(it.addressType)) continue;
      if (it.addressType === 'FQDN') faults.push(...fqdnFaults(`${at}[${j}]`, address));
      else if (isIP(address) === 0 || !isOf(it.addressType, address)) faults.push(...familyFault(`${at}[${j}]`, address, it.addressType));
      else faults.push(...specialAddressFaults(`${at}[${j}]`, address));
    }
  }
  const names = new Set<string>();
  for (const [i, { name = '', protocol, appProtocol }] of (it.ports ?? []).entries()) {
    if (protocol !== undefined && !protocols.includes(protocol)) faults.push(notSupported(`ports[${i}].protocol`, protocol, protocols));
    if (appProtocol !== undefined) faults.push(...faultsOf(`ports[${i}].appProtocol`, appProtocol, qualifiedName(appProtocol)));
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
  // The labels count: they say whose endpoints these are.
  prepareUpdate: (draft, was) => {
    const { metadata: now, ...rest } = draft;
    const { metadata: before, ...restBefore } = was;
    if (!deepEqual(rest, restBefore) || !deepEqual(now.labels ?? {}, before.labels ?? {})) now.generation = (before.generation ?? 0) + 1;
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
