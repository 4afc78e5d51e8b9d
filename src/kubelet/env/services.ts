import type { core } from '../../kinds/index.ts';

const upper = (name: string): string => name.toUpperCase().replaceAll('-', '_');

/** Variables for the services a pod should see, in the form of docker's links (kubelet, envvars). */
export function serviceEnv(services: readonly core.Service[], namespace: string, links: boolean): Map<string, string> {
  const env = new Map<string, string>();
  for (const service of services) {
    const ip = service.spec?.clusterIP;
    if (!ip || ip === 'None') continue;
    const isMaster = service.metadata.namespace === 'default' && service.metadata.name === 'kubernetes';
    if (!isMaster && !(links && service.metadata.namespace === namespace)) continue;
    // A service of the pod's own namespace by the same name goes before the one in default.
    if (
      isMaster &&
      namespace !== 'default' &&
      links &&
      services.some((it) => it.metadata.namespace === namespace && it.metadata.name === 'kubernetes')
    )
      continue;
    for (const [name, value] of linkOf(service, ip)) env.set(name, value);
  }
  return env;
}

function linkOf(service: core.Service, ip: string): Array<[string, string]> {
  const name = upper(service.metadata.name);
  const ports = service.spec?.ports ?? [];
  const first = ports[0];
  if (!first) return [];
  const host = ip.includes(':') ? `[${ip}]` : ip;
  const url = (port: core.ServicePort): string => `${(port.protocol ?? 'TCP').toLowerCase()}://${host}:${port.port}`;
  return [
    [`${name}_SERVICE_HOST`, ip],
    [`${name}_SERVICE_PORT`, String(first.port)],
    ...ports.filter((it) => it.name).map((it): [string, string] => [`${name}_SERVICE_PORT_${upper(it.name as string)}`, String(it.port)]),
    [`${name}_PORT`, url(first)],
    ...ports.flatMap((it): Array<[string, string]> => {
      const prefix = `${name}_PORT_${it.port}_${(it.protocol ?? 'TCP').toUpperCase()}`;
      return [
        [prefix, url(it)],
        [`${prefix}_PROTO`, (it.protocol ?? 'TCP').toLowerCase()],
        [`${prefix}_PORT`, String(it.port)],
        [`${prefix}_ADDR`, ip],
      ];
    }),
  ];
}
