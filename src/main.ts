import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Api, openPki, type Pki, startApi } from './api/index.ts';
import { type Client, createClient, createEventRecorder, createInformers, type EventRecorder } from './client/index.ts';
import { type Config, nth } from './config.ts';
import { controllers, runControllers } from './controllers/index.ts';
import { announceDns, startDns } from './dns/index.ts';
import { startFront } from './front/index.ts';
import { type Kubelet, startKubelet } from './kubelet/index.ts';
import { seconds, systemClock } from './lib/clock.ts';
import { createLog, type Log } from './lib/log.ts';
import { createMetrics } from './lib/metrics.ts';
import { systemRandom } from './lib/random.ts';
import { type ServiceProxy, startProxy } from './proxy/index.ts';
import { type EngineInfo, openDocker } from './runtime/index.ts';
import { schedulerPage, startScheduler } from './scheduler/index.ts';
import { openEmbeddedStore } from './store/index.ts';

/** A cluster that runs in this process. */
export type Cluster = {
  /** https://127.0.0.1:6443 */
  url: string;
  /** What a kubeconfig needs, as PEM. */
  credentials: { caCertificate: string; certificate: string; key: string };
  /** What ails each part that is not well. */
  faults(): Array<{ part: string; fault: string }>;
  /** Resolves when the control plane has ended and all is on disk. Containers go on running. */
  stop(): Promise<void>;
};

/** What is being done, for people who wait: a fixed word for the part. */
export type StartStep = 'engine' | 'store' | 'api' | 'node' | 'services';
/** Who waits for a start is told of it. */
export type StartWatcher = { onStep(step: StartStep): void; onEngine(engine: EngineInfo): void };
type Part = { name: string; check: () => string | undefined };

const manifests = fileURLToPath(new URL('../manifests/cluster', import.meta.url));
/** What each part goes by as the owner of fields: as upstream's program that does its work. */
const fieldManagers: Readonly<Record<string, string>> = {
  controllers: 'kube-controller-manager',
  scheduler: 'kube-scheduler',
  kubelet: 'kubelet',
  proxy: 'kube-proxy',
};
/** After upstream's node-monitor-grace-period. */
const nodeMonitorGrace = seconds(50);

/**
 * Builds every part, starts them in order, stops them in reverse. Resolves when pods can be run and reached; fails
 * with the first part's error, everything started until then stopped again.
 */
