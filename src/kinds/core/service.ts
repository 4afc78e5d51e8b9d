import { duplicate, type FieldError, forbidden, invalidValue, required } from '../../meta/field-error.ts';
import { dns1035Label, dns1123Label, dns1123Subdomain, portName, portNumber } from '../../meta/names.ts';
import { validateLabels } from '../../meta/object-meta.ts';
import { selectorText } from '../../meta/selector.ts';
import { defineKind } from '../define.ts';
import { enumFaults } from '../enums.ts';
import type { Service } from '../generated/core-v1.ts';

const hasNodePorts = (it: Service): boolean => it.spec.type === 'NodePort' || it.spec.type === 'LoadBalancer';

function defaults(draft: Service): void {
  draft.spec ??= {};
  const { spec } = draft;
  spec.sessionAffinity ??= 'None';
  if (spec.sessionAffinity === 'ClientIP') spec.sessionAffinityConfig ??= { clientIP: { timeoutSeconds: 10_800 } };
  spec.type ??= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ??= 'TCP';
    if (port.targetPort === undefined || port.targetPort === '' || port.targetPort === 0) port.targetPort = port.port;
  }
  if (spec.type !== 'ExternalName') {
    spec.internalTrafficPolicy ??= 'Cluster';
    spec.ipFamilies ??= ['IPv4'];
    spec.ipFamilyPolicy ??= 'SingleStack';
  }
  if (hasNodePorts(draft)) spec.externalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}

function validate(it: Service, was?: Service): FieldError[] {
  const { spec } = it;
  const faults: FieldError[] = [...enumFaults('core/v1.ServiceSpec', spec, 'spec'), ...validateLabels(spec.selector, 'spec.selector')];
  const headless = spec.clusterIP === 'None';
  if (!spec.ports?.length && !headless && spec.type !== 'ExternalName') faults.push(required('spec.ports'));
  if (hasNodePorts(it) && headless)
    faults.push(invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`));
  if (spec.type === 'ExternalName') {
    if (!spec.externalName) faults.push(required('spec.externalName'));
    else
      for (const text of dns1123Subdomain(spec.externalName.replace(/\.$/, '').toLowerCase()))
        faults.push(invalidValue('spec.externalName', spec.externalName, text));
    if (spec.clusterIP && !headless) faults.push(forbidden('spec.clusterIP', 'may not be set for ExternalName services'));
  }
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [i, port] of (spec.ports ?? []).entries()) {
    const path = `spec.ports[${i}]`;
    if (!port.name && (spec.ports?.length ?? 0) > 1) faults.push(required(`${path}.name`));
    else if (port.name) {
      for (const text of dns1123Label(port.name)) faults.push(invalidValue(`${path}.name`, port.name, text));
      if (names.has(port.name)) faults.push(duplicate(`${path}.name`, port.name));
      names.add(port.name);
    }
    for (const text of portNumber(port.port)) faults.push(invalidValue(`${path}.port`, port.port, text));
    const targets = typeof port.targetPort === 'number' ? portNumber(port.targetPort) : portName(port.targetPort ?? '');
    for (const text of targets) faults.push(invalidValue(`${path}.targetPort`, port.targetPort, text));
    if (port.nodePort && !hasNodePorts(it)) faults.push(forbidden(`${path}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
    const key = `${port.protocol}/${port.port}`;
    if (numbers.has(key)) faults.push(duplicate(path, { port: port.port, protocol: port.protocol }));
    numbers.add(key);
  }
  if (
    was &&
    was.spec.type !== 'ExternalName' &&
    spec.type !== 'ExternalName' &&
    was.spec.clusterIP &&
    spec.clusterIP !== was.spec.clusterIP
  ) {
    faults.push(invalidValue('spec.clusterIPs[0]', spec.clusterIP ? [spec.clusterIP] : null, 'may not change once set'));
  }
  return faults;
}

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
  nameFaults: dns1035Label,
  defaults,
  prepareCreate: (draft) => {
    draft.status = { loadBalancer: {} };
  },
  prepareUpdate: (draft, was) => {
    // Who updates without naming the address keeps it (upstream: patchAllocatedValues).
    if (draft.spec.type !== 'ExternalName' && was.spec.type !== 'ExternalName') {
      draft.spec.clusterIP ||= was.spec.clusterIP ?? '';
      draft.spec.clusterIPs ??= was.spec.clusterIPs ?? [];
    }
    if (hasNodePorts(draft) && hasNodePorts(was)) {
      for (const port of draft.spec.ports ?? []) {
        port.nodePort ||= was.spec.ports?.find((it) => it.port === port.port && it.protocol === port.protocol)?.nodePort ?? 0;
      }
    }
    if (!hasNodePorts(draft)) {
      delete draft.spec.externalTrafficPolicy;
      if (hasNodePorts(was)) {
        for (const port of draft.spec.ports ?? []) {
          if (was.spec.ports?.some((it) => it.nodePort === port.nodePort)) delete port.nodePort;
        }
      }
    }
    if (draft.spec.type !== 'LoadBalancer') {
      delete draft.spec.allocateLoadBalancerNodePorts;
      draft.status = { loadBalancer: {} };
    }
  },
  validate,
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
