import { isIPv4, isIPv6 } from 'node:net';
import type { core, discovery } from '../kinds/index.ts';
import { isInRange, reverseAddress } from './addresses.ts';

export type RecordData =
  | { type: 'A' | 'AAAA'; address: string }
  | { type: 'CNAME' | 'NS' | 'PTR'; target: string }
  | { type: 'SRV'; priority: number; weight: number; port: number; target: string }
  | { type: 'TXT'; text: string }
  | { type: 'SOA'; mname: string; rname: string; serial: number; refresh: number; retry: number; expire: number; minimum: number };
export type ResourceRecord = { name: string; ttl: number } & RecordData;

/** What is known of the cluster. */
export interface ClusterNames {
  hasNamespace(name: string): boolean;
  service(namespace: string, name: string): core.Service | undefined;
  slices(namespace: string, name: string): Iterable<discovery.EndpointSlice>;
  /** By `addressKey`. */
  serviceAt(address: string): core.Service | undefined;
  /** Endpoints with an address (by `addressKey`), each with the service it is of. */
  endpointsAt(address: string): Iterable<{ namespace: string; service: string; hostname: string | undefined; address: string }>;
}

export type Zone = {
  /** Such as cluster.local, in lower case. */
  domain: string;
  ttl: number;
  /** Addresses of this server. */
  servers: readonly string[];
  /** Ranges of addresses whose reverse names nobody outside knows. */
  ownRanges: readonly string[];
  /** Names of single machines, such as the host, that are in no domain of ours. */
  hosts?: Readonly<Record<string, string>>;
};

export type Found =
  | { type: 'records'; answers: ResourceRecord[]; additionals: ResourceRecord[] }
  /** Another name stands for this one. */
  | { type: 'alias'; target: string }
  /** There is such a name, but no record of that type. */
  | { type: 'nothing' }
  | { type: 'no such name' }
  /** The zone itself: its SOA record. */
  | { type: 'authority' }
  /** Not a name of ours. */
  | { type: 'elsewhere' };

// The version of the specification that the names follow (github.com/kubernetes/dns, docs/specification.md).
const schemaVersion = '1.1.0';

const nothing: Found = { type: 'nothing' };
const noName: Found = { type: 'no such name' };

/** What the cluster answers. `name` is in lower case without the last dot, `as` the same as it was asked. */
export function lookUp(name: string, type: string, as: string, cluster: ClusterNames, zone: Zone): Found {
  const address = reverseAddress(name);
  if (address !== undefined) return reverse(address, type, as, cluster, zone);
  const host = zone.hosts && Object.hasOwn(zone.hosts, name) ? zone.hosts[name] : undefined;
  if (host !== undefined) return addresses(as, [host], type, zone);
  if (name === zone.domain) return apex(type, as, zone);
  if (!name.endsWith(`.${zone.domain}`)) return { type: 'elsewhere' };
  const labels = name.slice(0, -zone.domain.length - 1).split('.');
  const below = labels.slice(0, -1);
  switch (labels.at(-1)) {
    case 'svc':
      return serviceNames(below, type, as, cluster, zone);
    case 'pod':
      return podNames(below, type, as, cluster, zone);
    case 'dns-version':
      if (below.length > 0) return noName;
      return type === 'TXT' ? records([{ name: as, ttl: zone.ttl, type: 'TXT', text: schemaVersion }]) : nothing;
    case 'dns':
      if (below.length === 0) return nothing;
      return below.length === 1 && below[0] === 'ns' ? addresses(as, zone.servers, type, zone) : noName;
    default:
      return noName;
  }
}

/** Goes with every answer that says "no", so that resolvers know how long that holds. */
export const soaOf = (zone: Zone, name: string, now: number): ResourceRecord => ({
  ...{ name, ttl: zone.ttl, type: 'SOA', mname: `ns.dns.${zone.domain}`, rname: `hostmaster.${zone.domain}` },
  ...{ serial: Math.floor(now / 1000), refresh: 7200, retry: 1800, expire: 86400, minimum: zone.ttl },
});

