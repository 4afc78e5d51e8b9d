import type { core } from '../../kinds/index.ts';

export type HostPort = { port: number; protocol: string; address: string };

/** The ports of the node that a pod takes: of its containers, and of those of its init containers that stay. */
export const hostPortsOf = (spec: core.PodSpec): HostPort[] =>
  [...spec.containers, ...(spec.initContainers ?? []).filter((it) => it.restartPolicy === 'Always')].flatMap((container) =>
    (container.ports ?? []).flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort ? [{ port: hostPort, protocol: protocol ?? 'TCP', address: hostIP || everywhere }] : [],
    ),
  );

const everywhere = '0.0.0.0';

/** Another address or protocol is no conflict, unless one of them takes all addresses. */
export const portsCollide = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.address === b.address || a.address === everywhere || b.address === everywhere);
