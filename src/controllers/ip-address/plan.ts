import type { core, networking } from '../../kinds/index.ts';
import type { Draft } from '../../meta/types.ts';

export const managedBy = 'ipaddress.kubernetes.io/managed-by';
export const allocator = 'ipallocator.k8s.io';

/** Addresses that a Service has of this cluster. */
export const addressesOf = (it: core.Service | undefined): string[] =>
  it && it.spec.type !== 'ExternalName' ? (it.spec.clusterIPs ?? []).filter((one) => one !== '' && one !== 'None') : [];

/** The Service an address is of, as its key; undefined when it is nobody's that we keep. */
export function parentOf({ metadata, spec }: networking.IPAddress): string | undefined {
  const { group = '', resource, namespace, name } = spec.parentRef;
  return metadata.labels?.[managedBy] === allocator && group === '' && resource === 'services' ? `${namespace}/${name}` : undefined;
}

/** The object that tells whose an address is (upstream: registry/core/service/ipallocator). */
export const draftFor = (address: string, { metadata }: core.Service): Draft<networking.IPAddress> => ({
  metadata: {
    name: address,
    labels: { [managedBy]: allocator, 'ipaddress.kubernetes.io/ip-family': address.includes(':') ? 'IPv6' : 'IPv4' },
  },
  spec: { parentRef: { resource: 'services', namespace: metadata.namespace ?? '', name: metadata.name } },
});
