import { isIP } from 'node:net';
import { type FieldError, invalidValue, required } from '../../meta/field-error.ts';
import { dns1123Label, dns1123Subdomain, portNumber, qualifiedName } from '../../meta/names.ts';
import { defineKind } from '../define.ts';
import { enumFaults } from '../enums.ts';
import { addressFaults, faultsOf } from '../faults.ts';
import type { Endpoints, EndpointSubset } from '../generated/core-v1.ts';
import { specialAddressFaults } from './special-address.ts';

/** Addresses with ports, the first three and how many more there are. */
export function endpointsText(pairs: readonly string[], total: number): string {
  if (pairs.length === 0) return '<none>';
  return pairs.length < total ? `${pairs.join(',')} + ${total - pairs.length} more...` : pairs.join(',');
}

function subsetFaults(subset: EndpointSubset, path: string): FieldError[] {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  const faults: FieldError[] = [];
  if (addresses.length + notReadyAddresses.length === 0) faults.push(required(path, 'must specify `addresses` or `notReadyAddresses`'));
  for (const [list, items] of Object.entries({ addresses, notReadyAddresses })) {
    for (const [i, { ip = '', hostname, nodeName }] of items.entries()) {
      const at = `${path}.${list}[${i}].ip`;
      faults.push(
        ...(isIP(ip) ? specialAddressFaults(at, ip) : [...addressFaults(at, ip), invalidValue(at, ip, 'must be a valid IP address')]),
      );
      if (hostname) faults.push(...faultsOf(`${path}.${list}[${i}].hostname`, hostname, dns1123Label(hostname)));
      if (nodeName !== undefined) faults.push(...faultsOf(`${path}.${list}[${i}].nodeName`, nodeName, dns1123Subdomain(nodeName)));
    }
  }
  for (const [i, port] of ports.entries()) {
    const at = `${path}.ports[${i}]`;
    if (port.name) faults.push(...faultsOf(`${at}.name`, port.name, dns1123Label(port.name)));
    else if (ports.length > 1) faults.push(required(`${at}.name`));
    faults.push(...faultsOf(`${at}.port`, port.port ?? 0, portNumber(port.port ?? 0)));
    if (port.appProtocol !== undefined) faults.push(...faultsOf(`${at}.appProtocol`, port.appProtocol, qualifiedName(port.appProtocol)));
  }
  return [...faults, ...enumFaults('core/v1.EndpointSubset', subset, path)];
}

export const endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
  createOnUpdate: true,
  defaults: (draft) => {
    for (const subset of draft.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ??= 'TCP';
  },
  validate: (it) => (it.subsets ?? []).flatMap((subset, i) => subsetFaults(subset, `subsets[${i}]`)),
  columns: [
    {
      name: 'Endpoints',
      type: 'string',
      value: (it) => {
        const all = (it.subsets ?? []).flatMap((subset) =>
          subset.ports?.length
            ? subset.ports.flatMap((port) => (subset.addresses ?? []).map((one) => `${one.ip}:${port.port}`))
            : (subset.addresses ?? []).map((one) => one.ip),
        );
        return endpointsText(all.slice(0, 3), all.length);
      },
    },
  ],
});
