import { networkInterfaces } from 'node:os';
import type { Client, EventRecorder, Informers } from '../client/index.ts';
import { type core, type discovery, endpointSlice, node, pod, service, serviceCidr } from '../kinds/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { Random } from '../lib/random.ts';
import { keyOf } from '../meta/owner.ts';
import { followAddedRanges } from './added-ranges.ts';
import { contains } from './cidr.ts';
import { openPlane, type Plane, type PlaneChoice, type PlaneConfig } from './plane.ts';
import type { PolicyPod } from './policy/compile.ts';
import { startPolicies } from './policy/enforce.ts';
import { hostAddresses } from './host-addresses.ts';
import { serveHealthChecks } from './health-checks.ts';
import { assignAddresses } from './load-balancer-pool.ts';
import { complaintText, createPorts, type Wish } from './ports.ts';
import { createServiceStatus, type Served } from './service-status.ts';
import { isBalanced, listenersOfPod, listenersOfService, type NodeFacts } from './table.ts';
import type { ListenFault, Traffic } from './traffic.ts';
import { keepRoute, type LocalRoutes, localRoutes, markOf } from './userspace/service-route.ts';

export type ProxyConfig = {
  mode: PlaneChoice;
  /** The cluster's name: what it has in the kernel is called by it. */
  cluster?: string;
  nodeName: string;
  /** The node's InternalIP: what LoadBalancer services get as their address. */
  nodeAddress: string;
  /** Where node ports and host ports listen, such as 127.0.0.1 and the node's address. */
  nodePortAddresses: readonly string[];
  /** Addresses of which each LoadBalancer Service has one; undefined: all have the node's. */
  loadBalancerPool?: string | undefined;
  /** Where LoadBalancer ports listen; the node port addresses if not given. */
  loadBalancerAddresses?: readonly string[];
  serviceCidr: string;
  podCidr?: string;
  nodeCidr?: string;
  /** Service addresses at which this host's own programs listen: the name server's. */
  ownListeners?: PlaneConfig['ownListeners'];
};

type Deps = {
  client: Client;
  informers: Informers;
  recorder: EventRecorder;
  clock: Clock;
  random: Random;
  log: Log;
  metrics: Metrics;
  signal: AbortSignal;
  /** Called when the address of the node has gone from this host: the network of its pods was removed. */
  networkGone?: () => Promise<void>;
  /** Handed in by tests, which cannot change the host's routes. */
  routes?: LocalRoutes;
};

export interface ServiceProxy {
  /** What carries traffic, and why it is not the kernel. */
  readonly plane: Pick<Plane, 'name' | 'why'>;
  /** Undefined when it is well, else what ails it. */
  health(): string | undefined;
  /** Listeners with what they lead to, for people. */
  describe(): string;
  /** Resolves when everything known so far has been made so. */
  settled(): Promise<void>;
  /** Resolves when no endpoint at this address that goes on living gets traffic, or when `signal` aborts. */
  withdrawn(address: string, signal: AbortSignal): Promise<void>;
  /** Resolves when ports and routes are given back; `signal` does the same. */
  stop(): Promise<void>;
}

/** On each node: what carries its Services. */
export const planeAnnotation = 'peapod.dev/data-plane';

