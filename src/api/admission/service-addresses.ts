import type { core } from '../../kinds/index.ts';
import { service } from '../../kinds/index.ts';
import { toAddress, toNumber } from '../../lib/ipv4.ts';
import { type FieldError, invalidValue, toCause } from '../../meta/field-error.ts';
import { invalid, StatusError } from '../../meta/status-error.ts';
import type { KubeObject } from '../../meta/types.ts';
import type { Store } from '../../store/index.ts';
import { decode, storeKey } from '../codec.ts';
import type { AdmissionStep } from './admission.ts';

export type ServiceAddressConfig = { serviceCidr: string; nodePorts: { first: number; last: number } };

/**
 * Cluster IPs and node ports. What is taken follows from the stored services alone (a synchronous watch keeps it);
 * writes under way hold reservations, so that two creates at once never get the same.
 */
export async function serviceAddresses(store: Store, config: ServiceAddressConfig): Promise<AdmissionStep> {
  const [base = '', bits = ''] = config.serviceCidr.split('/');
  const first = toNumber(base) + 1;
  const count = 2 ** (32 - Number(bits)) - 2;
  // Dynamic addresses start above a static band, which people may name themselves (KEP-3070).
  const band = Math.min(Math.max(16, Math.floor(count / 16)), 256);
  const taken = new Map<string, string>();
  const note = (object: KubeObject, there: boolean): void => {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    for (const item of itemsOf(object as core.Service)) {
      if (there) taken.set(item, key);
      else if (taken.get(item) === key) taken.delete(item);
    }
  };
  const now = await store.range(storeKey(service));
  for (const entry of now.entries) note(decode(entry), true);
  await store.watch(storeKey(service), now.revision, (changes) => {
    for (const { entry, previous } of changes) {
      if (previous) note(decode(previous), false);
      if (entry) note(decode(entry), true);
    }
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
    if (spec.clusterIPs?.[0] && !spec.clusterIP) spec.clusterIP = spec.clusterIPs[0];
    if (spec.clusterIP !== 'None') {
      if (spec.clusterIP) {
        const n = toNumber(spec.clusterIP);
        if (!/^\d+\.\d+\.\d+\.\d+$/.test(spec.clusterIP))
          fail(draft, invalidValue('spec.clusterIPs', [spec.clusterIP], 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'));
        if (!(n >= first && n < first + count)) {
          fail(
            draft,
            invalidValue(
              'spec.clusterIPs',
              [spec.clusterIP],
              `failed to allocate IP ${spec.clusterIP}: the provided IP (${spec.clusterIP}) is not in the valid range. The range of valid IPs is ${config.serviceCidr}`,
            ),
          );
        }
        if (!free(`ip/${spec.clusterIP}`))
          fail(
            draft,
            invalidValue('spec.clusterIPs', [spec.clusterIP], `failed to allocate IP ${spec.clusterIP}: provided IP is already allocated`),
          );
      } else {
        let n = first + band;
        while (n < first + count && !free(`ip/${toAddress(n)}`)) n += 1;
        if (n >= first + count) throw new StatusError('InternalError', 'failed to allocate a serviceIP: range is full');
        spec.clusterIP = toAddress(n);
      }
      take(`ip/${spec.clusterIP}`);
    }
    spec.clusterIPs = [spec.clusterIP];
  }

  function assignNodePorts(draft: core.Service, free: (item: string) => boolean, take: (item: string) => void): void {
    const { spec } = draft;
    const wants = spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
    const { first: low, last: high } = config.nodePorts;
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
        let n =
          low + ((toNumber(spec.clusterIP === 'None' ? '0.0.0.0' : (spec.clusterIP ?? '0.0.0.0')) * 7919 + port.port) % (high - low + 1));
        let tried = 0;
        while (!free(`port/${port.protocol}/${n}`) && tried++ <= high - low) n = n === high ? low : n + 1;
        if (tried > high - low) throw new StatusError('InternalError', 'failed to allocate a nodePort: range is full');
        port.nodePort = n;
        take(`port/${port.protocol}/${n}`);
      } else delete port.nodePort;
    }
  }

  return { name: 'ServiceAddresses', reserve: (kind, draft) => (kind === service ? reserve(draft as core.Service) : undefined) };
}

function itemsOf({ spec }: core.Service): string[] {
  const items = (spec.ports ?? []).filter((it) => it.nodePort).map((it) => `port/${it.protocol}/${it.nodePort}`);
  if (spec.clusterIP && spec.clusterIP !== 'None') items.push(`ip/${spec.clusterIP}`);
  return items;
}
