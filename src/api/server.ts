import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import express from 'express';
import { type core, kinds, pod } from '../kinds/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { Random } from '../lib/random.ts';
import { StatusError } from '../meta/status-error.ts';
import type { Store } from '../store/index.ts';
import { admissionOf } from './admission/admission.ts';
import { namespaceLifecycle } from './admission/namespace.ts';
import { podDefaults, serviceAccountOf } from './admission/pod.ts';
import { type ServiceAddressConfig, serviceAddresses } from './admission/service-addresses.ts';
import { defaultStorageClass, volumeProtection } from './admission/volume.ts';
import { authenticate } from './auth/authenticate.ts';
import { authorize } from './auth/authorize.ts';
import type { Pki } from './auth/pki.ts';
import { ensureInitialObjects, ensureKubernetesService } from './bootstrap.ts';
import { shown } from './codec.ts';
import { type ApiContext, createContext } from './context.ts';
import { aggregated, groupList, oneGroup, resourceList } from './discovery.ts';
import { resourceHandler } from './handler.ts';
import { sendBytes, sendError, sendObject } from './http.ts';
import { localTransport } from './local.ts';
import type { NodeConnection } from './node-connection.ts';
import { openApiV2 } from './openapi/v2.ts';
import { openApiV3 } from './openapi/v3.ts';
import { parsePath, type RequestInfo } from './request.ts';
import { createStreams, refuseUpgrade, type Streams } from './streaming/index.ts';
import { getEntry } from './verbs/read.ts';

/** What the server says it is: the API level it follows. */
export const kubernetesVersion = 'v1.36.0';

export type ApiConfig = ServiceAddressConfig & { host: string; port: number; manifests: string };
/** A part's word on its health: undefined when it is well, else what ails it. */
export type HealthCheck = { name: string; check: () => string | undefined };
export type ApiDeps = {
  store: Store;
  clock: Clock;
  random: Random;
  log: Log;
  metrics: Metrics;
  pki: Pki;
  /** The way to a node's agent; undefined when there is none of that name. */
  connectNode: (name: string) => NodeConnection | undefined;
};

export type Api = {
  handler: (request: IncomingMessage, response: ServerResponse) => void;
  local: ReturnType<typeof localTransport>;
  port: number;
  /** Listens on one more address; resolves when it does. */
  listen(host: string): Promise<void>;
  addHealthCheck(check: HealthCheck): void;
  /** Makes default/kubernetes point here. */
  announce(address: string, clusterIp: string): Promise<void>;
  close(): Promise<void>;
};

/** Starts the API server: resolves when it listens and the objects that every cluster has are there. */
export async function startApi(config: ApiConfig, deps: ApiDeps): Promise<Api> {
  const { store, clock, random, log, pki } = deps;
  const admission = admissionOf([
    namespaceLifecycle(store),
    serviceAccountOf(store),
    podDefaults,
    volumeProtection,
    defaultStorageClass(store),
    // Last: nothing after it may refuse what it has taken.
    await serviceAddresses(store, config),
  ]);
  const api = createContext({ store, clock, random, log, admission });
  const checks: HealthCheck[] = [{ name: 'store', check: () => undefined }];
  const streams = createStreams({
    ...{ clock, log, connectNode: deps.connectNode },
    podOf: async (info) => shown(pod, await getEntry(api, pod, info.namespace, info.name as string)) as core.Pod,
  });
  const handler = requestHandler(api, deps, checks, streams.connect);
  const servers: Server[] = [];
  const listen = (host: string, port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const { cert, key } = pki.server;
      const server = createServer(
        {
          cert,
          key,
          ca: pki.caCertificate,
          requestCert: true,
          rejectUnauthorized: false,
          maxHeaderSize: 64 * 1024,
          ALPNProtocols: ['http/1.1'],
        },
        handler,
      );
      server.requestTimeout = 0;
      server.headersTimeout = 30_000;
      server.keepAliveTimeout = 120_000;
      server.on('upgrade', (request, socket, head) => onUpgrade(streams, request, socket as Socket, head));
      server.on('clientError', (_, socket) => socket.destroy());
      server.once('error', reject);
      server.listen(port, host, () => {
        servers.push(server);
        resolve((server.address() as AddressInfo).port);
      });
    });
  const local = localTransport(api);
  await ensureInitialObjects(local, config.manifests);
  const port = await listen(config.host, config.port);
  log.info('api server listens', { host: config.host, port });
  return {
    handler,
    local,
    port,
    listen: async (host) => void (await listen(host, port)),
    addHealthCheck: (check) => void checks.push(check),
    announce: (address, clusterIp) => ensureKubernetesService(local, { clusterIp, address, port }),
    async close() {
      streams.close();
      await Promise.all(
        servers.map(
          (server) =>
            new Promise<void>((resolve) => {
              server.close(() => resolve());
              server.closeAllConnections();
            }),
        ),
      );
    },
  };
}

function onUpgrade(streams: Streams, request: IncomingMessage, socket: Socket, head: Buffer): void {
  const info = parsePath(request.method ?? 'GET', request.url ?? '/');
  try {
    authorize(authenticate(request), info);
    streams.upgrade(request, socket, head, info);
  } catch (error) {
    refuseUpgrade(socket, error);
  }
}