const records = (answers: ResourceRecord[], additionals: ResourceRecord[] = []): Found =>
  answers.length > 0 ? { type: 'records', answers, additionals } : nothing;

const isOf = (address: string, type: string): boolean => (type === 'A' ? isIPv4(address) : type === 'AAAA' && isIPv6(address));

const addressRecords = (name: string, all: readonly string[], ttl: number): ResourceRecord[] =>
  [...new Set(all)].map((address) => ({ name, ttl, type: isIPv4(address) ? 'A' : 'AAAA', address }));

const addresses = (name: string, all: readonly string[], type: string, { ttl }: Zone): Found =>
  records(addressRecords(name, all, ttl).filter((it) => it.type === type));

function apex(type: string, as: string, zone: Zone): Found {
  const server = `ns.dns.${zone.domain}`;
  if (type === 'NS') return records([{ name: as, ttl: zone.ttl, type, target: server }], addressRecords(server, zone.servers, zone.ttl));
  return type === 'SOA' ? { type: 'authority' } : nothing;
}

/** `[_port._protocol.|endpoint.]service.namespace.svc` */
function serviceNames(labels: readonly string[], type: string, as: string, cluster: ClusterNames, zone: Zone): Found {
  const [namespace, name, ...rest] = [...labels].reverse();
  if (namespace === undefined) return nothing;
  if (name === undefined) return cluster.hasNamespace(namespace) ? nothing : noName;
  const service = cluster.service(namespace, name);
  if (!service) return noName;
  if (service.spec?.type === 'ExternalName') {
    if (rest.length > 0) return noName;
    return service.spec.externalName ? { type: 'alias', target: service.spec.externalName.replace(/\.$/, '') } : nothing;
  }
  const want = wantOf(rest);
  if (!want) return noName;
  const isHeadless = service.spec?.clusterIP === 'None';
  const targets =
    isHeadless || want.endpoint !== undefined ? endpointTargets(service, want, cluster, zone) : clusterTargets(service, want, zone);
  // Without any endpoint that is ready there is no such name (specification, 2.4.1).
  if (targets.length === 0) return noName;
  if (type === 'SRV') return srvRecords(as, targets, zone);
  return addresses(
    as,
    targets.flatMap((it) => it.addresses),
    type,
    zone,
  );
}

type Want = { port?: string; protocol?: string; endpoint?: string };

/** What stands before the service's name, from right to left. */
function wantOf(rest: readonly string[]): Want | undefined {
  const [first, second] = rest;
  if (first === undefined) return {};
  if (second === undefined) return { endpoint: first };
  if (rest.length > 2 || !first.startsWith('_') || !second.startsWith('_')) return undefined;
  return { port: second.slice(1), protocol: first.slice(1) };
}

/** A name with addresses, and the ports that are served there. */
type Target = { name: string; addresses: string[]; ports: number[] };

const matchesPort = (want: Want, port: { name?: string; protocol?: string }): boolean =>
  want.port === undefined || (port.name?.toLowerCase() === want.port && (port.protocol ?? 'TCP').toLowerCase() === want.protocol);

const serviceName = (namespace: string | undefined, name: string, { domain }: Zone): string => `${name}.${namespace}.svc.${domain}`;

function clusterTargets({ metadata, spec }: core.Service, want: Want, zone: Zone): Target[] {
  const ports = (spec?.ports ?? []).filter((it) => matchesPort(want, it)).map((it) => it.port);
  if (want.port !== undefined && ports.length === 0) return [];
  const all = spec?.clusterIPs?.length ? spec.clusterIPs : spec?.clusterIP ? [spec.clusterIP] : [];
  return all.length > 0 ? [{ name: serviceName(metadata.namespace, metadata.name, zone), addresses: all, ports }] : [];
}

