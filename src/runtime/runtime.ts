import type { Duplex, Readable, Writable } from 'node:stream';

export type ContainerId = string;
export type Seconds = number;
export type Labels = Readonly<Record<string, string>>;

/** A directory or volume as seen in a container. */
export type Mount = {
  /** An absolute host path (bind), or the name of a volume. */
  source: { hostPath: string } | { volume: string } | { tmpfs: { sizeBytes?: number; mode?: number } };
  target: string;
  readOnly: boolean;
  propagation?: 'private' | 'rslave' | 'rshared';
};

/** What a container may use. Absent: no limit, the engine's default weight. */
export type ResourceLimits = { cpuShares?: number; nanoCpus?: number; memoryBytes?: number; pids?: number; oomScoreAdj?: number };

/** A pause container that owns the network, IPC and hostname which the containers of a group share. */
export type SandboxSpec = {
  name: string;
  labels: Labels;
  hostname: string;
  /** 'host' shares the host's network; otherwise an address we chose, on the network that `ensureNetwork` made. */
  network: { name: string; address: string } | 'host';
  ipc?: 'host' | 'shareable';
  pid?: 'host';
  sysctls?: Readonly<Record<string, string>>;
  /** resolv.conf, hosts, and volumes that must outlive single containers. */
  mounts: readonly Mount[];
  cgroupParent?: string;
  oomScoreAdj?: number;
  /** One of the engine's runtimes by name; absent: the one it takes by itself. */
  runtime?: string;
};

export type ContainerSpec = {
  name: string;
  labels: Labels;
  /** Shares this container's network and IPC. Must exist at create, must run at start. */
  sandbox: ContainerId;
  /** An image id or reference that the engine has. */
  image: string;
  /** Absent: the image's own. Given: replaces it (and drops the image's CMD unless `args` is given). */
  command?: readonly string[];
  args?: readonly string[];
  env: readonly string[];
  workingDir?: string;
  /** `uid`, `uid:gid` or a name from the image */
  user?: string;
  supplementalGroups?: readonly string[];
  mounts: readonly Mount[];
  tty: boolean;
  stdin: boolean;
  stdinOnce: boolean;
  limits: ResourceLimits;
  privileged: boolean;
  readOnlyRootFilesystem: boolean;
  addCapabilities?: readonly string[];
  dropCapabilities?: readonly string[];
  noNewPrivileges: boolean;
  /** 'default': the engine's profile; a JSON text: that profile. */
  seccomp: 'unconfined' | 'default' | { profile: string };
  unmaskedProc?: boolean;
  /** A profile that the kernel has loaded, or 'unconfined'. Absent: the engine's own where AppArmor is on. */
  appArmor?: string;
  /** The label of its processes and files, where SELinux is on. */
  seLinux?: { user?: string; role?: string; type?: string; level?: string };
  /** As in the sandbox's spec, which must name the same. */
  runtime?: string;
  gpus?: GpuRequest;
  /** Whose process ids it sees: its own (absent), the sandbox's, the host's, or another container's. */
  pid?: 'sandbox' | 'host' | { container: ContainerId };
  cgroupParent?: string;
  /** What asks it to end; absent: what its image says, else SIGTERM. */
  stopSignal?: string;
  /** Rotation of the engine's log. */
  logFiles?: { maxBytes: number; count: number };
};

/** Graphics processors: these, or any so many. */
export type GpuRequest = { driver: string } & ({ ids: readonly string[] } | { count: number });

export type ContainerState = {
  id: ContainerId;
  name: string;
  labels: Labels;
  /** The reference it was created from. */
  image: string;
  imageId: string;
  status: 'created' | 'running' | 'paused' | 'exited';
  /** Milliseconds since 1970; 0 when it has not happened. */
  createdAt: number;
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  oomKilled: boolean;
  /** The engine's words on why it could not start; '' otherwise. */
  error: string;
  /** Process id on the engine's host while it runs; 0 otherwise. */
  pid: number;
  tty: boolean;
  /** What it may use now, as far as `update` can change that. */
  limits: ResourceLimits;
};

export type ContainerEvent = {
  id: ContainerId;
  labels: Labels;
  action: 'create' | 'start' | 'die' | 'oom' | 'destroy' | 'pause' | 'unpause';
  at: number;
  exitCode?: number;
};

