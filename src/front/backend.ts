import type { core, discovery } from '../kinds/index.ts';
import type { Backend } from './routes.ts';

export type Place = { host: string; port: number };
/** How a backend is spoken to: `h2c` is HTTP/2 without TLS, which gRPC needs. */
export type Speech = 'http' | 'https' | 'h2c';
export type Destination = { places: readonly Place[]; speech: Speech };

/** The port that was asked for, else the one that looks most like HTTP. */
function portOf({ spec }: core.Service, asked: Backend['port']): core.ServicePort | undefined {
  const ports = (spec.ports ?? []).filter((it) => (it.protocol ?? 'TCP') === 'TCP');
  if (asked.number !== undefined) return ports.find((it) => it.port === asked.number);
  if (asked.name !== undefined) return ports.find((it) => it.name === asked.name);
  return ports.find((it) => it.name === 'http' || it.name === 'web') ?? ports.find((it) => it.port === 80) ?? ports[0];
}

/** By what the port says of itself (KEP-3726), else by the customs of its name and number. */
function speechOf({ appProtocol, name = '', port }: core.ServicePort): Speech {
  const said = appProtocol?.toLowerCase().replace(/^kubernetes\.io\//, '');
  if (said === 'h2c' || said === 'grpc') return 'h2c';
  if (said === 'https' || said === 'wss') return 'https';
  if (said !== undefined) return 'http';
  return name === 'https' || port === 443 ? 'https' : 'http';
}

/** Where a backend's requests can go; undefined when there is no such Service or port. */
export function destinationOf(
  service: core.Service | undefined,
  slices: Iterable<discovery.EndpointSlice>,
  backend: Backend,
): Destination | undefined {
  if (!service) return undefined;
  if (service.spec.type === 'ExternalName') {
    const port = portOf(service, backend.port) ?? { port: backend.port.number ?? 80 };
    return { places: [{ host: service.spec.externalName ?? '', port: port.port }], speech: speechOf(port) };
  }
  const port = portOf(service, backend.port);
  if (!port) return undefined;
  const [ready, lastResort] = [new Map<string, Place>(), new Map<string, Place>()];
  for (const { addressType, ports, endpoints } of slices) {
    const number = addressType === 'IPv4' ? ports?.find((it) => (it.name ?? '') === (port.name ?? ''))?.port : undefined;
    if (number === undefined) continue;
    for (const { addresses, conditions = {} } of endpoints ?? []) {
      const host = addresses[0];
      if (host === undefined) continue;
      // As the proxies choose: those that are ready, else those that end but still serve.
      if (conditions.ready ?? true) ready.set(`${host}:${number}`, { host, port: number });
      else if (conditions.serving && conditions.terminating) lastResort.set(`${host}:${number}`, { host, port: number });
    }
  }
  return { places: [...(ready.size > 0 ? ready : lastResort).values()], speech: speechOf(port) };
}