export async function startCluster(config: Config, watcher: StartWatcher): Promise<Cluster> {
  const log = createLog(config.log.level, config.log.file);
  const ending: Array<() => Promise<void> | void> = [];
  const stop = async (): Promise<void> => {
    for (let end = ending.pop(); end; end = ending.pop()) await end();
  };
  try {
    return await start(config, log, ending, stop, watcher);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  config: Config,
  log: Log,
  ending: Array<() => Promise<void> | void>,
  stop: () => Promise<void>,
  { onStep, onEngine }: StartWatcher,
): Promise<Cluster> {
  const { network } = config;
  const [clock, random, metrics] = [systemClock, systemRandom, createMetrics()];
  const abort = new AbortController();
  const { signal } = abort;
  const nodeAddress = nth(network.nodeCidr, 1);
  const apiServiceIp = nth(network.serviceCidr, 1);
  const apiServiceName = `kubernetes.default.svc.${network.clusterDomain}`;

  onStep('engine');
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  // The engine is the node's alone: while it answers, what needs none is started.
  const engine = openDocker({ host: config.dockerHost, network: config.podNetwork }, { clock, log: log.with({ part: 'runtime' }) });
  // When it does not, that is told where it is waited for.
  engine.catch(() => {});
  const pki = await openPki(join(config.dataDir, 'pki'), {
    serverNames: [config.api.host, nodeAddress, apiServiceIp, apiServiceName],
    clock,
  });

  onStep('store');
  const store = openEmbeddedStore({ dir: join(config.dataDir, 'store') });
  ending.push(() => store.close());

  onStep('api');
  let kubelet: Kubelet | undefined;
  let traffic: ServiceProxy | undefined;
  const api: Api = await startApi(
    {
      ...{ ...config.api, manifests, serviceCidr: network.serviceCidr, nodePorts: network.nodePorts },
      tokenIssuer: `https://${apiServiceName}`,
    },
    {
      ...{ store, clock, random, metrics, pki, log: log.with({ part: 'api' }) },
      connectNode: (name) => (name === config.node.name ? kubelet?.connection : undefined),
    },
  );
  ending.push(() => api.close());
  ending.push(() => abort.abort());
  let starting: string | undefined = 'the parts are being started';
  api.addHealthCheck({ name: 'start', check: () => starting });

  const client = createClient(api.local, { fieldManager: 'peapod' });
  const clientOf = (part: string): Client => createClient(api.local, { fieldManager: fieldManagers[part] ?? 'peapod' });
  const informers = createInformers(client, { clock, log: log.with({ part: 'client' }), signal });
  const recorderFor =
    (part: string) =>
    (component: string, host?: string): EventRecorder =>
      createEventRecorder(clientOf(part), { component, ...(host && { host }), clock, log: log.with({ part: 'events' }) });
  const deps = (part: string) => ({ client: clientOf(part), informers, clock, random, metrics, signal, log: log.with({ part }) });
  const parts: Part[] = [];
  const watchOver = (name: string, check: () => string | undefined): void => {
    parts.push({ name, check });
    api.addHealthCheck({ name, check });
  };

  onStep('node');
  const inControl = Promise.all([
    runControllers(
      controllers,
      { rootCa: pki.caCertificate, signToken: api.signToken, nodeMonitorGrace, cluster: config.cluster },
      { ...deps('controllers'), recorderFor: recorderFor('controllers') },
    ),
    startScheduler(
      { schedulerName: 'default-scheduler' },
      { ...deps('scheduler'), recorder: recorderFor('scheduler')('default-scheduler') },
    ),
  ]);
  const node = {
    nodeName: config.node.name,
    cluster: config.cluster,
    podCidr: network.nodeCidr,
    nodeAddress,
    networkName: network.name,
    clusterDns: network.clusterDns,
    clusterDomain: network.clusterDomain,
    rootDir: join(config.dataDir, 'node'),
    maxPods: config.node.maxPods,
    staticPodPath: config.node.staticPodPath,
    containerLogs: config.node.containerLogs,
    podPidsLimit: config.node.podPidsLimit,
    reserved: config.node.reserved,
    unsafeSysctls: config.node.unsafeSysctls,
    eviction: config.node.eviction,
    images: config.images,
  };
  const startAgent = async (): Promise<Kubelet> => {
    const runtime = await engine;
    const [started] = await Promise.all([
      startKubelet(node, {
        ...{ ...deps('kubelet'), runtime, recorder: recorderFor('kubelet')('kubelet', config.node.name) },
        withdrawn: async (address, until) => traffic?.withdrawn(address, until),
      }),
      runtime.info().then(onEngine),
    ]);
    return started;
  };
  // One after the other in name alone: neither waits for what the other does.
  const [agent, [, scheduler]] = await Promise.all([startAgent(), inControl]);
  kubelet = agent;
  ending.push(() => agent.stop());
  watchOver('scheduler', () => scheduler.health());
  api.addDebugPage(schedulerPage(scheduler));
  watchOver('kubelet', () => agent.health());

  onStep('services');
  // The bridge is there now: pods reach the API server on the node's address.
  await api.listen(nodeAddress);
  await api.announce(nodeAddress, apiServiceIp);
  const proxy = await startProxy(
    {
      mode: network.dataPlane,
      cluster: config.cluster,
      nodeName: config.node.name,
      nodeAddress,
      nodePortAddresses: [...new Set([...network.nodePortAddresses, nodeAddress])],
      loadBalancerPool: network.loadBalancerPool,
      serviceCidr: network.serviceCidr,
      podCidr: network.podCidr,
      nodeCidr: network.nodeCidr,
      ownListeners: (['UDP', 'TCP'] as const).map((protocol) => ({ address: network.clusterDns, protocol, port: 53 })),
    },
    {
      ...deps('proxy'),
      recorder: recorderFor('proxy')('kube-proxy', config.node.name),
      networkGone: () => agent.restoreNetwork(),
    },
  );
  traffic = proxy;
  ending.push(() => proxy.stop());
  watchOver('proxy', () => proxy.health());
  await announceDns(client, { address: network.clusterDns });
  const [dns, front] = await Promise.all([
    startDns(
      {
        ...{ addresses: [network.clusterDns], port: 53, domain: network.clusterDomain, resolvConf: '/etc/resolv.conf' },
        ownRanges: [network.podCidr, network.serviceCidr],
        stubDomains: network.stubDomains,
        hosts: { 'host.docker.internal': nodeAddress },
      },
      deps('dns'),
    ),
    startFront(
      { ...config.front, addresses: [...new Set([...config.front.addresses, nodeAddress])], certificate: pki.server },
      { ...deps('front'), recorder: recorderFor('front')('peapod-front', config.node.name) },
    ),
  ]);
  ending.push(() => dns.stop());
  watchOver('dns', () => dns.health());
  ending.push(() => front.stop());

  starting = undefined;
  return {
    url: `https://${config.api.host}:${api.port}`,
    credentials: credentialsOf(pki),
    faults: () => parts.flatMap(({ name, check }) => ((fault) => (fault === undefined ? [] : [{ part: name, fault }]))(check())),
    stop,
  };
}

const credentialsOf = (pki: Pki): Cluster['credentials'] => ({
  caCertificate: pki.caCertificate,
  certificate: pki.admin.cert,
  key: pki.admin.key,
});
