import { deepEqual } from '../../../meta/copy.ts';
import type { Service } from '../../generated/core-v1.ts';
import { hasNodePorts, isExternal, needsClusterIp, needsHealthCheckPort } from './needs.ts';

export function defaults(draft: Service): void {
  draft.spec ??= {};
  const { spec } = draft;
  spec.sessionAffinity ??= 'None';
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= 10_800;
  } else if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  spec.type ??= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ??= 'TCP';
    if (port.targetPort === undefined || port.targetPort === '' || port.targetPort === 0) port.targetPort = port.port;
  }
  if (needsClusterIp(draft)) spec.internalTrafficPolicy ??= 'Cluster';
  if (isExternal(draft)) spec.externalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  statusDefaults(draft);
}

/** An address stands for the load balancer itself unless somebody says that it is a proxy's. */
export function statusDefaults({ spec, status }: Service): void {
  if (spec.type === 'LoadBalancer') for (const entry of status?.loadBalancer?.ingress ?? []) if (entry.ip) entry.ipMode ??= 'VIP';
}

/** The families of addresses: this cluster has IPv4 alone (registry/core/service/storage/alloc.go, initIPFamilyFields). */
function fillFamilies({ spec }: Service): void {
  const isFree = (spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None') && Object.keys(spec.selector ?? {}).length === 0;
  // Who writes the endpoints by hand may write some of each.
  spec.ipFamilyPolicy ??= isFree ? 'RequireDualStack' : 'SingleStack';
  if (!spec.ipFamilies?.length) spec.ipFamilies = ['IPv4'];
  if (isFree && spec.ipFamilyPolicy !== 'SingleStack' && spec.ipFamilies.length === 1)
    spec.ipFamilies.push(spec.ipFamilies[0] === 'IPv4' ? 'IPv6' : 'IPv4');
}

export function prepareCreate(draft: Service): void {
  draft.status = { loadBalancer: {} };
  const { spec } = draft;
  if (!needsClusterIp(draft)) return;
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  fillFamilies(draft);
}

export function prepareUpdate(draft: Service, was: Service): void {
  keepAllocated(draft, was);
  dropUnneeded(draft, was);
  if (needsClusterIp(draft)) {
    const { ipFamilies, ipFamilyPolicy } = was.spec;
    if (needsClusterIp(was)) {
      draft.spec.ipFamilyPolicy ??= ipFamilyPolicy ?? 'SingleStack';
      if (!draft.spec.ipFamilies?.length && ipFamilies) draft.spec.ipFamilies = [...ipFamilies];
    }
    fillFamilies(draft);
  }
  // Nobody balances it any more.
  if (was.spec.type === 'LoadBalancer' && draft.spec.type !== 'LoadBalancer') draft.status = { ...draft.status, loadBalancer: {} };
}

/** Who updates without naming what was given to the Service keeps it (patchAllocatedValues). */
function keepAllocated(draft: Service, was: Service): void {
  const { spec } = draft;
  if (needsClusterIp(draft) && needsClusterIp(was)) {
    // The list follows the address where only one of them was changed.
    const isSameList = deepEqual(spec.clusterIPs ?? [], was.spec.clusterIPs ?? []);
    if (!spec.clusterIP && isSameList) delete spec.clusterIPs;
    else if (spec.clusterIP && spec.clusterIP !== was.spec.clusterIP && isSameList) spec.clusterIPs = [spec.clusterIP];
    if (!spec.clusterIP && !spec.clusterIPs?.length && was.spec.clusterIP) {
      spec.clusterIP = was.spec.clusterIP;
      spec.clusterIPs = [...(was.spec.clusterIPs ?? [was.spec.clusterIP])];
    } else if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  } else if (needsClusterIp(draft) && spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  if (hasNodePorts(draft) && hasNodePorts(was)) {
    for (const port of spec.ports ?? []) {
      const before = was.spec.ports?.find((it) => it.port === port.port && it.protocol === port.protocol)?.nodePort;
      if (!port.nodePort && before) port.nodePort = before;
    }
  }
  if (needsHealthCheckPort(draft) && needsHealthCheckPort(was) && was.spec.healthCheckNodePort)
    spec.healthCheckNodePort ||= was.spec.healthCheckNodePort;
}

/** What belonged to the type it had, and was not given anew, goes with it (dropTypeDependentFields). */
function dropUnneeded({ spec }: Service, was: Service): void {
  const draft = { spec } as Service;
  const dropIfSame = (...fields: Array<keyof Service['spec']>): void => {
    for (const field of fields) if (deepEqual(spec[field], was.spec[field])) delete spec[field];
  };
  if (needsClusterIp(was) && !needsClusterIp(draft)) {
    dropIfSame('clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy');
    if (!spec.clusterIP) delete spec.clusterIP;
    if (!spec.clusterIPs?.length) delete spec.clusterIPs;
  }
  if (hasNodePorts(was) && !hasNodePorts(draft)) {
    const before = new Set((was.spec.ports ?? []).map((it) => it.nodePort));
    for (const port of spec.ports ?? []) if (before.has(port.nodePort)) delete port.nodePort;
  }
  if (needsHealthCheckPort(was) && !needsHealthCheckPort(draft)) dropIfSame('healthCheckNodePort');
  if (was.spec.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') dropIfSame('allocateLoadBalancerNodePorts', 'loadBalancerClass');
  if (isExternal(was) && !isExternal(draft)) dropIfSame('externalTrafficPolicy');
}
