import { type core, type discovery, isPodFinished } from '../kinds/index.ts';
import { keyOf } from '../meta/owner.ts';
import { chooseEndpoints, type Endpoint } from './endpoints.ts';

/** Where this node takes traffic in, besides cluster IPs. */
export type NodeFacts = {
  nodeName: string;
  /** The node's zone, for hints of endpoints. */
  zone?: string | undefined;
  /** Where node ports and host ports without an address of their own listen. */
  nodePortAddresses: readonly string[];
  /** Where the ports of LoadBalancer services listen. */
  loadBalancerAddresses: readonly string[];
  /** True for addresses that are services, which no endpoint can be: traffic would go round in circles. */
  isServiceAddress: (address: string) => boolean;
};

export type Via = 'cluster IP' | 'node port' | 'load balancer' | 'external IP' | 'host port';

/** An address and port to take traffic in at, and where it goes. Plain data. */
export type Listener = {
  /** `TCP 10.96.0.1:443`: at most one listener has it at a time. */
  id: string;
  protocol: 'TCP' | 'UDP';
  address: string;
  port: number;
  via: Via;
  /** Listeners of one service port that share it share turns and client affinity. */
  group: string;
  endpoints: readonly Endpoint[];
  /** A client comes back to the same endpoint within this time of its last connection. */
  affinitySeconds?: number;
  /** CIDRs of who may connect; absent: everybody. */
  allow?: readonly string[];
};

const listenerId = (protocol: string, address: string, port: number): string => `${protocol} ${address}:${port}`;
const isIPv4 = (address: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(address);
const isProtocol = (protocol: string | undefined): protocol is 'TCP' | 'UDP' => protocol === 'TCP' || protocol === 'UDP';

/** Services that another proxy is responsible for, or that have no address. */
function isIgnored(service: core.Service): boolean {
  const { type, clusterIP } = service.spec;
  const foreign = service.metadata.labels?.['service.kubernetes.io/service-proxy-name'] !== undefined;
  return foreign || type === 'ExternalName' || !clusterIP || clusterIP === 'None';
}

/** Every listener a Service wants on this node. `slices` are the EndpointSlices labelled with its name. */
export function listenersOfService(service: core.Service, slices: readonly discovery.EndpointSlice[], node: NodeFacts): Listener[] {
  if (isIgnored(service)) return [];
  const { spec } = service;
  const affinity =
    spec.sessionAffinity === 'ClientIP' ? { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800 } : {};
  const ranges = spec.loadBalancerSourceRanges?.map((it) => it.trim()).filter((it) => it !== '') ?? [];
  const listeners: Listener[] = [];
  for (const servicePort of spec.ports ?? []) {
    const protocol = servicePort.protocol ?? 'TCP';
    if (!isProtocol(protocol)) continue;
    const reach = (policy: 'Cluster' | 'Local' = 'Cluster') => {
      const group = `${keyOf(service)}:${servicePort.name ?? ''}/${protocol}${policy === 'Local' ? ' local' : ''}`;
      return { group, endpoints: chooseEndpoints(slices, { name: servicePort.name ?? '', protocol }, policy, node, node.isServiceAddress) };
    };
    const add = (via: Via, address: string, port: number, target: ReturnType<typeof reach>, more: Partial<Listener> = {}): void => {
      const id = listenerId(protocol, address, port);
      if (!isIPv4(address) || listeners.some((it) => it.id === id)) return;
      // An endpoint that is the listener itself would call itself for ever.
      const endpoints = target.endpoints.filter((it) => it.address !== address || it.port !== port);
      listeners.push({ id, protocol, address, port, via, group: target.group, endpoints, ...affinity, ...more });
    };
    const internal = reach(spec.internalTrafficPolicy);
    const external = reach(spec.externalTrafficPolicy);
    for (const address of spec.clusterIPs ?? [spec.clusterIP ?? '']) add('cluster IP', address, servicePort.port, internal);
    for (const address of spec.externalIPs ?? []) add('external IP', address, servicePort.port, external);
    if (servicePort.nodePort) for (const address of node.nodePortAddresses) add('node port', address, servicePort.nodePort, external);
    if (isBalanced(service)) {
      const allow = ranges.length > 0 ? { allow: ranges } : {};
      for (const address of node.loadBalancerAddresses) add('load balancer', address, servicePort.port, external, allow);
    }
  }
  return listeners;
}

/** LoadBalancer services that nobody else was asked to serve. */
export const isBalanced = (service: core.Service): boolean => service.spec.type === 'LoadBalancer' && !service.spec.loadBalancerClass;

/** The host ports of a pod on this node. */
export function listenersOfPod(pod: core.Pod, node: NodeFacts): Listener[] {
  const { spec, status } = pod;
  const podIp = status?.podIP;
  if (spec.nodeName !== node.nodeName || spec.hostNetwork || !podIp || isPodFinished(pod)) return [];
  const listeners: Listener[] = [];
  const containers = [...spec.containers, ...(spec.initContainers ?? []).filter((it) => it.restartPolicy === 'Always')];
  for (const { hostPort, hostIP, containerPort, protocol = 'TCP' } of containers.flatMap((it) => it.ports ?? [])) {
    if (!hostPort || !isProtocol(protocol)) continue;
    const everywhere = !hostIP || hostIP === '0.0.0.0' || hostIP === '::';
    for (const address of everywhere ? node.nodePortAddresses : [hostIP]) {
      const id = listenerId(protocol, address, hostPort);
      if (!isIPv4(address) || listeners.some((it) => it.id === id)) continue;
      const endpoints = [{ address: podIp, port: containerPort }];
      listeners.push({
        id,
        protocol,
        address,
        port: hostPort,
        via: 'host port',
        group: `pod ${keyOf(pod)}:${containerPort}/${protocol}`,
        endpoints,
      });
    }
  }
  return listeners;
}
