import { duplicate, type FieldError, forbidden, invalidValue, required } from '../../meta/field-error.ts';
import { dns1035Label, dns1123Label, dns1123Subdomain, portName, portNumber } from '../../meta/names.ts';
import { validateLabels } from '../../meta/object-meta.ts';
import { selectorText } from '../../meta/selector.ts';
import { defineKind } from '../define.ts';
import { enumFaults } from '../enums.ts';
import { addressFaults, faultsOf } from '../faults.ts';
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

const notConfigured = 'not configured on this cluster';

function validate(it: Service, was?: Service): FieldError[] {
  const { spec } = it;
  const headless = spec.clusterIP === 'None';
  const faults: FieldError[] = [
    ...enumFaults('core/v1.ServiceSpec', spec, 'spec'),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...(spec.externalIPs ?? []).flatMap((address, i) => addressFaults(`spec.externalIPs[${i}]`, address)),
    ...portFaults(it, headless),
    ...typeFaults(it, headless),
  ];
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (spec.sessionAffinity === 'ClientIP' && seconds !== undefined && (seconds <= 0 || seconds > 86_400))
    faults.push(
      invalidValue('spec.sessionAffinityConfig.clientIP.timeoutSeconds', seconds, 'must be greater than 0 and less than or equal to 86400'),
    );
  if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig)
    faults.push(forbidden('spec.sessionAffinityConfig', `must not be set when session affinity is ${spec.sessionAffinity}`));
  for (const [i, family] of (spec.ipFamilies ?? []).entries())
    if (family === 'IPv6') faults.push(invalidValue(`spec.ipFamilies[${i}]`, family, notConfigured));
  if (spec.ipFamilyPolicy === 'RequireDualStack')
    faults.push(invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'));
  if (!was || [was, it].some((one) => one.spec.type === 'ExternalName')) return faults;
  if (was.spec.clusterIP && spec.clusterIP !== was.spec.clusterIP)
    faults.push(invalidValue('spec.clusterIPs[0]', spec.clusterIP ? [spec.clusterIP] : null, 'may not change once set'));
  return faults;
}

function portFaults({ spec }: Service, headless: boolean): FieldError[] {
  const ports = spec.ports ?? [];
  if (ports.length === 0) return headless || spec.type === 'ExternalName' ? [] : [required('spec.ports')];
  const seen = { names: new Set<string>(), ports: new Set<string>(), nodePorts: new Set<string>() };
  const isNew = (set: Set<string>, key: string): boolean => set.size !== set.add(key).size;
  return ports.flatMap((port, i) => {
    const path = `spec.ports[${i}]`;
    const faults: FieldError[] = [];
    if (!port.name && ports.length > 1) faults.push(required(`${path}.name`));
    if (port.name) {
      faults.push(...faultsOf(`${path}.name`, port.name, dns1123Label(port.name)));
      if (!isNew(seen.names, port.name)) faults.push(duplicate(`${path}.name`, port.name));
    }
    faults.push(...faultsOf(`${path}.port`, port.port, portNumber(port.port)));
    const targets = typeof port.targetPort === 'number' ? portNumber(port.targetPort) : portName(port.targetPort ?? '');
    faults.push(...faultsOf(`${path}.targetPort`, port.targetPort, targets));
    if (!isNew(seen.ports, `${port.protocol}/${port.port}`))
      faults.push(duplicate(path, { ...(port.protocol && { protocol: port.protocol }), port: port.port }));
    if (!port.nodePort) return faults;
    if (spec.type === 'ClusterIP' || spec.type === 'ExternalName')
      faults.push(forbidden(`${path}.nodePort`, `may not be used when \`type\` is '${spec.type}'`));
    if (!isNew(seen.nodePorts, `${port.protocol}/${port.nodePort}`)) faults.push(duplicate(`${path}.nodePort`, port.nodePort));
    return faults;
  });
}

/** What goes with which type. */
function typeFaults(it: Service, headless: boolean): FieldError[] {
  const { spec } = it;
  const faults: FieldError[] = [];
  if (hasNodePorts(it) && headless)
    faults.push(invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`));
  if (spec.type === 'ExternalName') {
    if (!spec.externalName) faults.push(required('spec.externalName'));
    else
      faults.push(
        ...faultsOf('spec.externalName', spec.externalName, dns1123Subdomain(spec.externalName.replace(/\.$/, '').toLowerCase())),
      );
    if (spec.clusterIP && !headless) faults.push(forbidden('spec.clusterIP', 'may not be set for ExternalName services'));
  }
  if (spec.externalTrafficPolicy && !hasNodePorts(it) && !spec.externalIPs?.length)
    faults.push(
      invalidValue('spec.externalTrafficPolicy', spec.externalTrafficPolicy, 'may only be set for externally-accessible services'),
    );
  if (spec.type !== 'LoadBalancer') {
    for (const field of ['loadBalancerClass', 'allocateLoadBalancerNodePorts'] as const)
      if (spec[field] !== undefined) faults.push(forbidden(`spec.${field}`, "may only be used when `type` is 'LoadBalancer'"));
    if (spec.loadBalancerSourceRanges?.length)
      faults.push(forbidden('spec.loadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'"));
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
  returnsDeleted: true,
  createOnUpdate: true,
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
