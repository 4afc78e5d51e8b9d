import type { Service } from '../../generated/core-v1.ts';

/** What a Service of its type needs or may have (upstream: registry/core/service/strategy.go). */
export const needsClusterIp = ({ spec }: Service): boolean => spec.type !== 'ExternalName';
export const isHeadless = ({ spec }: Service): boolean => spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None';
/** Its type has node ports; it may still have been told to do without. */
export const hasNodePorts = ({ spec }: Service): boolean => spec.type === 'NodePort' || spec.type === 'LoadBalancer';
/** Reached from outside, so that it matters what becomes of the client's address. */
export const isExternal = (it: Service): boolean =>
  hasNodePorts(it) || ((it.spec.type ?? 'ClusterIP') === 'ClusterIP' && (it.spec.externalIPs?.length ?? 0) > 0);
export const needsHealthCheckPort = ({ spec }: Service): boolean => spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
