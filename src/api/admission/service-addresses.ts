import type { AnyKind, core, networking } from '../../kinds/index.ts';
import { ipAddress, service, serviceCidr } from '../../kinds/index.ts';
import { toAddress, toNumber } from '../../lib/ipv4.ts';
import { type FieldError, invalidValue, toCause } from '../../meta/field-error.ts';
import { invalid, StatusError } from '../../meta/status-error.ts';
import type { KubeObject } from '../../meta/types.ts';
import type { Store } from '../../store/index.ts';
import { decode, storeKey } from '../codec.ts';
import type { AdmissionStep } from './admission.ts';

export type ServiceAddressConfig = { serviceCidr: string; nodePorts: { first: number; last: number } };

/** Addresses of Services are told by IPAddress objects; those that follow the Services say so by this label. */
const followsService = (it: networking.IPAddress): boolean =>
  it.metadata.labels?.['ipaddress.kubernetes.io/managed-by'] === 'ipallocator.k8s.io';

type Range = { cidr: string; first: number; count: number };

/** Without the network's own address and the last one. */
function rangeOf(cidr: string): Range {
  const [base = '', bits = ''] = cidr.split('/');
  return { cidr, first: toNumber(base) + 1, count: Math.max(0, 2 ** (32 - Number(bits)) - 2) };
}

/** IPv4 ranges of a ServiceCIDR that may be used. */
function rangesOf({ metadata, spec, status }: networking.ServiceCIDR): Range[] {
  const isReady = status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True');
  return isReady && !metadata.deletionTimestamp ? (spec?.cidrs ?? []).filter((it) => !it.includes(':')).map(rangeOf) : [];
}

/**
 * Cluster IPs and node ports. What is taken follows from the stored services, ranges and addresses alone (synchronous
 * watches keep it), so a crash loses nothing; writes under way hold reservations, so that two creates at once never get
 * the same.
 */
