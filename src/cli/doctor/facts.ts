import type { EngineFacts } from '../edges.ts';

/** What the doctor looks at. Undefined: this host does not tell. */
export type Facts = {
  platform: string;
  nodeVersion: string;
  isRoot: boolean;
  /** A text is why it does not answer. */
  engine: EngineFacts | string;
  engineHost: string;
  cluster: {
    name: string;
    running: boolean;
    dataDir: string;
    host: string;
    port: number;
    podCidr: string;
    serviceCidr: string;
    /** What was chosen to carry Services: auto, userspace or nftables. */
    dataPlane: string;
    nodePorts: { first: number; last: number };
    frontPorts: readonly number[];
  };
  host: HostFacts;
};

export type HostFacts = {
  /** Versions, by program; undefined when it is not installed or does not work. */
  programs: { ip: string | undefined; nft: string | undefined; conntrack: string | undefined; kubectl: string | undefined };
  /** net.bridge.bridge-nf-call-iptables */
  bridgeCallsIptables: string | undefined;
  cgroupControllers: readonly string[] | undefined;
  /** Why the API server's port cannot be listened on; undefined when it can. */
  apiPortFault: string | undefined;
  /** TCP and UDP ports in use. */
  listening: readonly number[] | undefined;
  /** Ports of the front that another program has, with its name where it can be told. */
  frontHolders: ReadonlyArray<{ port: number; holder: string }>;
  /** Those among them that are in use on every address. */
  listeningEverywhere: readonly number[] | undefined;
  /** Ports the kernel hands out to clients. */
  clientPorts: { first: number; last: number } | undefined;
  routes: ReadonlyArray<{ cidr: string; device: string }> | undefined;
  /** Bytes left where the data directory is, and where the engine keeps its own. */
  freeBytes: { data: number | undefined; engine: number | undefined };
  inotify: { instances: number | undefined; watches: number | undefined };
};

/** `fine` works; `limited` works in part, or may not for long; `broken` keeps the cluster from running. */
export type Finding = { level: 'fine' | 'limited' | 'broken'; what: string; advice?: string };
