import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { defaultThresholds, faultInThresholds, type Mirrors, parseThresholds } from './kubelet/index.ts';
import { toAddress, toNumber } from './lib/ipv4.ts';
import type { Milliseconds } from './lib/clock.ts';
import { parseGoDuration } from './lib/go-duration.ts';
import type { LogLevel } from './lib/log.ts';
import { isQuantity, quantityValue } from './meta/quantity.ts';
import { readYamlDocuments } from './meta/read/yaml.ts';
import { faultInMirrors, mirrorsFrom, mirrorsText } from './mirrors.ts';
import type { PlaneChoice } from './proxy/index.ts';

/** Everything that can be set, checked. Frozen: parts get the pieces they declare. */
export type Config = {
  /** The cluster's name: its kubeconfig context, its Docker label and the name of its network. */
  cluster: string;
  /** Holds the store, certificates, volumes of pods, log and pid file. On a file system the engine shares. */
  dataDir: string;
  dockerHost: string;
  /** Who puts pods into their network. */
  podNetwork: 'auto' | 'engine';
  api: { host: string; port: number };
  network: {
    name: string;
    podCidr: string;
    /** This node's part of podCidr. */
    nodeCidr: string;
    serviceCidr: string;
    clusterDns: string;
    clusterDomain: string;
    nodePorts: { first: number; last: number };
    /** Where node ports listen, besides the node's own address. */
    nodePortAddresses: readonly string[];
    /** Addresses for LoadBalancer Services, one for each; undefined: all have the node's own. */
    loadBalancerPool: string | undefined;
    /** Name servers for names below a domain. */
    stubDomains: Readonly<Record<string, readonly string[]>>;
    /** What carries the traffic of Services. */
    dataPlane: PlaneChoice;
  };
  /** The HTTP front for Services by name and for Ingresses; a port may be 0 (any) or undefined (none). */
  front: { addresses: readonly string[]; port: number | undefined; tlsPort: number | undefined };
  node: {
    name: string;
    maxPods: number;
    /** A folder of manifests of pods that this node runs on its own; '' for none. */
    staticPodPath: string;
    containerLogs: { maxBytes: number; count: number };
    /** Processes that a pod may have; -1: as many as it likes. */
    podPidsLimit: number;
    /** Of its resources, what is not for pods. */
    reserved: { [name: string]: string };
    /** Sysctls that pods may set although they are not safe. */
    unsafeSysctls: readonly string[];
    eviction: { thresholds: ReturnType<typeof parseThresholds>; transition: Milliseconds; mostGraceSeconds: number };
  };
  images: {
    /** Where images can be had besides their own registries. */
    mirrors: Mirrors;
    /** How many are pulled at a time. */
    parallelPulls: number;
    /** Docker's configuration file, which knows the user's logins to registries. */
    dockerConfig: string;
    /** How full the engine's disk may be, in percent, before images that were pulled here go. */
    collection: { high: number; low: number };
  };
  log: { level: LogLevel; file: string | undefined };
};

/** A setting that cannot be used: which, why, and where it came from. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

type Setting = { env: string; default: string; summary: string; check: (value: string) => string | undefined };

const dnsLabel = (value: string): string | undefined =>
  /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(value) ? undefined : 'must be a DNS label of at most 40 characters: a-z, 0-9 and -';
const subdomain = (value: string): string | undefined =>
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(value) ? undefined : 'must be a DNS name in lower case';
const address = (value: string): string | undefined => (isAddress(value) ? undefined : 'must be an IPv4 address such as 127.0.0.1');
const addresses = (value: string): string | undefined =>
  value.split(',').every(isAddress) ? undefined : 'must be IPv4 addresses with commas between them';
const wholeNumber =
  (lowest: number, highest: number) =>
  (value: string): string | undefined =>
    /^\d+$/.test(value) && Number(value) >= lowest && Number(value) <= highest
      ? undefined
      : `must be a number from ${lowest} to ${highest}`;
const portOrOff = (value: string): string | undefined =>
  value === 'off' ? undefined : wholeNumber(0, 65_535)(value) && `${wholeNumber(0, 65_535)(value)}, or off`;
const stubDomains = (value: string): string | undefined =>
  value === '' ||
  value
    .split(',')
    .every((it) =>
      ((parts) => subdomain(parts[0] ?? '') === undefined && parts.length === 2 && (parts[1] ?? '').split('+').every(isAddress))(
        it.split('='),
      ),
    )
    ? undefined
    : 'must be domains with their name servers: corp.example=10.1.0.53+10.2.0.53,…';
const cidr =
  (widest: number, narrowest: number) =>
  (value: string): string | undefined => {
    const [base = '', bits = ''] = value.split('/');
    const fits = isAddress(base) && /^\d+$/.test(bits) && Number(bits) >= widest && Number(bits) <= narrowest;
    if (!fits) return `must be an IPv4 range such as 10.0.0.0/${widest}, with a prefix of ${widest} to ${narrowest} bits`;
    return toNumber(base) % 2 ** (32 - Number(bits)) === 0 ? undefined : 'must begin at the first address of the range';
  };
const portRange = (value: string): string | undefined => {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(value) ?? [];
  return Number(first) >= 1 && Number(last) <= 65_535 && Number(first) <= Number(last) ? undefined : 'must be a range such as 30000-32767';
};
const oneOf =
  (...words: string[]) =>
  (value: string): string | undefined =>
    words.includes(value) ? undefined : `must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** `cpu=500m,memory=1Gi` */
