import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Express } from 'express';
import { type AnyKind, allVerbs, type core, kindByPlural, kinds, measured, pod, reviews } from '../kinds/index.ts';
import { type Clock, minutes } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { Random } from '../lib/random.ts';
import type { KubeObject } from '../meta/types.ts';
import type { Store } from '../store/index.ts';
import { admissionOf } from './admission/admission.ts';
import { defaultIngressClass } from './admission/ingress-class.ts';
import { limitRanger } from './admission/limit-ranger.ts';
import { namespaceLifecycle } from './admission/namespace.ts';
import { podDefaults } from './admission/pod.ts';
import { podPriority } from './admission/priority.ts';
import { quotaAdmission } from './admission/quota.ts';
import { runtimeClassOf } from './admission/runtime-class.ts';
import { serviceAccountOf } from './admission/service-account.ts';
import { type ServiceAddressConfig, serviceAddresses } from './admission/service-addresses.ts';
import { claimGrowth, defaultStorageClass, volumeProtection } from './admission/volume.ts';
import { authenticate } from './auth/authenticate.ts';
import { createAuthorizer } from './auth/authorize.ts';
import { impersonate } from './auth/impersonate.ts';
import type { Pki } from './auth/pki.ts';
import { followRoles } from './auth/rbac/roles.ts';
import { accountTokens, type AccountTokens } from './auth/tokens/account-tokens.ts';
import { signingKey } from './auth/tokens/jwt.ts';
import { ensureInitialObjects, ensureKubernetesService, ensureServiceCidr, ownObjects, ownServiceCidr } from './bootstrap.ts';
import { decode, shown, storeKey } from './codec.ts';
import { type ApiContext, createContext } from './context.ts';
import { createDialIn, type DialIn } from './dial/index.ts';
import { expireEvents } from './event-expiry.ts';
import { resourceHandler } from './handler.ts';
import { type DebugPage, serveDebug } from './debug.ts';
import { type HealthCheck, serveHealth } from './health.ts';
import { sendError } from './http.ts';
import { keepObjects } from './keep.ts';
import { listenOn } from './listen.ts';
import { localTransport } from './local.ts';
import type { NodeConnection } from './node-connection.ts';
import { parsePath, type RequestInfo, type User } from './request.ts';
import { serveDiscovery } from './serve-discovery.ts';
import { serveTokenKeys } from './serve-token-keys.ts';
import { createStreams, refuseUpgrade, type Streams } from './streaming/index.ts';
import { getEntry } from './verbs/read.ts';

export type { HealthCheck } from './health.ts';

export type ApiConfig = ServiceAddressConfig & {
  host: string;
  port: number;
  manifests: string;
  /** Who gives out the tokens of service accounts: a URL that leads here from within pods. */
  tokenIssuer: string;
};
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
  /** A page below /debug: for who looks after the cluster. */
  addDebugPage(page: DebugPage): void;
  /** A token of an account that holds as long as the secret of that name does. */
  signToken: AccountTokens['issueLegacy'];
  /** Makes default/kubernetes point here, and anew when it is deleted. */
  announce(address: string, clusterIp: string): Promise<void>;
  close(): Promise<void>;
};

/** What is served: what is stored, what is only asked, and what is measured. */
const served = [...kinds, ...reviews, ...measured];
/** How long an event is kept after it was last told. */
const eventLifetime = minutes(60);