/** Resolves when every Service and host port known at the start is listened to; ends with the signal. */
export async function startProxy(config: ProxyConfig, deps: Deps): Promise<ServiceProxy> {
  const { informers, clock, random, log, metrics, signal, routes = localRoutes } = deps;
  const nodePortAddresses = hostAddresses(config.nodePortAddresses, networkInterfaces());
  const facts: NodeFacts = {
    nodeName: config.nodeName,
    nodePortAddresses,
    loadBalancerAddresses: config.loadBalancerAddresses ?? nodePortAddresses,
    isServiceAddress: (address) => contains(config.serviceCidr, address) || added.contains(address),
  };
  const planeConfig = { ...config, cluster: config.cluster ?? config.nodeName };
  const [plane, route] = await Promise.all([
    openPlane(planeConfig, { clock, random, log, count: counters(metrics) }),
    keepRoute(config.serviceCidr, { routes, clock, log }),
  ]);
  const { traffic } = plane;
  const statuses = createServiceStatus({ name: config.nodeName, address: config.nodeAddress, pool: config.loadBalancerPool }, deps);

  let isPlanned = false;
  let isSynced = false;
  const added = followAddedRanges(informers.of(serviceCidr), config.serviceCidr, {
    keep: (cidr) => keepRoute(cidr, { routes, mark: markOf(planeConfig.cluster), clock, log }),
    changed: () => isSynced && plan(),
    log,
  });

  const ports = createPorts(traffic, deps);
  const services = informers.of(service);
  const slices = informers.of(endpointSlice);
  const pods = informers.of(pod);
  const slicesOf = new Map<string, Map<string, discovery.EndpointSlice>>();
  const dirty = new Set<string>();
  /** Called after each change of slices. */
  const looking = new Set<() => void>();
  let flushing: Promise<void> = Promise.resolve();

  /** Services that found no address in the pool: one may be free now. */
  function markWaiting(): void {
    for (const it of services.list()) if (isBalanced(it) && !it.status?.loadBalancer?.ingress?.length) mark(`Service ${keyOf(it)}`);
  }

  function mark(name: string): void {
    dirty.add(name);
    plan();
  }

  function plan(): void {
    if (isPlanned) return;
    isPlanned = true;
    // Changes of one burst, such as a slice and its service, are applied together.
    clock.schedule(0, begin);
  }

  // One after the other: a flush sees what the one before it did.
  function begin(): void {
    isPlanned = false;
    flushing = flushing.then(flush).catch((error: unknown) => log.error('services were not applied', { error: String(error) }));
  }

  // Anew for each round of changes: it is a function of the Services that there are.
  let assigned: Map<string, string> | undefined;
  function addressOf(key: string): string | undefined {
    if (config.loadBalancerPool === undefined) return undefined;
    assigned ??= assignAddresses(services.list(), config.loadBalancerPool);
    return assigned.get(key);
  }

  function wishOf(name: string): Wish {
    const key = name.slice(name.indexOf(' ') + 1);
    if (name.startsWith('Pod ')) {
      const object = pods.get(key);
      return { name, object, listeners: object ? listenersOfPod(object, facts) : [] };
    }
    const object = services.get(key);
    const own = addressOf(key);
    const here: NodeFacts = {
      ...facts,
      zone: zoneOf(informers.of(node).get(config.nodeName)),
      ...(config.loadBalancerPool !== undefined && { loadBalancerAddresses: own === undefined ? [] : [own] }),
    };
    return { name, object, listeners: object ? listenersOfService(object, [...(slicesOf.get(key)?.values() ?? [])], here) : [] };
  }

  async function flush(): Promise<void> {
    if (signal.aborted) return;
    const names = [...dirty];
    dirty.clear();
    assigned = undefined;
    plane.serve(added.list());
    await ports.set(names.map(wishOf));
    for (const name of names) {
      const object = name.startsWith('Service ') ? services.get(name.slice(8)) : undefined;
      if (object) void statuses.update(object, servedOf(name));
    }
  }

  function servedOf(name: string): Served {
    const complaints = ports.complaintsOf(name);
    const own = addressOf(name.slice(name.indexOf(' ') + 1));
    const hasAddress = config.loadBalancerPool === undefined || own !== undefined;
    const shown = own ?? config.nodeAddress;
    return {
      isBalanced: hasAddress && !complaints.some(({ listener: { via, address } }) => via === 'load balancer' && address === shown),
      address: own,
      faults: complaints.filter((it) => it.isTold).map(complaintText),
    };
  }

  ports.whenChanged(mark);
  services.onChange(({ type, object }) => {
    mark(`Service ${keyOf(object)}`);
    if (type === 'deleted' && config.loadBalancerPool !== undefined) markWaiting();
  });
  // Endpoints are chosen by where this node is.
  informers.of(node).onChange(({ object, old }) => {
    if (object.metadata.name === config.nodeName && zoneOf(object) !== zoneOf(old))
      for (const it of services.list()) mark(`Service ${keyOf(it)}`);
  });
  pods.onChange(({ object, old }) => {
    if (hasHostPorts(object) || (old && hasHostPorts(old))) mark(`Pod ${keyOf(object)}`);
  });
  slices.onChange(({ type, object, old }) => {
    for (const it of old ? [old, object] : [object]) {
      const owner = serviceOf(it);
      if (owner === undefined) continue;
      const known = slicesOf.get(owner) ?? new Map<string, discovery.EndpointSlice>();
      if (it === object && type !== 'deleted') slicesOf.set(owner, known.set(keyOf(it), it));
      else known.delete(keyOf(it));
      if (known.size === 0) slicesOf.delete(owner);
      mark(`Service ${owner}`);
    }
    for (const look of looking) look();
  });

  /** On the node, so that whoever asks how the cluster is can say it. */
  async function tellNode(plane: string, reason: string | undefined): Promise<void> {
    const found = await deps.client.get(node, { name: config.nodeName });
    const value = reason === undefined ? plane : `${plane} (${reason})`;
    if (!found || found.metadata.annotations?.[planeAnnotation] === value) return;
    await deps.client.change(node, found, (draft) => {
      draft.metadata.annotations = { ...draft.metadata.annotations, [planeAnnotation]: value };
    });
  }

  const fault = (): string | undefined => route.fault() ?? plane.fault();
  serveHealthChecks({ nodeName: config.nodeName, addresses: nodePortAddresses }, { ...deps, isHealthy: () => fault() === undefined });
  const { name, why } = plane;

  const settled = async (): Promise<void> => {
    if (isPlanned) begin();
    await flushing;
  };

  async function withdrawn(address: string, until: AbortSignal): Promise<void> {
    const lives = (it: discovery.EndpointSlice): boolean =>
      (it.endpoints ?? []).some(({ addresses, conditions }) => addresses[0] === address && conditions?.terminating !== true);
    const isThere = (): boolean => [...slicesOf.values()].some((known) => [...known.values()].some(lives));
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!until.aborted && isThere()) return;
        looking.delete(look);
        until.removeEventListener('abort', look);
        resolve();
      };
      looking.add(look);
      until.addEventListener('abort', look, { once: true });
      look();
    });
    if (!until.aborted) await settled();
  }

  const watch = routes.watch(
    () => [config.serviceCidr, config.nodeAddress, ...added.list()],
    (range) => {
      if (range === config.serviceCidr) return route.look();
      if (range !== config.nodeAddress) return added.look(range);
      log.warn('the network of the pods may have gone', { address: range });
      deps.networkGone?.().catch((error: unknown) => log.error('the network of the pods is not restored', { error: String(error) }));
    },
    { clock, log },
  );

  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      watch.stop();
      ports.close();
      await plane.close();
      await route.end();
      await added.end();
    })();
    return stopping;
  };
  signal.addEventListener('abort', () => void stop(), { once: true });

  await Promise.all([services.synced, slices.synced, pods.synced, informers.of(node).synced]);
  isSynced = true;
  // Before services: what is not to be reached is not reached for a moment either.
  const policies = startPolicies(
    plane.table,
    { nodeName: config.nodeName, standIns: standIns(config), why: plane.why ?? `services are carried by this process (${plane.name})` },
    deps,
  );
  begin();
  await policies;
  await tellNode(name, why);
  await flushing;
  log.info('proxy is ready', { services: services.list().length, plane: name, ...(why && { why }), ...(fault() && { fault: fault() }) });
  return {
    plane: { name, ...(why !== undefined && { why }) },
    health: fault,
    describe: () => describe(traffic, ports.faultOf),
    settled,
    withdrawn,
    stop,
  };
}