function faultInAmounts(text: string): string | undefined {
  for (const it of text.split(',').filter((one) => one !== '')) {
    const [name = '', amount = ''] = it.split('=');
    if (!['cpu', 'memory', 'ephemeral-storage'].includes(name)) return 'may name cpu, memory and ephemeral-storage';
    if (!isQuantity(amount)) return `must have an amount such as 500m or 1Gi for ${name}`;
  }
  return undefined;
}

const isAddress = (value: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(value) && value.split('.').every((it) => Number(it) <= 255);

/** Every setting: its name is the flag (`--pod-cidr`) and the key in a configuration file (`pod-cidr: …`). */
export const settings = {
  name: { env: 'PEAPOD_NAME', default: 'peapod', summary: 'name of the cluster', check: dnsLabel },
  'data-dir': { env: 'PEAPOD_DATA_DIR', default: '', summary: 'folder for everything the cluster keeps', check: () => undefined },
  'docker-host': {
    env: 'DOCKER_HOST',
    default: 'unix:///var/run/docker.sock',
    summary: 'address of the Docker Engine',
    check: (value) =>
      /^(unix|tcp|http|https|npipe|ssh):\/\/./.test(value) ? undefined : 'must be a URL such as unix:///var/run/docker.sock',
  },
  listen: { env: 'PEAPOD_LISTEN', default: '127.0.0.1', summary: 'address the API server listens on', check: address },
  port: { env: 'PEAPOD_PORT', default: '6443', summary: 'port of the API server', check: wholeNumber(0, 65_535) },
  'pod-cidr': { env: 'PEAPOD_POD_CIDR', default: '10.244.0.0/16', summary: 'addresses of pods', check: cidr(8, 24) },
  'pod-network': {
    env: 'PEAPOD_POD_NETWORK',
    default: 'auto',
    summary: 'who puts pods into their network: engine, or auto (peapod itself where it can, which is faster)',
    check: oneOf('auto', 'engine'),
  },
  'service-cidr': { env: 'PEAPOD_SERVICE_CIDR', default: '10.96.0.0/16', summary: 'addresses of services', check: cidr(8, 24) },
  'cluster-domain': { env: 'PEAPOD_CLUSTER_DOMAIN', default: 'cluster.local', summary: 'DNS domain of the cluster', check: subdomain },
  'node-ports': { env: 'PEAPOD_NODE_PORTS', default: '30000-32767', summary: 'range of node ports', check: portRange },
  'node-port-addresses': {
    env: 'PEAPOD_NODE_PORT_ADDRESSES',
    default: '127.0.0.1',
    summary: 'addresses node ports and load balancers listen on; 0.0.0.0: all this host has',
    check: addresses,
  },
  'data-plane': {
    env: 'PEAPOD_DATA_PLANE',
    default: 'auto',
    summary: 'what carries Services: auto, userspace or nftables',
    check: oneOf('auto', 'userspace', 'nftables'),
  },
  'load-balancer-pool': {
    env: 'PEAPOD_LOAD_BALANCER_POOL',
    default: '',
    summary: "addresses for LoadBalancer Services, one for each, such as 127.0.10.0/24 (default: they share the node's)",
    check: (value) => (value === '' ? undefined : cidr(16, 30)(value)),
  },
  'front-port': {
    env: 'PEAPOD_FRONT_PORT',
    default: '8000',
    summary: 'port of http://SERVICE.NAMESPACE.localhost and of Ingresses, or off',
    check: portOrOff,
  },
  'front-tls-port': { env: 'PEAPOD_FRONT_TLS_PORT', default: '8443', summary: 'the same over TLS, or off', check: portOrOff },
  'front-addresses': { env: 'PEAPOD_FRONT_ADDRESSES', default: '127.0.0.1', summary: 'addresses the front listens on', check: addresses },
  'stub-domains': {
    env: 'PEAPOD_STUB_DOMAINS',
    default: '',
    summary: 'name servers for some domains: corp.example=10.1.0.53+10.2.0.53,…',
    check: stubDomains,
  },
  'node-name': { env: 'PEAPOD_NODE_NAME', default: '', summary: "name of this node (default: the host's)", check: () => undefined },
  'container-log-max-size': {
    env: 'PEAPOD_CONTAINER_LOG_MAX_SIZE',
    default: '10Mi',
    summary: 'how long the log of a container gets before a new file is begun',
    check: (value) => (/^[1-9]\d*(Ki|Mi|Gi|k|M|G)?$/.test(value) ? undefined : 'must be a size such as 10Mi'),
  },
  'container-log-max-files': {
    env: 'PEAPOD_CONTAINER_LOG_MAX_FILES',
    default: '5',
    summary: 'how many such files are kept',
    check: wholeNumber(2, 1000),
  },
  'image-gc-high-threshold': {
    env: 'PEAPOD_IMAGE_GC_HIGH_THRESHOLD',
    default: '100',
    summary: 'how full the disk gets, in percent, before unused images that peapod has pulled are removed; 100 is never',
    check: wholeNumber(1, 100),
  },
  'image-gc-low-threshold': {
    env: 'PEAPOD_IMAGE_GC_LOW_THRESHOLD',
    default: '80',
    summary: 'how full it may still be then',
    check: wholeNumber(0, 99),
  },
  'static-pod-path': {
    env: 'PEAPOD_STATIC_POD_PATH',
    default: '',
    summary: 'folder of manifests of pods that this node runs on its own',
    check: () => undefined,
  },
  'max-pods': { env: 'PEAPOD_MAX_PODS', default: '110', summary: 'pods this node takes', check: wholeNumber(1, 250) },
  'pod-pids-limit': {
    env: 'PEAPOD_POD_PIDS_LIMIT',
    default: '-1',
    summary: 'processes a pod may have (-1: as many as it likes)',
    check: (value) => (/^(-1|[1-9]\d*)$/.test(value) ? undefined : 'must be -1 or a number'),
  },
  reserved: {
    env: 'PEAPOD_RESERVED',
    default: '',
    summary: 'what of the node is not for pods: cpu=500m,memory=1Gi,ephemeral-storage=10Gi',
    check: (value) => faultInAmounts(value),
  },
  'eviction-hard': {
    env: 'PEAPOD_EVICTION_HARD',
    default: defaultThresholds,
    summary: 'how little may be left of the node before pods must go; 0% switches one off',
    check: faultInThresholds,
  },
  'eviction-soft': {
    env: 'PEAPOD_EVICTION_SOFT',
    default: '',
    summary: 'the same with a period of grace: memory.available<300Mi',
    check: (value) => faultInThresholds({ hard: value }),
  },
  'eviction-soft-grace-period': {
    env: 'PEAPOD_EVICTION_SOFT_GRACE_PERIOD',
    default: '',
    summary: 'how long there must have been too little of each: memory.available=1m30s',
    check: (value) => faultInThresholds({ hard: '', softGrace: value }),
  },
  'eviction-max-pod-grace-period': {
    env: 'PEAPOD_EVICTION_MAX_POD_GRACE_PERIOD',
    default: '0',
    summary: 'seconds that a pod has to end when the node can wait',
    check: wholeNumber(0, 1_000_000),
  },
  'eviction-minimum-reclaim': {
    env: 'PEAPOD_EVICTION_MINIMUM_RECLAIM',
    default: '',
    summary: 'how much more than too little there must be once pods had to go: nodefs.available=500Mi',
    check: (value) => faultInThresholds({ hard: '', reclaim: value }),
  },
  'eviction-pressure-transition-period': {
    env: 'PEAPOD_EVICTION_PRESSURE_TRANSITION_PERIOD',
    default: '5m',
    summary: 'how long the node says that it is short after it is not',
    check: (value) => (parseGoDuration(value) === undefined ? 'must be a duration such as 30s or 5m' : undefined),
  },
  'allowed-unsafe-sysctls': {
    env: 'PEAPOD_ALLOWED_UNSAFE_SYSCTLS',
    default: '',
    summary: 'kernel settings that pods may change besides the safe ones: kernel.msg*,net.core.somaxconn',
    check: (value) =>
      value === '' || value.split(',').every((it) => /^[a-z0-9][-_a-z0-9./]*\*?$/.test(it))
        ? undefined
        : 'must be names with commas between',
  },
  mirrors: {
    env: 'PEAPOD_MIRRORS',
    default: '',
    summary: 'registries to pull from instead: gcr.io=mirror.example/gcr,…, or preset:primer',
    check: (value) => faultInMirrors(value),
  },
  'parallel-pulls': { env: 'PEAPOD_PARALLEL_PULLS', default: '3', summary: 'images pulled at a time', check: wholeNumber(1, 100) },
  'docker-config': {
    env: 'DOCKER_CONFIG',
    default: '',
    summary: "folder of Docker's own configuration, whose logins are used for pulls (default: ~/.docker)",
    check: () => undefined,
  },
  'log-level': {
    env: 'PEAPOD_LOG_LEVEL',
    default: 'info',
    summary: 'debug, info, warn, error or silent',
    check: oneOf('debug', 'info', 'warn', 'error', 'silent'),
  },
  'log-file': { env: 'PEAPOD_LOG_FILE', default: '', summary: 'file to log to instead of standard error', check: () => undefined },
  config: { env: 'PEAPOD_CONFIG', default: '', summary: 'YAML file with any of these settings', check: () => undefined },
} as const satisfies { [name: string]: Setting };

export type SettingName = keyof typeof settings;
export type Given = { readonly [name in SettingName]?: string | undefined };

/**
 * Flags, then the environment, then the file that `config` names, then defaults. Fails with a ConfigError that says
 * which setting is wrong, where it was given, and what it must be.
 */
export function readConfig(flags: Given, env: NodeJS.ProcessEnv = process.env): Config {
  const file = flags.config ?? env[settings.config.env] ?? '';
  const inFile = file === '' ? {} : readFile(file);
  const value = (name: SettingName): string => {
    const { env: variable, default: byDefault, check } = settings[name];
    const sources: Array<[from: string, value: string | undefined]> = [
      [`flag --${name}`, flags[name]],
      [`environment variable ${variable}`, env[variable] || undefined],
      [`${name} in ${file}`, inFile[name]],
      ['default', byDefault],
    ];
    const [from, found = ''] = sources.find(([, it]) => it !== undefined) ?? ['default', byDefault];
    const fault = check(found);
    if (fault) throw new ConfigError(`${from}: ${JSON.stringify(found)} ${fault}`);
    return found;
  };
  return frozen(value);
}

function frozen(value: (name: SettingName) => string): Config {
  const cluster = value('name');
  const podCidr = value('pod-cidr');
  const serviceCidr = value('service-cidr');
  if (overlap(podCidr, serviceCidr)) throw new ConfigError(`pod-cidr ${podCidr} and service-cidr ${serviceCidr} overlap`);
  const [first = 0, last = 0] = value('node-ports').split('-').map(Number);
  const nodeName = value('node-name') || hostNodeName();
  const fault = subdomain(nodeName);
  if (fault) throw new ConfigError(`node-name: ${JSON.stringify(nodeName)} ${fault}`);
  const thresholdTexts = {
    ...{ hard: value('eviction-hard'), soft: value('eviction-soft') },
    ...{ softGrace: value('eviction-soft-grace-period'), reclaim: value('eviction-minimum-reclaim') },
  };
  const noThresholds = faultInThresholds(thresholdTexts);
  if (noThresholds) throw new ConfigError(`eviction-soft: ${noThresholds}`);
  return deepFreeze({
    cluster,
    dataDir: value('data-dir') || join(defaultDataRoot(), cluster),
    dockerHost: value('docker-host'),
    podNetwork: value('pod-network') as 'auto' | 'engine',
    api: { host: value('listen'), port: Number(value('port')) },
    network: {
      name: cluster === 'peapod' ? 'peapod' : `peapod-${cluster}`,
      podCidr,
      nodeCidr: `${podCidr.split('/')[0]}/24`,
      serviceCidr,
      clusterDns: nth(serviceCidr, 10),
      clusterDomain: value('cluster-domain'),
      nodePorts: { first, last },
      nodePortAddresses: value('node-port-addresses').split(','),
      loadBalancerPool: value('load-balancer-pool') || undefined,
      stubDomains: Object.fromEntries(listOf(value('stub-domains')).map((it) => [it.split('=')[0], (it.split('=')[1] ?? '').split('+')])),
      dataPlane: value('data-plane') as PlaneChoice,
    },
    front: {
      addresses: value('front-addresses').split(','),
      port: portOf(value('front-port')),
      tlsPort: portOf(value('front-tls-port')),
    },
    node: {
      name: nodeName,
      maxPods: Number(value('max-pods')),
      podPidsLimit: Number(value('pod-pids-limit')),
      containerLogs: { maxBytes: quantityValue(value('container-log-max-size')), count: Number(value('container-log-max-files')) },
      staticPodPath: value('static-pod-path') && resolve(value('static-pod-path')),
      reserved: Object.fromEntries(listOf(value('reserved')).map((it) => it.split('=') as [string, string])),
      unsafeSysctls: listOf(value('allowed-unsafe-sysctls')),
      eviction: {
        thresholds: parseThresholds(thresholdTexts),
        mostGraceSeconds: Number(value('eviction-max-pod-grace-period')),
        transition: parseGoDuration(value('eviction-pressure-transition-period')) ?? 0,
      },
    },
    images: {
      mirrors: mirrorsFrom(value('mirrors')),
      parallelPulls: Number(value('parallel-pulls')),
      dockerConfig: join(value('docker-config') || join(homedir(), '.docker'), 'config.json'),
      collection: { high: Number(value('image-gc-high-threshold')), low: Number(value('image-gc-low-threshold')) },
    },
    log: { level: value('log-level') as LogLevel, file: value('log-file') || undefined },
  });
}

const portOf = (text: string): number | undefined => (text === 'off' ? undefined : Number(text));
const listOf = (text: string): string[] => text.split(',').filter((it) => it !== '');

/** The user's kubeconfig, as kubectl finds it: undefined means the usual place. */
export const userKubeconfig = (env: NodeJS.ProcessEnv = process.env): string | undefined => env.KUBECONFIG || undefined;

/** Programs of the user's choice, by kubectl's own variables. */
export const userPrograms = (env: NodeJS.ProcessEnv = process.env): { editor?: string; differ?: string } => {
  const editor = env.KUBE_EDITOR || env.EDITOR;
  return { ...(editor && { editor }), ...(env.KUBECTL_EXTERNAL_DIFF && { differ: env.KUBECTL_EXTERNAL_DIFF }) };
};

/** The nth address of a range; the API server's own Service has the first. */
export const nth = (range: string, n: number): string => toAddress(toNumber(range.split('/')[0] as string) + n);

function overlap(a: string, b: string): boolean {
  const [lowA, highA] = bounds(a);
  const [lowB, highB] = bounds(b);
  return lowA <= highB && lowB <= highA;
}

function bounds(range: string): [number, number] {
  const [base = '', bits = ''] = range.split('/');
  return [toNumber(base), toNumber(base) + 2 ** (32 - Number(bits)) - 1];
}

const defaultDataRoot = (): string => (process.getuid?.() === 0 ? '/var/lib/peapod' : join(homedir(), '.local', 'share', 'peapod'));

// As the kubelet does: the host's name in lower case.
function hostNodeName(): string {
  const name = hostname().toLowerCase();
  return subdomain(name) === undefined ? name : 'peapod';
}

function readFile(path: string): { [name: string]: string } {
  let content: unknown;
  try {
    content = readYamlDocuments(readFileSync(path, 'utf8'))[0] ?? {};
  } catch (cause) {
    throw new ConfigError(`${path} cannot be read: ${(cause as Error).message}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw new ConfigError(`${path} must be a YAML mapping`);
  const found: { [name: string]: string } = {};
  for (const [name, it] of Object.entries(content)) {
    if (!(name in settings) || name === 'config') throw new ConfigError(`${path}: there is no setting ${JSON.stringify(name)}`);
    const isMapping = name === 'mirrors' && typeof it === 'object' && it !== null && !Array.isArray(it);
    found[name] = isMapping ? mirrorsText(it) : Array.isArray(it) ? it.join(',') : String(it);
  }
  return found;
}

function deepFreeze<T extends object>(it: T): T {
  for (const inner of Object.values(it)) if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  return Object.freeze(it);
}