function endpointTargets(service: core.Service, want: Want, cluster: ClusterNames, zone: Zone): Target[] {
  const { namespace = '', name, annotations } = service.metadata;
  const isPatient =
    service.spec?.publishNotReadyAddresses || annotations?.['service.alpha.kubernetes.io/tolerate-unready-endpoints'] === 'true';
  const targets = new Map<string, Target>();
  for (const slice of cluster.slices(namespace, name)) {
    if (slice.addressType === 'FQDN') continue;
    const ports = (slice.ports ?? []).filter((it) => matchesPort(want, it)).flatMap((it) => it.port ?? []);
    if (want.port !== undefined && ports.length === 0) continue;
    for (const { addresses: all, hostname, conditions } of slice.endpoints ?? []) {
      const address = all[0];
      if (address === undefined || (conditions?.ready === false && !isPatient)) continue;
      const label = endpointLabel(hostname, address);
      if (want.endpoint !== undefined && want.endpoint !== label.toLowerCase()) continue;
      const target = targets.get(label) ?? { name: `${label}.${serviceName(namespace, name, zone)}`, addresses: [], ports: [] };
      target.addresses.push(address);
      target.ports.push(...ports.filter((it) => !target.ports.includes(it)));
      targets.set(label, target);
    }
  }
  return [...targets.values()];
}

/** An endpoint without a name of its own is called by its address. */
const endpointLabel = (hostname: string | undefined, address: string): string => hostname || address.replaceAll(/[.:]/g, '-');

function srvRecords(as: string, targets: readonly Target[], { ttl }: Zone): Found {
  const pairs = targets.flatMap((target) => target.ports.map((port) => ({ target: target.name, port })));
  // All alike: their weights add up to a hundred.
  const weight = Math.max(1, Math.floor(100 / Math.max(1, pairs.length)));
  return records(
    pairs.map((it): ResourceRecord => ({ name: as, ttl, type: 'SRV', priority: 0, weight, ...it })),
    targets.filter((it) => it.ports.length > 0).flatMap((it) => addressRecords(it.name, it.addresses, ttl)),
  );
}

/** `10-244-0-7.namespace.pod`, whatever runs there: as CoreDNS with "pods insecure", which kubeadm sets up. */
function podNames(labels: readonly string[], type: string, as: string, cluster: ClusterNames, zone: Zone): Found {
  const [namespace, dashed, ...rest] = [...labels].reverse();
  if (namespace === undefined) return nothing;
  if (rest.length > 0 || !cluster.hasNamespace(namespace)) return noName;
  if (dashed === undefined) return nothing;
  const address = [dashed.replaceAll('-', '.'), dashed.replaceAll('-', ':')].find((it) => isIPv4(it) || isIPv6(it));
  if (address === undefined) return noName;
  return isOf(address, type) ? addresses(as, [address], type, zone) : nothing;
}

function reverse(address: string, type: string, as: string, cluster: ClusterNames, zone: Zone): Found {
  const names = reverseNames(address, cluster, zone);
  if (names.length > 0) {
    if (type !== 'PTR') return nothing;
    return records(names.map((target): ResourceRecord => ({ name: as, ttl: zone.ttl, type, target })));
  }
  return zone.ownRanges.some((it) => isInRange(it, address)) ? noName : { type: 'elsewhere' };
}

function reverseNames(address: string, cluster: ClusterNames, zone: Zone): string[] {
  const service = cluster.serviceAt(address);
  if (service) return [serviceName(service.metadata.namespace, service.metadata.name, zone)];
  const all = [...cluster.endpointsAt(address)];
  // Names that were given are better than names made of addresses.
  const named = all.filter((it) => it.hostname);
  const names = (named.length > 0 ? named : all).map(
    (it) => `${endpointLabel(it.hostname, it.address)}.${serviceName(it.namespace, it.service, zone)}`,
  );
  return [...new Set(names)];
}
