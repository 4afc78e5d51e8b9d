import { createServer, type Server } from 'node:http';
import type { Informers } from '../client/index.ts';
import { type core, type discovery, endpointSlice, service } from '../kinds/index.ts';
import { type Clock, seconds } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { keyOf } from '../meta/owner.ts';

/** What a load balancer outside asks each node: does it have endpoints of its own? (upstream: pkg/proxy/healthcheck) */
export type HealthAnswer = {
  service: { namespace: string; name: string };
  localEndpoints: number;
  serviceProxyHealthy: boolean;
};

/** The endpoints of a Service on this node that are ready, each address once. */
export function localEndpoints(slices: readonly discovery.EndpointSlice[], nodeName: string): number {
  const endpoints = slices.filter((it) => it.addressType === 'IPv4').flatMap((it) => it.endpoints ?? []);
  const local = endpoints.filter((it) => it.nodeName === nodeName && (it.conditions?.ready ?? true));
  return new Set(local.flatMap((it) => it.addresses.slice(0, 1))).size;
}

type Config = { nodeName: string; addresses: readonly string[] };
type Deps = { informers: Informers; clock: Clock; log: Log; signal: AbortSignal; isHealthy: () => boolean };
type Open = { port: number; servers: Server[]; cancel: () => void };

/** Serves the health check node ports of Services (externalTrafficPolicy Local); ends with the signal. */
export function serveHealthChecks(config: Config, { informers, clock, log, signal, isHealthy }: Deps): void {
  const [services, slices] = [informers.of(service), informers.of(endpointSlice)];
  const open = new Map<string, Open>();

  function answerFor(key: string): HealthAnswer {
    const [namespace = '', name = ''] = key.split('/');
    const own = slices.inNamespace(namespace).filter((it) => it.metadata.labels?.['kubernetes.io/service-name'] === name);
    return { service: { namespace, name }, localEndpoints: localEndpoints(own, config.nodeName), serviceProxyHealthy: isHealthy() };
  }

  function close(key: string): void {
    const known = open.get(key);
    known?.cancel();
    for (const server of known?.servers ?? []) {
      server.close();
      server.closeAllConnections();
    }
    open.delete(key);
  }

  function serve(key: string, port: number): void {
    const mine: Open = { port, servers: [], cancel: () => undefined };
    open.set(key, mine);
    const attempt = (address: string): void => {
      const server = createServer((request, response) => {
        request.resume();
        const answer = answerFor(key);
        const code = answer.localEndpoints > 0 && answer.serviceProxyHealthy ? 200 : 503;
        const weight = String(answer.localEndpoints);
        response.writeHead(code, {
          ...{ 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff', 'X-Load-Balancing-Endpoint-Weight': weight },
        });
        response.end(JSON.stringify(answer));
      });
      mine.servers.push(server);
      server.once('error', (error) => {
        mine.servers.splice(mine.servers.indexOf(server), 1);
        log.warn('a health check port cannot be listened on', { service: key, address, port, error: error.message });
        mine.cancel = clock.schedule(seconds(30), () => {
          if (open.get(key) === mine) attempt(address);
        });
      });
      server.listen({ host: address, port, exclusive: true });
    };
    for (const address of config.addresses) attempt(address);
  }

  services.onChange(({ type, object }) => {
    const key = keyOf(object);
    const port = type === 'deleted' ? undefined : portOf(object);
    if (open.get(key)?.port === port) return;
    close(key);
    if (port !== undefined && !signal.aborted) serve(key, port);
  });
  signal.addEventListener('abort', () => [...open.keys()].forEach(close), { once: true });
}

const portOf = ({ spec }: core.Service): number | undefined =>
  spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' ? spec.healthCheckNodePort || undefined : undefined;
