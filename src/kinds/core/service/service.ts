import { dns1123Label, maskTrailingDash } from '../../../meta/names.ts';
import { selectorText } from '../../../meta/selector.ts';
import { defineKind } from '../../define.ts';
import type { Service, ServicePort } from '../../generated/core-v1.ts';
import { defaults, prepareCreate, prepareUpdate, statusDefaults } from './defaults.ts';
import { swapOf } from './swap.ts';
import { validate, validateStatus } from './validate.ts';

function externalIps(it: Service): string {
  const { spec, status } = it;
  if (spec.type === 'ExternalName') return spec.externalName ?? '';
  const given = spec.externalIPs ?? [];
  if (spec.type !== 'LoadBalancer') return given.join(',') || '<none>';
  const balanced = (status?.loadBalancer?.ingress ?? []).map((one) => one.ip || one.hostname || '');
  return [...balanced, ...given].join(',') || '<pending>';
}

/** A port that is swapped says where it leads: nobody should wonder for long why their pods are not asked. */
function portText(it: Service, { name = '', port, nodePort, protocol }: ServicePort): string {
  const swap = swapOf(it);
  const isSwapped = swap?.port === name && protocol === 'TCP';
  return `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}${isSwapped ? `(swapped:${swap?.to})` : ''}`;
}

export const service = defineKind<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  returnsDeleted: true,
  createOnUpdate: true,
  nameFaults: (name, isPrefix) => dns1123Label(isPrefix ? maskTrailingDash(name) : name),
  defaults,
  prepareCreate,
  prepareUpdate,
  prepareStatus: statusDefaults,
  validate,
  validateStatus,
  columns: [
    { name: 'Type', type: 'string', value: (it) => it.spec.type },
    { name: 'Cluster-IP', type: 'string', value: (it) => it.spec.clusterIP || '<none>' },
    { name: 'External-IP', type: 'string', value: externalIps },
    {
      name: 'Port(s)',
      type: 'string',
      value: (it) => (it.spec.ports ?? []).map((port) => portText(it, port)).join(',') || '<none>',
    },
    { name: 'Selector', type: 'string', wide: true, value: (it) => selectorText({ matchLabels: it.spec.selector ?? {} }) || '<none>' },
  ],
  fields: { 'spec.clusterIP': (it) => it.spec.clusterIP ?? '', 'spec.type': (it) => it.spec.type ?? '' },
});
