import type { Informers } from '../client/index.ts';
import { type core, type discovery, endpointSlice, namespace, service } from '../kinds/index.ts';
import { keyOf } from '../meta/owner.ts';
import { addressKey } from './addresses.ts';
import type { ClusterNames } from './records.ts';

/** Objects under several names each. */
class Index<T> {
  readonly #groups = new Map<string, Map<string, T>>();

  set(group: string, key: string, value: T): void {
    const inside = this.#groups.get(group);
    if (inside) inside.set(key, value);
    else this.#groups.set(group, new Map([[key, value]]));
  }

  delete(group: string, key: string): void {
    const inside = this.#groups.get(group);
    inside?.delete(key);
    if (inside?.size === 0) this.#groups.delete(group);
  }

  of = (group: string): Iterable<T> => this.#groups.get(group)?.values() ?? [];
}

const serviceOf = (slice: discovery.EndpointSlice): string =>
  `${slice.metadata.namespace}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`;
const addressesOf = ({ spec }: core.Service): string[] =>
  (spec?.clusterIPs?.length ? spec.clusterIPs : [spec?.clusterIP ?? '']).filter((it) => it !== '' && it !== 'None').map(addressKey);
const endpointsOf = (slice: discovery.EndpointSlice): string[] =>
  slice.addressType === 'FQDN' ? [] : (slice.endpoints ?? []).flatMap((it) => it.addresses.slice(0, 1).map(addressKey));

/** Follows the informers; `synced` resolves when all is known. */
export function followNames(informers: Informers): ClusterNames & { synced: Promise<unknown>; stop(): void } {
  const services = informers.of(service);
  const slices = informers.of(endpointSlice);
  const namespaces = informers.of(namespace);
  const byService = new Index<discovery.EndpointSlice>();
  const byEndpoint = new Index<discovery.EndpointSlice>();
  const byAddress = new Index<core.Service>();

  const ends = [
    services.onChange(({ type, object, old }) => {
      for (const address of old ? addressesOf(old) : []) byAddress.delete(address, keyOf(object));
      if (type !== 'deleted') for (const address of addressesOf(object)) byAddress.set(address, keyOf(object), object);
    }),
    slices.onChange(({ type, object, old }) => {
      const key = keyOf(object);
      if (old) {
        byService.delete(serviceOf(old), key);
        for (const address of endpointsOf(old)) byEndpoint.delete(address, key);
      }
      if (type === 'deleted') return;
      byService.set(serviceOf(object), key, object);
      for (const address of endpointsOf(object)) byEndpoint.set(address, key, object);
    }),
  ];

  return {
    hasNamespace: (name) => namespaces.get(name) !== undefined,
    service: (inside, name) => services.get(`${inside}/${name}`),
    slices: (inside, name) => byService.of(`${inside}/${name}`),
    serviceAt: (address) => [...byAddress.of(address)][0],
    *endpointsAt(address) {
      for (const slice of byEndpoint.of(address)) {
        const [inside = '', name = ''] = serviceOf(slice).split('/');
        if (name === '') continue;
        for (const it of slice.endpoints ?? []) {
          const own = it.addresses[0];
          if (own === undefined || addressKey(own) !== address) continue;
          yield { namespace: inside, service: name, hostname: it.hostname, address: own };
        }
      }
    },
    synced: Promise.all([services.synced, slices.synced, namespaces.synced]),
    stop: () => {
      for (const end of ends) end();
    },
  };
}