/** Containers of one engine. Doing a call twice equals doing it once. */
export interface Containers {
  createSandbox(spec: SandboxSpec): Promise<ContainerId>;
  /** The name is taken by an older attempt: that one is returned when its labels are the same, replaced when not. */
  create(spec: ContainerSpec): Promise<ContainerId>;
  /** Fails with StartFailed (the engine's text, and its exit code), or NoSuchContainer. One that runs already counts as started. */
  start(id: ContainerId): Promise<void>;
  /** Resolves when it no longer runs: the stop signal, then KILL after `grace`. One that never existed counts as stopped. */
  stop(id: ContainerId, grace: Seconds): Promise<void>;
  /** Resolves when it is gone, with its anonymous volumes; kills it if it runs. */
  remove(id: ContainerId): Promise<void>;
  /** Sends a signal; nothing happens when it does not run. */
  kill(id: ContainerId, signal: string): Promise<void>;
  /** Lets what stands still go on; one that does not stand still is left as it is. */
  unpause(id: ContainerId): Promise<void>;
  inspect(id: ContainerId): Promise<ContainerState | undefined>;
  /** All with these labels, running or not, sandboxes included, fully inspected. */
  list(labels: Labels): Promise<ContainerState[]>;
  /** Changes what it may use while it runs; what is not given stays. Fails when the engine or the kernel will not. */
  update(id: ContainerId, limits: ResourceLimits): Promise<void>;
  /**
   * Changes to containers with these labels, oldest first, until `signal` aborts. Reconnects by itself; after a
   * gap it yields 'resync', upon which the caller lists again.
   */
  events(labels: Labels, signal: AbortSignal): AsyncIterable<ContainerEvent | 'resync'>;
}

export type ProcessIO = {
  stdin: Writable | undefined;
  stdout: Readable | undefined;
  stderr: Readable | undefined;
  resize(size: { width: number; height: number }): Promise<void>;
  /** Resolves after the output has ended. */
  exitCode: Promise<number>;
  close(): void;
};

