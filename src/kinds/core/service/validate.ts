import { isIP, isIPv4, isIPv6 } from 'node:net';
import { deepEqual } from '../../../meta/copy.ts';
import { duplicate, type FieldError, forbidden, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import { dns1123Label, dns1123Subdomain, portName, portNumber, qualifiedName } from '../../../meta/names.ts';
import { validateLabels } from '../../../meta/object-meta.ts';
import { enumFaults } from '../../enums.ts';
import { addressFaults, faultsOf } from '../../faults.ts';
import type { Service, ServicePort } from '../../generated/core-v1.ts';
import { specialAddressFaults } from '../special-address.ts';
import { hasNodePorts, isExternal, isHeadless, needsClusterIp, needsHealthCheckPort } from './needs.ts';

type Policy = Service['spec']['ipFamilyPolicy'];
const onlyBalanced = "may only be used when `type` is 'LoadBalancer'";
const kubeletPort = 10_250;

/** Faults of a Service (upstream: apis/core/validation, ValidateService and ValidateServiceUpdate). */
export function validate(it: Service, was?: Service): FieldError[] {
  const { spec } = it;
  return [
    ...enumFaults('core/v1.ServiceSpec', spec, 'spec'),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...portFaults(it),
    ...(spec.type === 'ExternalName' ? externalNameFaults(it) : addressesFaults(it)),
    ...(spec.externalIPs ?? []).flatMap((address, i) => outsideFaults(`spec.externalIPs[${i}]`, address)),
    ...affinityFaults(it),
    ...balancerFaults(it, was),
    ...policyFaults(it),
    ...(was ? changeFaults(it, was) : []),
  ];
}

const outsideFaults = (path: string, address: string): FieldError[] =>
  isIP(address) ? specialAddressFaults(path, address) : addressFaults(path, address);

function portFaults(it: Service): FieldError[] {
  const { spec } = it;
  const ports = spec.ports ?? [];
  if (ports.length === 0) return isHeadless(it) || spec.type === 'ExternalName' ? [] : [required('spec.ports')];
  const seen = { names: new Set<string>(), ports: new Set<string>(), nodePorts: new Set<string>() };
  const isNew = (set: Set<string>, key: string): boolean => set.size !== set.add(key).size;
  return ports.flatMap((port, i) => {
    const path = `spec.ports[${i}]`;
    const faults: FieldError[] = [];
    if (spec.type === 'LoadBalancer' && port.port === kubeletPort)
      faults.push(invalidValue(path, port.port, `may not expose port ${kubeletPort} externally since it is used by kubelet`));
    if (!port.name && ports.length > 1) faults.push(required(`${path}.name`));
    if (port.name && !isNew(seen.names, port.name)) faults.push(duplicate(`${path}.name`, port.name));
    faults.push(...onePortFaults(port, path));
    if (!isNew(seen.ports, `${port.protocol}/${port.port}`)) faults.push(duplicate(path, asKey(port)));
    if (!port.nodePort) return faults;
    if (!hasNodePorts(it)) faults.push(forbidden(`${path}.nodePort`, `may not be used when \`type\` is '${spec.type}'`));
    if (!isNew(seen.nodePorts, `${port.protocol}/${port.nodePort}`)) faults.push(duplicate(`${path}.nodePort`, port.nodePort));
    return faults;
  });
}

/** What a port is told apart by, as upstream shows it. */
const asKey = ({ protocol = 'TCP', port = 0 }: ServicePort): object => ({
  Name: '',
  Protocol: protocol,
  AppProtocol: null,
  Port: port,
  TargetPort: 0,
  NodePort: 0,
});

function onePortFaults(port: ServicePort, path: string): FieldError[] {
  const target = port.targetPort ?? 0;
  const targets = typeof target === 'number' ? portNumber(target) : portName(target);
  return [
    ...(port.name ? faultsOf(`${path}.name`, port.name, dns1123Label(port.name)) : []),
    ...faultsOf(`${path}.port`, port.port ?? 0, portNumber(port.port ?? 0)),
    // Upstream takes it and leaves it to the network; here no data plane carries it, which is better said at once.
    ...(port.protocol === 'SCTP'
      ? [invalidValue(`${path}.protocol`, port.protocol, 'SCTP is not carried on this cluster: use TCP or UDP')]
      : []),
    ...faultsOf(`${path}.targetPort`, target, targets),
    ...(port.appProtocol ? faultsOf(`${path}.appProtocol`, port.appProtocol, qualifiedName(port.appProtocol)) : []),
  ];
}

function externalNameFaults({ spec }: Service): FieldError[] {
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  const faults: FieldError[] = [];
  for (const field of ['clusterIPs', 'ipFamilies'] as const)
    if (spec[field]?.length) faults.push(forbidden(`spec.${field}`, 'may not be set for ExternalName services'));
  if (spec.clusterIP && !spec.clusterIPs?.length) faults.push(forbidden('spec.clusterIPs', 'may not be set for ExternalName services'));
  if (spec.ipFamilyPolicy) faults.push(forbidden('spec.ipFamilyPolicy', 'may not be set for ExternalName services'));
  if (name === '') faults.push(required('spec.externalName'));
  else faults.push(...faultsOf('spec.externalName', name, dns1123Subdomain(name)));
  return faults;
}

/** Cluster IPs and their families (ValidateServiceClusterIPsRelatedFields); this cluster is single-stack. */
function addressesFaults(it: Service): FieldError[] {
  const { clusterIP, clusterIPs = [], ipFamilies = [], ipFamilyPolicy: policy, selector = {}, type } = it.spec;
  const faults: FieldError[] = [];
  if (hasNodePorts(it) && isHeadless(it))
    faults.push(invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  if (clusterIP && clusterIPs.length === 0) faults.push(required('spec.clusterIPs'));
  else if (clusterIP && clusterIPs[0] !== clusterIP)
    faults.push(invalidValue('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'));
  else if (!clusterIP && clusterIPs.length > 0)
    faults.push(invalidValue('spec.clusterIPs', clusterIPs, 'must be empty when `clusterIP` is not specified'));
  for (const [i, family] of ipFamilies.entries()) {
    if (!['IPv4', 'IPv6'].includes(family)) faults.push(notSupported(`spec.ipFamilies[${i}]`, family, ['IPv4', 'IPv6']));
    else if (ipFamilies.indexOf(family) < i) faults.push(duplicate(`spec.ipFamilies[${i}]`, family));
  }
  if (isHeadless(it)) {
    if (clusterIPs.length > 1) faults.push(invalidValue('spec.clusterIPs', clusterIPs, "'None' must be the first and only value"));
  } else for (const [i, address] of clusterIPs.entries()) faults.push(...addressFaults(`spec.clusterIPs[${i}]`, address));
  if (clusterIPs.length > 2) faults.push(invalidValue('spec.clusterIPs', clusterIPs, 'may only hold up to 2 values'));
  if (faults.length > 0) return faults;
  return familyFaults({ clusterIPs, ipFamilies, policy, isFree: isHeadless(it) && Object.keys(selector).length === 0 });
}

type Families = { clusterIPs: readonly string[]; ipFamilies: readonly string[]; policy: Policy; isFree: boolean };

function familyFaults({ clusterIPs, ipFamilies, policy, isFree }: Families): FieldError[] {
  const faults: FieldError[] = [];
  const several = (what: string): FieldError =>
    invalidValue('spec.ipFamilyPolicy', policy, `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`);
  if (policy === 'SingleStack' && clusterIPs.length === 2) faults.push(several('cluster IPs'));
  if (policy === 'SingleStack' && ipFamilies.length === 2) faults.push(several('IP families'));
  for (const [i, address] of clusterIPs.entries()) {
    const family = isIPv4(address) ? 'IPv4' : isIPv6(address) ? 'IPv6' : undefined;
    if (family === 'IPv6' && (ipFamilies[i] === undefined || ipFamilies.length === 1))
      faults.push(invalidValue(`spec.clusterIPs[${i}]`, clusterIPs, 'IPv6 is not configured on this cluster'));
    else if (family && ipFamilies[i] !== undefined && ipFamilies[i] !== family)
      faults.push(
        invalidValue(`spec.clusterIPs[${i}]`, address, `expected an ${ipFamilies[i]} value as indicated by \`ipFamilies[${i}]\``),
      );
  }
  if (faults.length > 0 || isFree) return faults;
  if (policy === 'RequireDualStack')
    faults.push(invalidValue('spec.ipFamilyPolicy', policy, 'this cluster is not configured for dual-stack services'));
  for (const [i, family] of ipFamilies.entries())
    if (family === 'IPv6') faults.push(invalidValue(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'));
  return faults;
}

function affinityFaults({ spec }: Service): FieldError[] {
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (spec.sessionAffinity === 'ClientIP' && seconds !== undefined && (seconds <= 0 || seconds > 86_400)) {
    const path = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
    return [invalidValue(path, seconds, 'must be greater than 0 and less than 86400')];
  }
  return [];
}

function isRange(value: string): boolean {
  const [address = '', bits = '', ...rest] = value.split('/');
  return isIP(address) !== 0 && rest.length === 0 && /^\d+$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128);
}

function balancerFaults({ spec }: Service, was: Service | undefined): FieldError[] {
  const faults: FieldError[] = [];
  const { loadBalancerClass, loadBalancerSourceRanges = [], allocateLoadBalancerNodePorts } = spec;
  if (spec.type === 'LoadBalancer') {
    for (const [i, range] of loadBalancerSourceRanges.entries()) {
      const path = `spec.LoadBalancerSourceRanges[${i}]`;
      if (!isRange(range.trim()))
        faults.push(invalidValue(path, range.trim(), 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'));
    }
    if (loadBalancerClass !== undefined)
      faults.push(...faultsOf('spec.loadBalancerClass', loadBalancerClass, qualifiedName(loadBalancerClass)));
    if (was?.spec.type === 'LoadBalancer' && was.spec.loadBalancerClass !== loadBalancerClass)
      faults.push(invalidValue('spec.loadBalancerClass', loadBalancerClass, 'may not change once set'));
    return faults;
  }
  if (loadBalancerSourceRanges.length > 0) faults.push(forbidden('spec.LoadBalancerSourceRanges', onlyBalanced));
  if (loadBalancerClass !== undefined) faults.push(forbidden('spec.loadBalancerClass', onlyBalanced));
  if (allocateLoadBalancerNodePorts !== undefined) faults.push(forbidden('spec.allocateLoadBalancerNodePorts', onlyBalanced));
  return faults;
}

function policyFaults(it: Service): FieldError[] {
  const { externalTrafficPolicy, healthCheckNodePort, trafficDistribution } = it.spec;
  const faults: FieldError[] = [];
  if (externalTrafficPolicy && !isExternal(it))
    faults.push(invalidValue('spec.externalTrafficPolicy', externalTrafficPolicy, 'may only be set for externally-accessible services'));
  if (healthCheckNodePort && !needsHealthCheckPort(it)) {
    const text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    faults.push(invalidValue('spec.healthCheckNodePort', healthCheckNodePort, text));
  }
  const known = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
  if (trafficDistribution !== undefined && !known.includes(trafficDistribution))
    faults.push(notSupported('spec.trafficDistribution', trafficDistribution, known));
  return faults;
}

/** What stays as long as the type has it. */
function changeFaults(it: Service, was: Service): FieldError[] {
  const faults: FieldError[] = [];
  if (needsClusterIp(it) && needsClusterIp(was) && was.spec.clusterIP && it.spec.clusterIP !== was.spec.clusterIP)
    faults.push(invalidValue('spec.clusterIPs[0]', it.spec.clusterIP ? [it.spec.clusterIP] : null, 'may not change once set'));
  const [before, now] = [was.spec.healthCheckNodePort, it.spec.healthCheckNodePort];
  if (needsHealthCheckPort(it) && needsHealthCheckPort(was) && before && now !== before)
    faults.push(forbidden('spec.healthCheckNodePort', 'field is immutable'));
  return faults;
}

/** Where a load balancer says that it takes traffic in (ValidateServiceStatusUpdate). */
export function validateStatus(it: Service, was: Service): FieldError[] {
  const ingress = it.status?.loadBalancer?.ingress ?? [];
  const path = 'status.loadBalancer.ingress';
  if (it.spec.type !== 'LoadBalancer' && ingress.length > 0 && !deepEqual(ingress, was.status?.loadBalancer?.ingress ?? []))
    return [forbidden(path, 'may only be used when `spec.type` is "LoadBalancer"')];
  return ingress.flatMap(({ ip, ipMode, hostname }, i) => [
    ...(ip ? addressFaults(`${path}[${i}].ip`, ip) : []),
    ...(!ip && ipMode ? [forbidden(`${path}[${i}].ipMode`, 'may not be specified when `ip` is not set')] : []),
    ...(ip && ipMode && !['VIP', 'Proxy'].includes(ipMode) ? [notSupported(`${path}[${i}].ipMode`, ipMode, ['Proxy', 'VIP'])] : []),
    ...(hostname ? faultsOf(`${path}[${i}].hostname`, hostname, dns1123Subdomain(hostname)) : []),
    ...(hostname && isIP(hostname) ? [invalidValue(`${path}[${i}].hostname`, hostname, 'must be a DNS name, not an IP address')] : []),
  ]);
}
