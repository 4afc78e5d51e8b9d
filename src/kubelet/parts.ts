import type { Client, EventRecorder } from '../client/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Random } from '../lib/random.ts';
import type { core, nodeV1 } from '../kinds/index.ts';
import type { Runtime } from '../runtime/index.ts';
import type { Addresses } from './addresses.ts';
import type { NodeState } from './admission/admit.ts';
import type { RestartBackoff } from './backoff.ts';
import type { ImageFacts } from './container-spec.ts';
import type { EvictionConfig } from './eviction/index.ts';
import type { ImageCollection } from './images/collect.ts';
import type { Mirrors } from './images/mirrors.ts';
import type { PreparedVolume } from './mounts.ts';
import type { Resolver } from './network-files.ts';
import type { Observer } from './observer.ts';
import type { Probes } from './probes/index.ts';
import type { NodeAllocations } from './resize/node-allocations.ts';
import type { StartGate } from './start-gate.ts';
import type { OnStep } from './steps.ts';

export type KubeletConfig = {
  nodeName: string;
  /** The value of the cluster label: containers with another are not ours. */
  cluster: string;
  /** This node's range of pod addresses; the first one is the bridge's. */
  podCidr: string;
  /** The node's InternalIP, reachable from pods. */
  nodeAddress: string;
  networkName: string;
  clusterDns: string;
  clusterDomain: string;
  /** Holds `pods/<uid>/`, on a file system the engine shares. */
  rootDir: string;
  maxPods: number;
  /** A folder of manifests of pods that this node runs on its own; none by default. */
  staticPodPath?: string;
  /** How long logs of containers get, and how many files of that length are kept. */
  containerLogs?: { maxBytes: number; count: number };
  /** Sysctls that pods may set although they are not safe. */
  unsafeSysctls: readonly string[];
  /** Processes that all containers of a pod may have together; none or less: as many as they like. */
  podPidsLimit: number;
  /** Of the node's resources, what is not for pods. */
  reserved: { [name: string]: string };
  eviction: EvictionConfig;
  images: {
    /** Where images can be had besides their own registries. */
    mirrors: Mirrors;
    /** How many are pulled at a time. */
    parallelPulls: number;
    /** When images that were pulled here are removed; never by default. */
    collection?: ImageCollection;
    /** Docker's configuration file, for the user's own logins. */
    dockerConfig: string;
  };
};

/** Volumes of pods, ready to mount (`volumes/`). */
export type PodVolumes = {
  /** Fails with an error that has a reason (FailedMount) and a message. */
  prepare(pod: core.Pod): Promise<ReadonlyMap<string, PreparedVolume>>;
  refresh(pod: core.Pod): Promise<void>;
  remove(uid: string): Promise<void>;
  podsOnDisk(): Promise<string[]>;
};

/** Images of containers, present when it resolves (`images/`). */
export type PodImages = {
  /**
   * Fails with an error that has a reason (ErrImagePull, …) and a message; records its own events. When `signal`
   * aborts and no other pod wants the image, its pull ends.
   */
  ensure(pod: core.Pod, container: core.Container, signal: AbortSignal): Promise<ImageFacts>;
};

/** Objects that containers are made from, as the API has them now. */
export type Lookups = {
  configMap(namespace: string, name: string): Promise<core.ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<core.Secret | undefined>;
  services(): readonly core.Service[];
  runtimeClass(name: string): Promise<nodeV1.RuntimeClass | undefined>;
};

/** What the work on pods needs, built once by startKubelet. */
export type Parts = {
  config: KubeletConfig;
  client: Client;
  runtime: Runtime;
  recorder: EventRecorder;
  clock: Clock;
  random: Random;
  log: Log;
  volumes: PodVolumes;
  images: PodImages;
  lookups: Lookups;
  addresses: Addresses;
  observer: Observer;
  probes: Probes;
  backOff: RestartBackoff;
  gate: StartGate;
  allocations: NodeAllocations;
  /** Resolves when traffic is led to this pod no more, or at once where none is led by this process. */
  withdrawn?: ((address: string, signal: AbortSignal) => Promise<void>) | undefined;
  /** For tests alone: called after each step of a pod, which goes on when it resolves. */
  onStep?: OnStep | undefined;
  node: {
    memoryBytes: number;
    allocatable: { [name: string]: string };
    resolver: Resolver;
    hostFile: string;
    /** The graphics processors of this host, as their driver names them; none where they cannot be seen. */
    gpus: readonly string[];
  };
  /** What decides whether a new pod may run here, besides the pods that do. */
  nodeState(): Omit<NodeState, 'others'>;
  /** What the engine turned out to be able to: negative OOM scores need a capability it may lack. Undefined: not tried yet. */
  engine: {
    lowersOomScores: boolean | undefined;
    /** What is mounted below a mount that is to be read alone can be read alone too. */
    readsRecursively: boolean;
  };
};
