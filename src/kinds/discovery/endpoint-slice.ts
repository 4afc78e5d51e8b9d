import { deepEqual } from '../../meta/copy.ts';
import { type FieldError, invalidValue, tooMany } from '../../meta/field-error.ts';
import { endpointsText } from '../core/endpoints.ts';
import { defineKind } from '../define.ts';
import { enumFaults } from '../enums.ts';
import type { EndpointSlice } from '../generated/discovery-v1.ts';

function validate(it: EndpointSlice, was?: EndpointSlice): FieldError[] {
  const faults = enumFaults('discovery/v1.EndpointSlice', it);
  if (was && !deepEqual(it.addressType, was.addressType)) faults.push(invalidValue('addressType', it.addressType, 'field is immutable'));
  if ((it.endpoints?.length ?? 0) > 1000) faults.push(tooMany('endpoints', it.endpoints?.length ?? 0, 1000));
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