export async function serviceAddresses(store: Store, config: ServiceAddressConfig): Promise<AdmissionStep> {
  const { first: low, last: high } = config.nodePorts;
  const own = rangeOf(config.serviceCidr);
  // By name of the object; the range of the cluster is there whatever becomes of its object.
  const added = new Map<string, Range[]>();
  const ranges = (): Range[] => [own, ...[...added.values()].flat().filter((it) => it.cidr !== own.cidr)];
  const taken = new Map<string, string>();
  const note = (object: KubeObject, there: boolean): void => {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    for (const item of itemsOf(object as core.Service)) {
      if (there) taken.set(item, key);
      else if (taken.get(item) === key) taken.delete(item);
    }
  };
  await follow(store, service, note);
  await follow(store, serviceCidr, (object, there) => {
    if (there) added.set(object.metadata.name, rangesOf(object as networking.ServiceCIDR));
    else added.delete(object.metadata.name);
  });
  await follow(store, ipAddress, (object, there) => {
    if (followsService(object as networking.IPAddress)) return;
    const item = `ip/${object.metadata.name}`;
    const key = `ipaddresses/${object.metadata.name}`;
    if (there && !taken.has(item)) taken.set(item, key);
    else if (!there && taken.get(item) === key) taken.delete(item);
  });

  const fail = (draft: core.Service, fault: FieldError): never => {
    throw invalid(service, draft.metadata.name, [toCause(fault)]);
  };

  function reserve(draft: core.Service): () => void {
    const key = `${draft.metadata.namespace}/${draft.metadata.name}`;
    const mine: string[] = [];
    const free = (item: string): boolean => !taken.has(item) || taken.get(item) === key;
    const take = (item: string): void => {
      if (taken.has(item)) return;
      taken.set(item, key);
      mine.push(item);
    };
    const release = (): void => {
      // What was stored in the meantime is noted by the watch; only what was not is given back.
      queueMicrotask(() => {
        void store.get(storeKey(service, draft.metadata.namespace, draft.metadata.name)).then((entry) => {
          const kept = entry ? itemsOf(decode(entry) as core.Service) : [];
          for (const item of mine) if (!kept.includes(item) && taken.get(item) === key) taken.delete(item);
        });
      });
    };
    try {
      assignClusterIp(draft, free, take);
      assignNodePorts(draft, free, take);
      assignHealthCheckPort(draft, free, take);
    } catch (error) {
      for (const item of mine) taken.delete(item);
      throw error;
    }
    return release;
  }

  function assignClusterIp(draft: core.Service, free: (item: string) => boolean, take: (item: string) => void): void {
    const { spec } = draft;
    if (spec.type === 'ExternalName') {
      delete spec.clusterIP;
      delete spec.clusterIPs;
      return;
    }
    if (spec.clusterIP !== 'None') {
      if (spec.clusterIP) {
        const n = toNumber(spec.clusterIP);
        const all = ranges();
        if (!/^\d+\.\d+\.\d+\.\d+$/.test(spec.clusterIP))
          fail(draft, invalidValue('spec.clusterIPs', [spec.clusterIP], 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'));
        if (!all.some(({ first, count }) => n >= first && n < first + count)) {
          fail(
            draft,
            invalidValue(
              'spec.clusterIPs',
              [spec.clusterIP],
              `failed to allocate IP ${spec.clusterIP}: the provided IP (${spec.clusterIP}) is not in the valid range. The range of valid IPs is ${all.map((it) => it.cidr).join(', ')}`,
            ),
          );
        }
        if (!free(`ip/${spec.clusterIP}`))
          fail(
            draft,
            invalidValue('spec.clusterIPs', [spec.clusterIP], `failed to allocate IP ${spec.clusterIP}: provided IP is already allocated`),
          );
      } else {
        const found = ranges()
          .map((range) => firstFree(range, free))
          .find((it) => it !== undefined);
        if (found === undefined) throw new StatusError('InternalError', 'failed to allocate a serviceIP: range is full');
        spec.clusterIP = found;
      }
      take(`ip/${spec.clusterIP}`);
    }
    spec.clusterIPs = [spec.clusterIP];
  }

  function assignNodePorts(draft: core.Service, free: (item: string) => boolean, take: (item: string) => void): void {
    const { spec } = draft;
    const wants = spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
    for (const [i, port] of (spec.ports ?? []).entries()) {
      if (port.nodePort) {
        const path = `spec.ports[${i}].nodePort`;
        if (port.nodePort < low || port.nodePort > high)
          fail(
            draft,
            invalidValue(path, port.nodePort, `provided port is not in the valid range. The range of valid ports is ${low}-${high}`),
          );
        if (!free(`port/${port.protocol}/${port.nodePort}`))
          fail(draft, invalidValue(path, port.nodePort, 'provided port is already allocated'));
        take(`port/${port.protocol}/${port.nodePort}`);
      } else if (wants) {
        // One number for both protocols of a port, such as TCP and UDP of DNS, where it can be had (initNodePorts).
        const same = spec.ports?.find((it) => it.port === port.port && it.nodePort)?.nodePort;
        const itemAt = (n: number): string => `port/${port.protocol}/${n}`;
        const start = startOf(spec.clusterIP, port.port);
        port.nodePort = same && free(itemAt(same)) ? same : freePort(start, (n) => free(itemAt(n)), 'nodePort');
        take(itemAt(port.nodePort));
      } else delete port.nodePort;
    }
  }

  /** The port on which nodes tell whether they have endpoints of their own (KEP for externalTrafficPolicy Local). */
  function assignHealthCheckPort(draft: core.Service, free: (item: string) => boolean, take: (item: string) => void): void {
    const { spec } = draft;
    if (spec.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local') return;
    const itemAt = (n: number): string => `port/TCP/${n}`;
    const asked = spec.healthCheckNodePort;
    const refuse = (why: string): never =>
      fail(draft, invalidValue('spec.healthCheckNodePort', asked, `failed to allocate requested HealthCheck NodePort ${asked}: ${why}`));
    if (asked && (asked < low || asked > high))
      refuse(`provided port is not in the valid range. The range of valid ports is ${low}-${high}`);
    if (asked && !free(itemAt(asked))) refuse('provided port is already allocated');
    spec.healthCheckNodePort = asked || freePort(startOf(spec.clusterIP, 0), (n) => free(itemAt(n)), 'healthCheckNodePort');
    take(itemAt(spec.healthCheckNodePort));
  }

  /** Where the search begins: services made alike do not ask for each other's ports. */
  const startOf = (address = '0.0.0.0', port: number): number =>
    low + ((toNumber(address === 'None' ? '0.0.0.0' : address) * 7919 + port) % (high - low + 1));

  function freePort(start: number, free: (n: number) => boolean, what: string): number {
    for (let n = start, tried = 0; tried <= high - low; tried++, n = n === high ? low : n + 1) if (free(n)) return n;
    throw new StatusError('InternalError', `failed to allocate a ${what}: range is full`);
  }

  return { name: 'ServiceAddresses', reserve: (kind, draft) => (kind === service ? reserve(draft as core.Service) : undefined) };
}

function itemsOf({ spec }: core.Service): string[] {
  const items = (spec.ports ?? []).filter((it) => it.nodePort).map((it) => `port/${it.protocol}/${it.nodePort}`);
  if (spec.healthCheckNodePort) items.push(`port/TCP/${spec.healthCheckNodePort}`);
  if (spec.clusterIP && spec.clusterIP !== 'None') items.push(`ip/${spec.clusterIP}`);
  return items;
}

/** Addresses above the static band, which people may name themselves (KEP-3070), then those in it. */
function firstFree({ first, count }: Range, free: (item: string) => boolean): string | undefined {
  const band = Math.min(Math.max(16, Math.floor(count / 16)), 256);
  const start = count > band ? band : 0;
  for (let i = 0; i < count; i++) {
    const address = toAddress(first + ((start + i) % count));
    if (free(`ip/${address}`)) return address;
  }
  return undefined;
}

/** Tells of every object of a kind, now and at each change, in the turn in which it is stored. */
async function follow(store: Store, kind: AnyKind, tell: (object: KubeObject, there: boolean) => void): Promise<void> {
  const now = await store.range(storeKey(kind));
  for (const entry of now.entries) tell(decode(entry), true);
  await store.watch(storeKey(kind), now.revision, (changes) => {
    for (const { entry, previous } of changes) {
      if (previous) tell(decode(previous), false);
      if (entry) tell(decode(entry), true);
    }
  });
}
