import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client, EventRecorder, Informers } from '../client/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import type { Random } from '../lib/random.ts';
import { configMap, type core, node as nodeKind, pod as podKind, runtimeClass, secret, service } from '../kinds/index.ts';
import type { ContainerState, EngineInfo, Runtime } from '../runtime/index.ts';
import { type Addresses, createAddresses } from './addresses.ts';
import { RestartBackoff } from './backoff.ts';
import { type Eviction, localStorage, type Observations, observe, podUsage, startEviction } from './eviction/index.ts';
import { messageOf } from './faults.ts';
import {
  type CollectionDeps,
  createImages,
  credentialHelper,
  diskAt,
  dockerLogins,
  openPulledImages,
  removeUnused,
  startImageCollection,
} from './images/index.ts';
import { readsRecursively } from './mounts.ts';
import { containerPath, label, nodeLabels } from './names.ts';
import { parseResolver } from './network-files.ts';
import { resourcesOf } from './node/describe.ts';
import { readHostFacts } from './node/host-facts.ts';
import { type NodeAgent, startNode } from './node/register.ts';
import { isSandbox } from './observed.ts';
import { networkOf } from './network.ts';
import { createObserver } from './observer.ts';
import type { KubeletConfig, Lookups, Parts } from './parts.ts';
import { type Pods, removeOrphans, startPods } from './pods.ts';
import type { PodPlan } from './plan.ts';
import { createProbes, runProbe } from './probes/index.ts';
import { createReadApi } from './read-api/index.ts';
import { createNodeAllocations } from './resize/node-allocations.ts';
import { createStartGate } from './start-gate.ts';
import { createNodeConnection, type NodeConnection } from './streaming/index.ts';
import { startStaticPods } from './static-pods/index.ts';
import { createUsageMeter, look } from './usage/index.ts';
import { createVolumes, startVolumeReclaim, volumeDirOnDisk } from './volumes/index.ts';
import { volumesInTurn } from './volumes-in-turn.ts';

export type KubeletDeps = {
  client: Client;
  informers: Informers;
  runtime: Runtime;
  recorder: EventRecorder;
  clock: Clock;
  random: Random;
  log: Log;
  metrics: Metrics;
  signal: AbortSignal;
  /** What is left of the node; absent: this host is looked at, if the engine is on it. */
  observeRoom?: () => Promise<Observations>;
  withdrawn?: Parts['withdrawn'];
  /** For tests alone: called after each step of a pod, which goes on when it resolves. */
  onStep?: Parts['onStep'];
};

export type Kubelet = {
  /** Logs, exec, attach and port-forward for the API server. */
  connection: NodeConnection;
  /** Why the node cannot run pods now; undefined when it can. */
  health(): string | undefined;
  /** What the agent last decided to do for a pod, for people who wonder. */
  plan(namespace: string, name: string): PodPlan | undefined;
  /** Makes the pods' network anew where it has gone, and puts running pods back into it. */
  restoreNetwork(): Promise<void>;
  stop(): void;
};

// More starts at a time bring no more pods a second (measured: 4 to 6).
const startPlaces = 5;

/**
 * Starts the node agent: the pod network, the Node object, and a worker for each pod bound to the node. Containers
 * that run already are taken over as they are. Resolves when the node is registered and all pods are known.
 */
