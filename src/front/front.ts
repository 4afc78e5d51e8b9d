import { Agent } from 'node:http';
import type { Client, EventRecorder, Informer, Informers } from '../client/index.ts';
import { type discovery, endpointSlice, ingress, ingressClass, type networking, secret, service } from '../kinds/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import { holderOfPort } from '../lib/port-holder.ts';
import { keyOf } from '../meta/owner.ts';
import { destinationOf } from './backend.ts';
import { Certificates } from './certificates.ts';
import { ensureClass } from './class.ts';
import { type Door, openDoor, plainAcceptor, secureAcceptor } from './listen.ts';
import { Sessions } from './relay-h2.ts';
import { certificateFor, compileRoutes, isOurs, matchRoute, type Routes } from './routes.ts';
import { type Decision, serve, serveUpgrade, Turns } from './serve.ts';
import { createIngressStatus } from './status.ts';

export type FrontConfig = {
  addresses: readonly string[];
  /** 0 takes any that is free; undefined: none. */
  port: number | undefined;
  tlsPort: number | undefined;
  /** For hosts whose Ingress names no Secret. */
  certificate: { cert: string; key: string };
};

type Deps = {
  client: Client;
  informers: Informers;
  recorder: EventRecorder;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  signal: AbortSignal;
};

export interface Front {
  /** Where it listens now. */
  ports(): { http: number | undefined; https: number | undefined };
  /** Ports that somebody else has: no reason to call the cluster ill. */
  faults(): readonly string[];
  /** Resolves when everything known so far shows in the status of ingresses. */
  settled(): Promise<void>;
  stop(): void;
}

type Opened = { door: Door; address: string; port: number; isSecure: boolean; holder?: string | undefined };

