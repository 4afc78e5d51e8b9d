import { dns1035Label } from '../../../meta/names.ts';
import { selectorText } from '../../../meta/selector.ts';
import { defineKind } from '../../define.ts';
import type { Service } from '../../generated/core-v1.ts';
import { defaults, prepareCreate, prepareUpdate } from './defaults.ts';
import { validate, validateStatus } from './validate.ts';

function externalIps(it: Service): string {
  const { spec, status } = it;
  if (spec.type === 'ExternalName') return spec.externalName ?? '';
  const given = spec.externalIPs ?? [];
  if (spec.type !== 'LoadBalancer') return given.join(',') || '<none>';
  const balanced = (status?.loadBalancer?.ingress ?? []).map((one) => one.ip || one.hostname || '');
  return [...balanced, ...given].join(',') || '<pending>';
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
  nameFaults: dns1035Label,
  defaults,
  prepareCreate,
  prepareUpdate,
  validate,
  validateStatus,
  columns: [
    { name: 'Type', type: 'string', value: (it) => it.spec.type },
    { name: 'Cluster-IP', type: 'string', value: (it) => it.spec.clusterIP || '<none>' },
    { name: 'External-IP', type: 'string', value: externalIps },
    {
      name: 'Port(s)',
      type: 'string',
      value: (it) =>
        (it.spec.ports ?? []).map((port) => `${port.port}${port.nodePort ? `:${port.nodePort}` : ''}/${port.protocol}`).join(',') ||
        '<none>',
    },
    { name: 'Selector', type: 'string', wide: true, value: (it) => selectorText({ matchLabels: it.spec.selector ?? {} }) || '<none>' },
  ],
  fields: { 'spec.clusterIP': (it) => it.spec.clusterIP ?? '', 'spec.type': (it) => it.spec.type ?? '' },
});