/** Looking into and talking to running containers. */
export interface Streams {
  exec(
    id: ContainerId,
    command: readonly string[],
    options: { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean },
  ): Promise<ProcessIO>;
  /** Runs to the end; output is the first `limitBytes` of stdout and stderr. Fails with ExecTimeout after `timeoutMs`. */
  run(
    id: ContainerId,
    command: readonly string[],
    options: { timeoutMs: number; limitBytes: number },
  ): Promise<{ exitCode: number; output: string }>;
  attach(id: ContainerId, options: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<ProcessIO>;
  /** Frames are undone; each chunk says which stream it was. `since` in milliseconds since 1970. */
  logs(id: ContainerId, options: LogRequest, signal: AbortSignal): Promise<AsyncIterable<LogChunk>>;
  /** Connects to a port in the network namespace of the container, 127.0.0.1 first, then `address`. */
  dial(id: ContainerId, port: number, address: string): Promise<Duplex>;
  usage(id: ContainerId): Promise<Usage | undefined>;
  /** Bytes it has written: its own files and its log. The engine walks over the files. Undefined when it is gone. */
  disk(id: ContainerId): Promise<number | undefined>;
  /** How many files it has made. Undefined when it is gone, or they cannot be seen from here. */
  files(id: ContainerId): Promise<number | undefined>;
}

export type LogRequest = { follow: boolean; timestamps: boolean; tailLines?: number; since?: number };
export type LogChunk = { stream: 'stdout' | 'stderr'; data: Buffer };
/** Running totals; `at` in milliseconds since 1970. */
export type Usage = {
  at: number;
  cpuNanoseconds: number;
  memoryWorkingSetBytes: number;
  memoryRssBytes: number;
  /** Absent where that is not counted. */
  processes?: number;
};

export type ImageState = {
  id: string;
  tags: readonly string[];
  digests: readonly string[];
  user: string;
  sizeBytes: number;
  stopSignal: string;
  /** Directories of its content on the engine's host, the topmost first; absent where the engine keeps it otherwise. */
  layers?: readonly string[];
  entrypoint: readonly string[];
  command: readonly string[];
};
/** For one registry. An identity token takes the place of name and password. */
export type RegistryLogin = { username: string; password: string; server: string; identityToken?: string };

/** How far a pull has come, as far as it is known: sizes of layers become known one after the other. */
export type PullProgress = { layers: number; layersDone: number; bytes: number; totalBytes: number };

export type PullOptions = {
  /** Nobody wants the image any more: the engine stops fetching, and the pull fails with the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (progress: PullProgress) => void;
};

export interface Images {
  inspect(reference: string): Promise<ImageState | undefined>;
  /** Resolves when it is there. Fails with PullFailed, whose `kind` tells not-found, denied, unreachable and others apart. */
  pull(reference: string, login: RegistryLogin | undefined, options?: PullOptions): Promise<ImageState>;
  /** Gives an image that is there one more name, taken from whatever had it. */
  tag(reference: string, name: string): Promise<void>;
  /** Takes a name away from an image that has others; one that is not there counts as taken away. */
  untag(name: string): Promise<void>;
  list(): Promise<ImageState[]>;
}

export type NetworkSpec = { name: string; subnet: string; gateway: string; labels: Labels; bridgeName?: string };

/** A volume in memory; its content is lost when no container that uses it runs. */
export type MemoryVolume = { sizeBytes?: number; mode?: number; group?: number };

/** Networks and volumes, by name. Removing what is not there counts as removed. */
export interface Resources {
  /** Makes it, or adopts the one of that name when its subnet is the same; otherwise fails and says what differs. */
  ensureNetwork(spec: NetworkSpec): Promise<void>;
  removeNetwork(name: string): Promise<void>;
  /** Makes it or takes the one of that name. `hostPath` is where its content stands on the engine's host. */
  ensureVolume(name: string, labels: Labels, memory?: MemoryVolume): Promise<{ hostPath: string }>;
  /** Fails while a container uses it. */
  removeVolume(name: string): Promise<void>;
  listVolumes(labels: Labels): Promise<string[]>;
}

/** Of several containers together. Absent: no limit. */
export type GroupLimits = Pick<ResourceLimits, 'cpuShares' | 'nanoCpus' | 'memoryBytes' | 'pids'> & {
  /** By the size of the pages in bytes. Where the kernel does not count them there is no limit. */
  hugePages?: ReadonlyMap<number, number>;
};

/** Groups in which containers share limits. */
export interface ControlGroups {
  /** Makes it or sets its limits anew; what it gives is the `cgroupParent` of the containers. */
  ensure(name: string, limits: GroupLimits): Promise<string>;
  /** Its containers must be gone. One that is not there counts as removed. */
  remove(name: string): Promise<void>;
}

export type EngineInfo = {
  name: string;
  version: string;
  apiVersion: string;
  kernel: string;
  operatingSystem: string;
  architecture: string;
  cpus: number;
  memoryBytes: number;
  cgroupVersion: '1' | '2';
  /** Where the engine keeps its data, on its own host. */
  rootDir: string;
  storageDriver: string;
  rootless: boolean;
  /** The OCI runtimes it knows by name. */
  runtimes: readonly string[];
  /** The kernel enforces AppArmor profiles. */
  appArmor: boolean;
  /** Its files and processes are those of this process's host. */
  sharesHost: boolean;
};

/** One container engine, in parts: each user takes the part it needs. */
export interface Runtime {
  info(): Promise<EngineInfo>;
  containers: Containers;
  streams: Streams;
  images: Images;
  resources: Resources;
  /** Absent where this process cannot make groups that the engine uses. */
  groups?: ControlGroups;
}

/** The engine could not start a container. `exitCode` as the engine reports it: 126, 127, 128. */
export class StartFailed extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StartFailed';
    this.exitCode = exitCode;
  }
}

export class PullFailed extends Error {
  /** `unavailable`: something in front of the registry answers, the registry does not. */
  readonly kind: 'not-found' | 'denied' | 'unreachable' | 'unavailable' | 'signature' | 'invalid-name' | 'other';
  constructor(kind: PullFailed['kind'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'PullFailed';
    this.kind = kind;
  }
}

export class ExecTimeout extends Error {}

/** The container is not there. */
export class NoSuchContainer extends Error {}

/** The engine does not answer, or not in time. What was asked may have been done all the same. */
export class EngineUnavailable extends Error {
  readonly code = 'ENGINE_UNAVAILABLE';
}