/** Answers HTTP for Services by name and for every Ingress of its class. Resolves when its ports have been tried; ends with the signal. */
export async function startFront(config: FrontConfig, deps: Deps): Promise<Front> {
  const { client, informers, recorder, clock, log, metrics, signal } = deps;
  const requests = metrics.counter('peapod_front_requests_total', 'Requests answered by the HTTP front, by code', ['code']);
  const [services, ingresses, classes, secrets, slices] = [
    ...([
      informers.of(service),
      informers.of(ingress),
      informers.of(ingressClass),
      informers.of(secret),
      informers.of(endpointSlice),
    ] as const),
  ];
  const slicesOf = followSlices(slices);
  const certificates = new Certificates(log);
  const ours = (): networking.Ingress[] => ingresses.list().filter((it) => isOurs(it, (name) => classes.get(name)));
  // Compiled anew by the first request after a change: nothing happens while nobody asks.
  let routes: Routes | undefined;
  const current = (): Routes => {
    routes ??= compileRoutes(ours());
    return routes;
  };

  function decide(host: string, path: string): Decision {
    const backend = matchRoute(current(), host, path);
    if (!backend) return { code: 404, text: 'default backend - 404' };
    const key = `${backend.namespace}/${backend.service}`;
    const destination = destinationOf(services.get(key), slicesOf(key), backend);
    if (!destination) return { code: 503, text: `there is no service "${key}" with such a port` };
    if (destination.places.length === 0) return { code: 503, text: `no endpoints available for service "${key}"` };
    return { name: `${key}:${backend.port.name ?? backend.port.number ?? ''}`, destination };
  }

  const sessions = new Sessions();
  // A connection that nobody uses for a few seconds is let go of: backends do so too, sooner or later.
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 4000, scheduling: 'lifo' });
  const parts = { decide, turns: new Turns(), sessions, agent, count: (code: number) => requests.inc({ code: String(code) }) };
  const handlers = {
    request: (...[request, response, isSecure]: Parameters<Parameters<typeof plainAcceptor>[0]['request']>) =>
      void serve(request, response, isSecure, parts),
    upgrade: (...[request, socket, head, isSecure]: Parameters<Parameters<typeof plainAcceptor>[0]['upgrade']>) =>
      void serveUpgrade(request, socket, head, isSecure, parts),
    contextOf: (host: string) => {
      const key = certificateFor(current(), host);
      return key === undefined ? undefined : certificates.of(key, secrets.get(key));
    },
  };

  await Promise.all([services, ingresses, classes, secrets, slices].map((it) => it.synced));
  await ensureClass(client);
  const doors: Opened[] = [];
  const opened = (isSecure: boolean): number | undefined =>
    doors.find((it) => it.isSecure === isSecure && it.door.port() !== undefined)?.door.port();
  const statuses = createIngressStatus({ client, recorder, log }, () => {
    const open = doors.filter((it) => it.door.port() !== undefined);
    return open.length > 0
      ? [{ ip: config.addresses[0] ?? '127.0.0.1', ports: [...new Set(open.map((it) => it.door.port() as number))] }]
      : [];
  });
  const tell = (): void => {
    for (const it of ingresses.list())
      statuses.update(
        it,
        isOurs(it, (name) => classes.get(name)),
        faults(),
      );
  };
  const faults = (): string[] =>
    doors.flatMap(({ door, address, port, holder }) =>
      ((fault) => (fault ? [`cannot listen on ${address}:${port}: ${wordsOf(fault, holder)}`] : []))(door.fault()),
    );
  const noteHolder = async (it: Opened): Promise<void> => {
    if (it.door.fault()?.code === 'EADDRINUSE') it.holder = await holderOfPort(it.port);
  };

  const plain = plainAcceptor(handlers);
  const secure = secureAcceptor(handlers, config.certificate);
  for (const [port, acceptor] of [
    [config.port, plain],
    [config.tlsPort, secure],
  ] as const) {
    if (port === undefined) continue;
    let same = port;
    for (const address of config.addresses) {
      const isSecure = acceptor === secure;
      const onChange = (): void => tell();
      const door = await openDoor({ address, port: same, accept: acceptor.accept, clock, onChange });
      const opened: Opened = { door, address, port: same, isSecure };
      doors.push(opened);
      // Any port that was free is the one for the other addresses too.
      if (port === 0) same = door.port() ?? 0;
      if (!door.fault()) continue;
      await noteHolder(opened);
      log.warn('the front cannot listen', { fault: faults().at(-1) });
    }
  }
  classes.onChange(() => {
    routes = undefined;
    tell();
  });
  ingresses.onChange(({ type, object }) => {
    routes = undefined;
    if (type !== 'deleted')
      statuses.update(
        object,
        isOurs(object, (name) => classes.get(name)),
        faults(),
      );
  });

  const stop = (): void => {
    for (const { door } of doors) door.close();
    plain.close();
    secure.close();
    sessions.close();
    agent.destroy();
  };
  signal.addEventListener('abort', stop, { once: true });
  tell();
  log.info('the front is ready', { http: opened(false), https: opened(true), addresses: config.addresses });
  return { ports: () => ({ http: opened(false), https: opened(true) }), faults, settled: () => statuses.settled(), stop };
}

const wordsOf = (fault: Error & { code?: string }, holder: string | undefined): string =>
  fault.code === 'EADDRINUSE' ? `the port is in use by ${holder ?? 'another program'}` : fault.message;

/** The slices of a Service, kept by its key. */
function followSlices(slices: Informer<discovery.EndpointSlice>) {
  const known = new Map<string, Map<string, discovery.EndpointSlice>>();
  const ownerOf = ({ metadata }: discovery.EndpointSlice): string | undefined => {
    const name = metadata.labels?.['kubernetes.io/service-name'];
    return name && `${metadata.namespace}/${name}`;
  };
  slices.onChange(({ type, object, old }) => {
    for (const it of old ? [old, object] : [object]) {
      const owner = ownerOf(it);
      if (!owner) continue;
      const all = known.get(owner) ?? new Map<string, discovery.EndpointSlice>();
      if (it === object && type !== 'deleted') known.set(owner, all.set(keyOf(it), it));
      else all.delete(keyOf(it));
      if (all.size === 0) known.delete(owner);
    }
  });
  return (key: string): Iterable<discovery.EndpointSlice> => known.get(key)?.values() ?? [];
}