/** Starts the API server: resolves when it listens and the objects that every cluster has are there. */
export async function startApi(config: ApiConfig, deps: ApiDeps): Promise<Api> {
  const { store, clock, random, log, pki } = deps;
  const admission = admissionOf([
    namespaceLifecycle(store),
    serviceAccountOf({ store, clock, random }),
    podPriority(store),
    runtimeClassOf(store),
    podDefaults,
    limitRanger(store),
    volumeProtection,
    defaultStorageClass(store),
    claimGrowth(store),
    defaultIngressClass(store),
    await quotaAdmission(store, clock),
    // Last: nothing after it may refuse what it has taken.
    await serviceAddresses(store, config),
  ]);
  const find = async (kind: AnyKind, namespace: string | undefined, name: string): Promise<KubeObject | undefined> => {
    const entry = await store.get(storeKey(kind, namespace, name));
    return entry && decode(entry);
  };
  const tokens = accountTokens({ key: signingKey(pki.tokenKey), issuer: config.tokenIssuer, clock, random, find });
  const roles = await followRoles(store);
  const authorizer = createAuthorizer(roles);
  const api = createContext({ store, clock, random, log, admission, tokens, authorizer });
  const checks: HealthCheck[] = [];
  const pages: DebugPage[] = [];
  const streams = createStreams({
    ...{ clock, log, connectNode: deps.connectNode },
    podOf: async (info) => shown(pod, await getEntry(api, pod, info.namespace, info.name as string)) as core.Pod,
  });
  const dialIn = createDialIn(api, deps.connectNode);
  const handler = requestHandler(api, deps, { checks, pages }, streams.connect, dialIn);
  const upgrade = (request: IncomingMessage, socket: unknown, head: Buffer): void =>
    void onUpgrade({ streams, dialIn }, api, request, socket as Socket, head);
  const local = localTransport(api, deps.connectNode);
  await ensureInitialObjects(local, config.manifests);
  const keeping = [await keepObjects(store, { keys: [ownServiceCidr], ensure: () => ensureServiceCidr(local, config.serviceCidr) }, log)];
  const listener = await listenOn(config.host, config.port, pki, { request: handler, upgrade });
  const { port } = listener;
  const stopExpiry = expireEvents(api, eventLifetime);
  log.info('api server listens', { host: config.host, port });
  return {
    handler,
    local,
    port,
    listen: (host) => listener.also(host),
    addHealthCheck: (check) => void checks.push(check),
    addDebugPage: (page) => void pages.push(page),
    signToken: tokens.issueLegacy,
    async announce(address, clusterIp) {
      const ensure = (): Promise<void> => ensureKubernetesService(local, { clusterIp, address, port });
      keeping.push(await keepObjects(store, { keys: ownObjects, ensure }, log));
    },
    async close() {
      for (const stop of keeping) stop();
      stopExpiry();
      roles.stop();
      streams.close();
      dialIn.close();
      await listener.close();
    },
  };
}

type Upgrades = { streams: Streams; dialIn: DialIn };

async function onUpgrade(
  { streams, dialIn }: Upgrades,
  { tokens, authorizer }: ApiContext,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): Promise<void> {
  const info = parsePath(request.method ?? 'GET', request.url ?? '/');
  try {
    authorizer.authorize(impersonate(await authenticate(request, tokens), request.headers, authorizer), info);
    if (dialIn.isMeant(info)) dialIn.upgrade(request, socket, head, info);
    else streams.upgrade(request, socket, head, info);
  } catch (error) {
    refuseUpgrade(socket, error);
  }
}

/** Names of a closed set: what clients make up does not become a series. */
function labelsOf({ verb, group, version, plural }: RequestInfo): { verb: string; resource: string } {
  const known = kindByPlural(group, version, plural);
  return { verb: (allVerbs as readonly string[]).includes(verb) ? verb : 'other', resource: known?.resource ?? '' };
}

/** What parts tell of themselves. */
type Inside = { checks: readonly HealthCheck[]; pages: readonly DebugPage[] };

/**
 * Resources, discovery and health are answered at once, everything else by express, which is loaded when the first such
 * request comes; all of it behind authentication.
 */
function requestHandler(api: ApiContext, deps: ApiDeps, { checks, pages }: Inside, connect: Streams['connect'], dialIn: DialIn) {
  const requests = deps.metrics.counter('peapod_api_requests_total', 'Requests by verb, resource and code', ['verb', 'resource', 'code']);
  const watches = deps.metrics.counter('peapod_api_watches_total', 'Watches begun, by resource', ['resource']);
  const resources = resourceHandler(api, watches, connect, deps.connectNode);
  let rest: Promise<Express> | undefined;
  const loadRest = async (): Promise<Express> => (await import('./plain-paths.ts')).plainPaths(served, deps.metrics);
  return (request: IncomingMessage, response: ServerResponse): void => {
    const info = parsePath(request.method ?? 'GET', request.url ?? '/');
    response.on('error', () => response.destroy());
    response.on('finish', () => requests.inc({ ...labelsOf(info), code: response.statusCode }));
    const fail = (error: unknown): void => {
      const status = sendError(request, response, error);
      if (status.code === 500)
        deps.log.error('a request failed', { verb: info.verb, path: info.path, error: String((error as Error)?.stack ?? error) });
    };
    const serve = (asks: User): void => {
      const user = impersonate(asks, request.headers, api.authorizer);
      api.authorizer.authorize(user, info);
      if (dialIn.isMeant(info)) dialIn.serve(request, response, info).catch(fail);
      else if (info.isResource) resources(request, response, info, user).catch(fail);
      else if (
        !serveDiscovery(served, request, response, info) &&
        !serveHealth(checks, request, response, info) &&
        !serveDebug(pages, request, response, info) &&
        !serveTokenKeys(api.tokens, request, response, info)
      ) {
        rest ??= loadRest();
        rest.then((answer) => answer(request, response)).catch(fail);
      }
    };
    const refuse = (error: unknown): void => {
      request.resume();
      fail(error);
    };
    try {
      const asks = authenticate(request, api.tokens);
      if (asks instanceof Promise) asks.then(serve).catch(refuse);
      else serve(asks);
    } catch (error) {
      refuse(error);
    }
  };
}