export async function startKubelet(config: KubeletConfig, deps: KubeletDeps): Promise<Kubelet> {
  const { runtime, informers, clock, log, signal } = deps;
  const labels = nodeLabels(config);
  await mkdir(config.rootDir, { recursive: true, mode: 0o750 });
  const [engine, host, resolver, hostFile] = await Promise.all([
    runtime.info(),
    readHostFacts(config.rootDir),
    readText('/etc/resolv.conf'),
    readText('/etc/hosts'),
    runtime.resources.ensureNetwork(networkOf(config)),
  ]);

  const addresses = createAddresses(config.podCidr);
  let pods: Pods | undefined;
  const find = (uid: string): core.Pod | undefined => pods?.find(uid)?.pod;
  const observer = createObserver({
    runtime,
    labels,
    rootDir: config.rootDir,
    clock,
    log,
    signal,
    onPause: (uid, paused) => {
      runtime.containers.unpause(paused.id).then(
        () => tellPause(deps.recorder, find(uid), paused),
        (error: unknown) => log.warn('a paused container could not be resumed', { container: paused.name, error: messageOf(error) }),
      );
    },
    onChange: (uid) => pods?.wake(uid),
    onLoss: (uid, lost) => {
      const address = lost.labels[label.address];
      if (address !== undefined) addresses.release(address);
      tellLoss(deps.recorder, find(uid), lost);
    },
  });
  const probes = createProbes({
    clock,
    random: deps.random,
    run: (probe, probed) => runProbe(probe, probed, runtime.streams),
    onResult: (uid) => pods?.wake(uid),
    onFailure: (uid, probed, type, text, isWarning) => {
      const pod = find(uid);
      const name = `${type[0]?.toUpperCase()}${type.slice(1)}`;
      if (pod)
        deps.recorder.record(pod, 'Warning', isWarning ? 'ProbeWarning' : 'Unhealthy', `${name} probe ${text}`, {
          fieldPath: containerPath(pod, probed.container.name),
        });
    },
  });
  const lookups = lookupsFrom(deps);
  const { allocatable } = resourcesOf(engine, host, config.maxPods, { reserved: config.reserved, thresholds: config.eviction.thresholds });
  const volumes = volumesInTurn(
    await createVolumes({
      resources: runtime.resources,
      client: deps.client,
      informers,
      rootDir: config.rootDir,
      cluster: config.cluster,
      nodeName: config.nodeName,
      clock,
      random: deps.random,
      allocatable,
      sharesHost: engine.sharesHost,
      onStale: (uid) => pods?.refresh(uid),
      async imageLayers(pod, name, { reference, pullPolicy }) {
        const wanted = { name, image: reference, ...(pullPolicy && { imagePullPolicy: pullPolicy }) };
        const { imageId } = await parts.images.ensure(pod, wanted, signal);
        return (await runtime.images.inspect(imageId))?.layers;
      },
    }),
  );
  const pulled = await openPulledImages(join(config.rootDir, 'pulled-images.json'));
  const imageUses = new Map<string, number>();
  const parts: Parts = {
    config,
    withdrawn: deps.withdrawn,
    client: deps.client,
    runtime,
    recorder: deps.recorder,
    clock,
    random: deps.random,
    log,
    volumes,
    images: createImages({
      images: runtime.images,
      onPulled: (name, id) => pulled.note(name, id, clock.now()),
      onUse: (name) => void imageUses.set(name, clock.now()),
      recorder: deps.recorder,
      clock,
      log,
      mirrors: config.images.mirrors,
      parallelPulls: config.images.parallelPulls,
      secret: lookups.secret,
      userLogins: dockerLogins(config.images.dockerConfig, { log, ask: credentialHelper(clock) }),
    }),
    lookups,
    addresses,
    observer,
    probes,
    backOff: new RestartBackoff(),
    gate: createStartGate(startPlaces),
    allocations: createNodeAllocations(),
    onStep: deps.onStep,
    node: {
      memoryBytes: engine.memoryBytes,
      allocatable,
      resolver: parseResolver(resolver),
      hostFile,
      gpus: host.gpus,
    },
    nodeState: () => ({
      node: informers.of(nodeKind).get(config.nodeName),
      pressures: eviction?.pressures() ?? [],
      unsafeSysctls: config.unsafeSysctls,
      appArmor: engine.appArmor,
    }),
    engine: { lowersOomScores: undefined, readsRecursively: readsRecursively(engine) },
  };

  let eviction: Eviction | undefined;
  const podInformer = informers.of(podKind);
  const [node] = await Promise.all([
    startNode(config, deps, engine, host),
    observer.start(),
    podInformer.synced,
    informers.of(service).synced,
    informers.of(nodeKind).synced,
  ]);
  for (const it of observer.pods.uids().flatMap((uid) => observer.pods.pod(uid).sandboxes)) {
    if (it.address !== undefined && it.state !== 'exited') parts.addresses.reserve(it.address);
  }
  const statics = await startStaticPods({
    ...{ path: config.staticPodPath ?? '', nodeName: config.nodeName, client: deps.client, informer: podInformer, clock, log, signal },
    onMirror: (uid) => pods?.find(uid)?.retell(),
  });
  pods = startPods(parts, statics.source, statics.ended);
  const followed = followSources(informers, pods);
  void removeOrphans(parts, statics.source, pods).catch((error: unknown) =>
    log.warn('left-over pods could not be looked for', { error: messageOf(error) }),
  );
  const collection: CollectionDeps = {
    ...{ images: runtime.images, pulled, clock, log, signal, limits: config.images.collection ?? { high: 100, low: 80 } },
    lastUse: (name) => imageUses.get(name),
    wanted: () => new Set(pods?.all().flatMap((it) => imagesOf(it.pod))),
    disk: async () => (engine.sharesHost ? diskAt(engine.rootDir) : undefined),
    onFailure: (message) => node.warn('ImageGCFailed', message),
  };
  startImageCollection(collection);
  startVolumeReclaim({ resources: runtime.resources, client: deps.client, informers, nodeName: config.nodeName, clock, log, signal });
  countPods(deps.metrics, pods, addresses);
  const containersOf = (uid: string): ContainerState[] => observer.pods.states(uid);
  eviction = watchRoom(config, deps, { engine, node, pods, containersOf, collection });
  const containers = (): ContainerState[] => observer.pods.uids().flatMap(containersOf);
  const metered = { streams: runtime.streams, clock, containers, sharesHost: engine.sharesHost };
  const usage = createUsageMeter(metered);
  const talk = createNodeConnection({
    ...{ streams: runtime.streams, clock },
    // The API knows a static pod by what shows it.
    containersOf: (uid) => containersOf(statics.uidOfNode(uid)),
    podOf: (uid) => find(uid) ?? podInformer.list().find((it) => it.metadata.uid === uid),
    async usage() {
      const used = await usage();
      return { ...used, pods: used.pods.map((it) => ({ ...it, uid: statics.uidOfApi(it.uid) })) };
    },
  });
  const serve = createReadApi({
    ...{ config, engine, startedAt: clock.now(), containersOf, connection: { ...talk, usage } },
    pods: () => pods?.all().map((it) => it.pod) ?? [],
    sample: () => look(metered),
    fault: () => node.fault(),
  });
  const stop = stopper(node, pods, probes.stop, [...followed, eviction.stop]);
  signal.addEventListener('abort', stop, { once: true });
  const plan: Kubelet['plan'] = (namespace, name) =>
    pods?.all().find(({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name)?.plan;
  const restoreNetwork = async (): Promise<void> => {
    await runtime.resources.ensureNetwork(networkOf(config));
    // Listing them is what looks after running ones.
    await runtime.containers.list(labels);
  };
  return { connection: { ...talk, serve }, health: () => node.fault(), plan, restoreNetwork, stop };
}

function stopper(node: NodeAgent, pods: Pods, stopProbes: () => void, followed: ReadonlyArray<() => void>): () => void {
  return () => {
    node.stop();
    pods.stop();
    stopProbes();
    for (const end of followed) end();
  };
}

/** Images that a pod's containers and volumes are made of. */
const imagesOf = ({ spec }: core.Pod): string[] =>
  [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]
    .map((it) => it.image ?? '')
    .concat((spec.volumes ?? []).map((it) => it.image?.reference ?? ''));

/** Reads of the cache where it is filled, of the server where the cache may lag behind. */
function lookupsFrom({ client, informers }: KubeletDeps): Lookups {
  return {
    configMap: async (namespace, name) => informers.of(configMap).get(`${namespace}/${name}`) ?? client.get(configMap, { namespace, name }),
    secret: async (namespace, name) => informers.of(secret).get(`${namespace}/${name}`) ?? client.get(secret, { namespace, name }),
    services: () => informers.of(service).list(),
    // Named by few pods: not worth a watch.
    runtimeClass: (name) => client.get(runtimeClass, { name }),
  };
}

function followSources(informers: Informers, pods: Pods): Array<() => void> {
  return [
    informers
      .of(configMap)
      .onChange(({ object: { metadata } }) => pods.sourceChanged('configMaps', metadata.namespace ?? '', metadata.name)),
    informers.of(secret).onChange(({ object: { metadata } }) => pods.sourceChanged('secrets', metadata.namespace ?? '', metadata.name)),
  ];
}

type Room = { engine: EngineInfo; node: NodeAgent; pods: Pods; containersOf(uid: string): ContainerState[]; collection: CollectionDeps };

/** Has pods leave when the node runs short, or when they take more of its disk than they may. */
function watchRoom(config: KubeletConfig, deps: KubeletDeps, { engine, node, pods, containersOf, collection }: Room): Eviction {
  const { runtime, clock, log } = deps;
  const measured = {
    streams: runtime.streams,
    containersOf,
    volumeDir: (uid: string, name: string) => volumeDirOnDisk(config.rootDir, uid, name),
  };
  // What another host has left cannot be seen from here.
  const places = { node: config.rootDir, images: engine.sharesHost ? engine.rootDir : undefined };
  const eviction = startEviction(config.eviction, {
    ...{ clock, log },
    observe: deps.observeRoom ?? (() => (engine.sharesHost ? observe(places) : Promise.resolve(new Map()))),
    tenants: () => pods.all().filter((it) => it.counts && containersOf(it.pod.metadata.uid).length > 0),
    usageOf: (pod, starved) => podUsage(measured, pod, starved),
    storageOf: (pod) => localStorage(measured, pod),
    onChange: () => node.tell(eviction.pressures()),
    // Images are nobody's to remove where that is not wanted.
    ...(collection.limits.high < 100 && { clearDisk: async () => void (await removeUnused(collection, Number.POSITIVE_INFINITY)) }),
    onShortage: ({ starved }) => node.warn('EvictionThresholdMet', `Attempting to reclaim ${starved}`),
  });
  return eviction;
}

/** A sandbox that went is told of by its own event; one that never ran is no loss. */
function tellLoss(recorder: EventRecorder, pod: core.Pod | undefined, lost: ContainerState): void {
  const name = lost.labels[label.container] ?? '';
  if (!pod || isSandbox(lost) || lost.status === 'created') return;
  recorder.record(
    pod,
    'Warning',
    'ContainerRemoved',
    `Container ${name} was removed by someone else, it will be re-created if the pod still needs it`,
    {
      fieldPath: containerPath(pod, name),
    },
  );
}

/** What stands still neither serves nor says so: it goes on, and people are told. */
function tellPause(recorder: EventRecorder, pod: core.Pod | undefined, { labels }: ContainerState): void {
  const name = labels[label.container] ?? '';
  if (!pod) return;
  const message = `Container ${name} was paused by someone else, it was resumed`;
  recorder.record(pod, 'Warning', 'ContainerPaused', message, { fieldPath: containerPath(pod, name) });
}

function countPods(metrics: Metrics, pods: Pods, addresses: Addresses): void {
  metrics.gauge('peapod_kubelet_pod_addresses_count', 'Addresses that pods of the node hold.', [], (gauge) => gauge.set(addresses.taken()));
  metrics.gauge('peapod_kubelet_pods_count', 'Pods the node agent looks after, by phase.', ['phase'], (gauge) => {
    gauge.reset();
    for (const { pod } of pods.all()) gauge.inc({ phase: pod.status?.phase ?? 'Pending' });
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // A host without the file: as if it were empty.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new Error(`${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
