import { isIP } from 'node:net';
import { type FieldError, invalidValue, notSupported, required } from '../../meta/field-error.ts';
import { dns1123Label, dns1123Subdomain, portName, portNumber } from '../../meta/names.ts';
import { defineKind } from '../define.ts';
import { addressFaults, faultsOf } from '../faults.ts';
import type { HTTPIngressPath, Ingress, IngressBackend, IngressTLS } from '../generated/networking-v1.ts';

/** How a class was named before there was a field for it. */
export const classAnnotation = 'kubernetes.io/ingress.class';

const isWildcard = (host: string): boolean => host.includes('*');

/** A DNS name, or one label of any name before one. */
function hostFaults(path: string, host: string): FieldError[] {
  if (isIP(host)) return [invalidValue(path, host, 'must be a DNS name, not an IP address')];
  if (!isWildcard(host)) return faultsOf(path, host, dns1123Subdomain(host));
  const isOne = host.startsWith('*.') && dns1123Subdomain(host.slice(2)).length === 0;
  const text =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  return isOne ? [] : [invalidValue(path, host, text)];
}

function backendFaults(path: string, { service, resource }: IngressBackend): FieldError[] {
  if (service && resource) return [invalidValue(path, '', 'cannot set both resource and service backends')];
  if (resource) {
    const faults: FieldError[] = [];
    for (const field of ['kind', 'name'] as const) if (!resource[field]) faults.push(required(`${path}.resource.${field}`));
    if (resource.apiGroup) faults.push(...faultsOf(`${path}.resource.apiGroup`, resource.apiGroup, dns1123Subdomain(resource.apiGroup)));
    return faults;
  }
  if (!service) return [invalidValue(path, '', 'resource or service backend is required')];
  const { name, port = {} } = service;
  const faults = name ? faultsOf(`${path}.service.name`, name, dns1123Label(name)) : [required(`${path}.service.name`)];
  if (port.name && port.number) faults.push(invalidValue(path, '', 'cannot set both port name & port number'));
  else if (port.name) faults.push(...faultsOf(`${path}.service.port.name`, port.name, portName(port.name)));
  else if (port.number) faults.push(...faultsOf(`${path}.service.port.number`, port.number, portNumber(port.number)));
  else faults.push(required(path, 'port name or number is required'));
  return faults;
}

const badSequences = ['//', '/./', '/../', '%2f', '%2F'];
const badEnds = ['/..', '/.'];
const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

function pathFaults(at: string, { path = '', pathType, backend }: HTTPIngressPath): FieldError[] {
  const faults: FieldError[] = [];
  if (!pathType) faults.push(required(`${at}.pathType`, 'pathType must be specified'));
  else if (!pathTypes.includes(pathType)) faults.push(notSupported(`${at}.pathType`, pathType, pathTypes));
  else if (pathType === 'ImplementationSpecific') {
    if (path && !path.startsWith('/')) faults.push(invalidValue(`${at}.path`, path, 'must be an absolute path'));
  } else {
    if (!path.startsWith('/')) faults.push(invalidValue(`${at}.path`, path, 'must be an absolute path'));
    for (const one of badSequences) if (path.includes(one)) faults.push(invalidValue(`${at}.path`, path, `must not contain '${one}'`));
    for (const one of badEnds) if (path.endsWith(one)) faults.push(invalidValue(`${at}.path`, path, `cannot end with '${one}'`));
  }
  return [...faults, ...backendFaults(`${at}.backend`, backend ?? {})];
}

const tlsFaults = (at: string, { hosts = [], secretName }: IngressTLS): FieldError[] => [
  ...hosts.flatMap((host, i) => hostFaults(`${at}.hosts[${i}]`, host)),
  ...(secretName ? faultsOf(`${at}.secretName`, secretName, dns1123Subdomain(secretName)) : []),
];

/** Upstream: pkg/apis/networking/validation, ValidateIngressCreate and ValidateIngressUpdate. */
function validate({ metadata, spec = {} }: Ingress, was?: Ingress): FieldError[] {
  const { rules = [], tls = [], defaultBackend, ingressClassName } = spec;
  const faults: FieldError[] = [];
  const annotated = metadata.annotations?.[classAnnotation];
  if (!was && annotated && ingressClassName !== undefined) {
    const path = `annotations.${classAnnotation}`;
    faults.push(invalidValue(path, annotated, 'can not be set when the class field is also set'));
  }
  if (rules.length === 0 && !defaultBackend)
    faults.push(invalidValue('spec', spec.rules ?? [], 'either `defaultBackend` or `rules` must be specified'));
  if (defaultBackend) faults.push(...backendFaults('spec.defaultBackend', defaultBackend));
  for (const [i, { host, http }] of rules.entries()) {
    const at = `spec.rules[${i}]`;
    if (host) faults.push(...hostFaults(`${at}.host`, host));
    if (http && !http.paths?.length) faults.push(required(`${at}.http.paths`));
    for (const [j, path] of (http?.paths ?? []).entries()) faults.push(...pathFaults(`${at}.http.paths[${j}]`, path));
  }
  for (const [i, one] of tls.entries()) faults.push(...tlsFaults(`spec.tls[${i}]`, one));
  if (ingressClassName !== undefined)
    faults.push(...faultsOf('spec.ingressClassName', ingressClassName, dns1123Subdomain(ingressClassName)));
  return faults;
}

function validateStatus({ status }: Ingress): FieldError[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }, i) => {
    const at = `status.loadBalancer.ingress[${i}]`;
    return [
      ...(ip ? addressFaults(`${at}.ip`, ip) : []),
      ...(hostname && isIP(hostname) ? [invalidValue(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address')] : []),
      ...(hostname ? faultsOf(`${at}.hostname`, hostname, dns1123Subdomain(hostname)) : []),
    ];
  });
}

function hostsText({ spec }: Ingress): string {
  const hosts = (spec?.rules ?? []).map((it) => it.host ?? '').filter((it) => it !== '');
  if (hosts.length === 0) return '*';
  return hosts.length > 3 ? `${hosts.slice(0, 3).join(',')} + ${hosts.length - 3} more...` : hosts.join(',');
}

export const ingress = defineKind<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  namespaced: true,
  generation: true,
  createOnUpdate: true,
  prepareCreate: (draft) => {
    draft.status = { loadBalancer: {} };
  },
  validate,
  validateStatus,
  columns: [
    { name: 'Class', type: 'string', value: (it) => it.spec?.ingressClassName ?? '<none>' },
    { name: 'Hosts', type: 'string', value: hostsText },
    {
      name: 'Address',
      type: 'string',
      value: (it) => (it.status?.loadBalancer?.ingress ?? []).map((one) => one.ip || one.hostname || '').join(','),
    },
    { name: 'Ports', type: 'string', value: (it) => (it.spec?.tls?.length ? '80, 443' : '80') },
  ],
});