/** Resources and discovery are answered at once, everything else by express; all of it behind authentication. */
function requestHandler(api: ApiContext, deps: ApiDeps, checks: readonly HealthCheck[], connect: Streams['connect']) {
  const requests = deps.metrics.counter('peapod_api_requests_total', 'Requests by verb, resource and code', ['verb', 'resource', 'code']);
  const watches = deps.metrics.counter('peapod_api_watches_total', 'Watches begun, by resource', ['resource']);
  const resources = resourceHandler(api, watches, connect);
  const rest = plainPaths(deps, checks);
  return (request: IncomingMessage, response: ServerResponse): void => {
    const info = parsePath(request.method ?? 'GET', request.url ?? '/');
    response.on('error', () => response.destroy());
    response.on('finish', () => requests.inc({ verb: info.verb, resource: info.isResource ? info.plural : '', code: response.statusCode }));
    const fail = (error: unknown): void => {
      const status = sendError(request, response, error);
      if (status.code === 500)
        deps.log.error('a request failed', { verb: info.verb, path: info.path, error: String((error as Error)?.stack ?? error) });
    };
    try {
      authorize(authenticate(request), info);
      if (info.isResource && info.plural) resources(request, response, info).catch(fail);
      else if (!answerDiscovery(request, response, info)) rest(request as express.Request, response as express.Response);
    } catch (error) {
      request.resume();
      fail(error);
    }
  };
}

/** True when the path was one of discovery's. */
function answerDiscovery(request: IncomingMessage, response: ServerResponse, info: RequestInfo): boolean {
  const parts = info.path.split('/').filter((it) => it !== '');
  if (parts[0] !== 'api' && parts[0] !== 'apis') return false;
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', { details: {} });
  const legacy = parts[0] === 'api';
  let found: object | undefined;
  if (parts.length === 1) {
    const version = /g=apidiscovery\.k8s\.io;v=(v2beta1|v2);as=APIGroupDiscoveryList/.exec(String(request.headers.accept ?? ''))?.[1];
    if (version) {
      const bytes = Buffer.from(JSON.stringify(aggregated(kinds, legacy, version)));
      sendBytes(request, response, 200, bytes, `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`);
      return true;
    }
    found = legacy
      ? {
          kind: 'APIVersions',
          versions: ['v1'],
          serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: request.headers.host ?? '' }],
        }
      : groupList(kinds);
  } else if (legacy) found = parts.length === 2 ? resourceList(kinds, parts[1] as string) : undefined;
  else found = parts.length === 2 ? oneGroup(kinds, parts[1] as string) : resourceList(kinds, `${parts[1]}/${parts[2]}`);
  if (!found) throw new StatusError('NotFound', 'the server could not find the requested resource', { details: {} });
  sendObject(request, response, 200, found);
  return true;
}

/** Health, version, metrics, OpenAPI: what is asked for seldom. */
function plainPaths(deps: ApiDeps, checks: readonly HealthCheck[]): express.Express {
  const app = express();
  app.disable('x-powered-by');
  const [v2, v3] = [openApiV2(kinds), openApiV3(kinds)];
  for (const path of ['/healthz', '/livez', '/readyz']) {
    app.get([path, `${path}/:check`], (request, response) => {
      const asked = request.params.check
        ? checks.filter((it) => it.name === request.params.check)
        : path === '/readyz'
          ? checks
          : checks.slice(0, 1);
      if (asked.length === 0) throw new StatusError('NotFound', 'the server could not find the requested resource', { details: {} });
      const results = asked.map((it) => ({ name: it.name, fault: it.check() }));
      const bad = results.some((it) => it.fault !== undefined);
      const lines = results.map((it) => (it.fault === undefined ? `[+]${it.name} ok` : `[-]${it.name} failed: ${it.fault}`));
      const verbose = bad || 'verbose' in request.query;
      response
        .status(bad ? 500 : 200)
        .type('text/plain')
        .send(verbose ? `${lines.join('\n')}\n${path.slice(1)} check ${bad ? 'failed' : 'passed'}\n` : 'ok');
    });
  }
  app.get('/version', (request, response) => {
    const [, major, minor] = /^v(\d+)\.(\d+)/.exec(kubernetesVersion) ?? [];
    const built = {
      gitCommit: 'peapod',
      gitTreeState: 'clean',
      buildDate: '2026-11-23T00:00:00Z',
      goVersion: 'go1.26',
      compiler: 'gc',
      platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
    };
    sendObject(request, response, 200, { major, minor, gitVersion: kubernetesVersion, ...built });
  });
  app.get('/metrics', async (_, response) => void response.type('text/plain; version=0.0.4').send(await deps.metrics.text()));
  app.get('/openapi/v2', (request, response) => {
    const asProtobuf = String(request.headers.accept ?? '').includes('protobuf');
    // Written with dots: the client's own spelling, with @, is no media type to Go.
    if (asProtobuf) sendBytes(request, response, 200, v2.protobuf(), 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
    else sendBytes(request, response, 200, v2.json());
  });
  app.get('/openapi/v3', (request, response) => sendObject(request, response, 200, v3.index()));
  app.get('/openapi/v3/*path', (request, response) => {
    const document = v3.document(request.path.slice('/openapi/v3/'.length));
    if (!document) throw new StatusError('NotFound', 'the server could not find the requested resource', { details: {} });
    sendBytes(request, response, 200, document);
  });
  app.use(() => {
    throw new StatusError('NotFound', 'the server could not find the requested resource', { details: {} });
  });
  app.use(
    (error: unknown, request: express.Request, response: express.Response, _next: express.NextFunction) =>
      void sendError(request, response, error),
  );
  return app;
}