/** The name server is no pod here, but policies written for clusters where it is speak of it as one. */
const standIns = ({ ownListeners = [] }: ProxyConfig): PolicyPod[] =>
  [...new Set(ownListeners.map((it) => it.address))].map((address) => ({
    namespace: 'kube-system',
    labels: { 'k8s-app': 'kube-dns' },
    address,
    isHere: false,
    ports: [
      { name: 'dns', protocol: 'UDP', port: 53 },
      { name: 'dns-tcp', protocol: 'TCP', port: 53 },
    ],
  }));

const zoneOf = (it: core.Node | undefined): string | undefined => it?.metadata.labels?.['topology.kubernetes.io/zone'];

const hasHostPorts = (it: core.Pod): boolean =>
  [...it.spec.containers, ...(it.spec.initContainers ?? [])].some((container) => container.ports?.some((port) => port.hostPort));

/** The key of the service a slice belongs to. */
function serviceOf(slice: discovery.EndpointSlice): string | undefined {
  const name = slice.metadata.labels?.['kubernetes.io/service-name'];
  return name ? `${slice.metadata.namespace}/${name}` : undefined;
}

function counters(metrics: Metrics): (what: 'connection' | 'failed connect') => void {
  const connections = metrics.counter('peapod_proxy_connections_total', 'Connections and datagram exchanges taken in');
  const failed = metrics.counter('peapod_proxy_failed_connects_total', 'Endpoints that did not take a connection');
  return (what) => (what === 'connection' ? connections : failed).inc();
}

function describe(traffic: Traffic, faultOf: (id: string) => ListenFault | undefined): string {
  const lines = traffic.describe().map(({ id, listens, endpoints, connections }) => {
    const state = faultOf(id)?.message ?? (listens ? 'listens' : 'refuses');
    return `${id}\t${state}\tendpoints=${endpoints}${connections === undefined ? '' : `\tconnections=${connections}`}`;
  });
  return lines.sort().join('\n');
}
