/**
 * What the CLI needs from the rest of peapod, which `bin.ts` hands in. Every function loads what it needs when it is
 * called: `peapod version` must not wait for an API server to be read from disk.
 */
export type Edges = {
  /** Of this package (`0.1.0`), and of the Kubernetes API it speaks (`v1.36.0`). */
  versions: { peapod: string; kubernetes: string };
  environment: Environment;
  /** The folder with the demos, `manifests/` of the package. */
  manifests: string;
  /** Everything that can be set, by the name of its flag; `name`, `data-dir`, `docker-host` and `config` are among them. */
  settings: { readonly [name: string]: { summary: string; default: string } };
  /** What is known of a cluster before it is looked at. Fails and names the setting that is wrong. */
  cluster(given: Settings): Promise<ClusterEdge>;
};

export type Environment = {
  /** The user's home directory. */
  home: string;
  /** KUBECONFIG as it stands: a list of files. */
  kubeconfig?: string;
  /** The user's editor, and the program that shows differences, with their arguments. */
  editor?: string;
  differ?: string;
};

/** Settings as they were typed, by the names of their flags. */
export type Settings = { readonly [name: string]: string };

/** What is being done while a cluster starts: a fixed word for the part. */
export type StartStep = 'engine' | 'store' | 'api' | 'node' | 'services';

/** One cluster on this machine, running or not. */
export type ClusterEdge = {
  name: string;
  /** On disk as given, never relative. */
  dataDir: string;
  /** Where the API server is to listen. */
  host: string;
  port: number;
  podCidr: string;
  serviceCidr: string;
  /** What was chosen to carry Services: auto, userspace or nftables. */
  dataPlane: string;
  nodePorts: { first: number; last: number };
  /** Where the HTTP front is to listen; empty: nowhere in particular. */
  frontPorts: readonly number[];
  /** Where the engine is spoken to: `unix:///var/run/docker.sock`. */
  engineHost: string;
  /**
   * Starts the cluster in this process; resolves when pods can be run and reached. Fails with the first part's error,
   * everything begun until then stopped again; that of an engine that does not answer has the code ENGINE_UNAVAILABLE,
   * that of a port in use EADDRINUSE and the port. The log goes to `logFile` unless the settings name another.
   */
  start(options: { logFile: string; onStep(step: StartStep): void; onEngine(engine: EngineFacts): void }): Promise<RunningCluster>;
  /** Asks the engine about itself. Fails, in words for the user, when it does not answer. */
  engine(): Promise<EngineFacts>;
  /**
   * Takes away what the cluster made outside of its data directory: containers, volumes and the network (by label),
   * mounts of pods; and the route of its Services, if `hasRun`: else that range may be another cluster's. Its process must
   * not run any more. With `keepData`, volumes of claims stay.
   * Does as much as it can: what could not be done is told in `failures`. Doing it twice equals doing it once.
   */
  remove(options: { keepData: boolean; hasRun: boolean }): Promise<Removed>;
};

export type RunningCluster = {
  /** `https://127.0.0.1:6443` */
  url: string;
  /** PEM texts of the administrator. */
  credentials: Credentials;
  /** Resolves when the control plane has ended and all is on disk. Containers go on running. */
  stop(): Promise<void>;
};

export type Credentials = { caCertificate: string; certificate: string; key: string };

export type EngineFacts = {
  /** The host it runs on, as it calls itself. */
  name: string;
  version: string;
  apiVersion: string;
  kernel: string;
  operatingSystem: string;
  architecture: string;
  cpus: number;
  memoryBytes: number;
  cgroupVersion: '1' | '2';
  rootDir: string;
  storageDriver: string;
  rootless: boolean;
  /** Its files and processes are those of this process's host. */
  sharesHost: boolean;
};

/** How much went, and sentences on what did not. */
export type Removed = { containers: number; volumes: number; failures: string[] };
