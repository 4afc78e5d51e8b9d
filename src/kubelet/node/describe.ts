import type { core } from '../../kinds/index.ts';
import { formatQuantity, milliValue, quantityValue } from '../../meta/quantity.ts';
import { kubernetesVersion } from '../../meta/kubernetes-version.ts';
import type { EngineInfo, ImageState } from '../../runtime/index.ts';
import type { Pressure } from '../eviction/plan.ts';
import { leastOf, type Signal, type Threshold } from '../eviction/thresholds.ts';

/** What is true of the host besides the engine. */
export type HostFacts = {
  machineId: string;
  bootId: string;
  systemUuid: string;
  diskBytes: number;
  /** Of each size (`2Mi`), the bytes that the kernel keeps for huge pages. */
  hugePages: ReadonlyMap<string, number>;
  /** Graphics processors by the names their driver gives them. */
  gpus: readonly string[];
};

/** What the node's object is made from, of the settings. */
export type NodeConfig = {
  nodeName: string;
  nodeAddress: string;
  podCidr: string;
  maxPods: number;
  reserved: { [name: string]: string };
  eviction: { thresholds: readonly Threshold[] };
};

/** What pods do not get of the node: set aside for others, and what must be left before pods have to go. */
export type Reserve = { reserved: { [name: string]: string }; thresholds: readonly Threshold[] };

const architectures: Record<string, string> = { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm' };
export const architectureOf = (engine: string): string => architectures[engine] ?? engine;

export function nodeLabels(nodeName: string, engine: EngineInfo): { [key: string]: string } {
  const arch = architectureOf(engine.architecture);
  return {
    'beta.kubernetes.io/arch': arch,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': arch,
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
  };
}

export function resourcesOf(
  engine: EngineInfo,
  host: HostFacts,
  maxPods: number,
  { reserved, thresholds }: Reserve,
): { capacity: { [name: string]: string }; allocatable: { [name: string]: string } } {
  const memoryBytes = Math.floor(engine.memoryBytes / 1024) * 1024;
  const least = (signal: Signal, capacity: number): number =>
    thresholds
      .filter((it) => it.signal === signal && it.grace === undefined)
      .reduce((most, it) => Math.max(most, leastOf(it, capacity)), 0);
  const left = (name: string, capacity: number, kept: number): number =>
    Math.max(0, Math.floor(capacity - quantityValue(reserved[name] ?? '0') - kept));
  const capacity = {
    cpu: String(engine.cpus),
    'ephemeral-storage': `${Math.floor(host.diskBytes / 1024)}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    ...Object.fromEntries([...host.hugePages].map(([size, bytes]) => [`hugepages-${size}`, formatQuantity(bytes, 'binary')])),
    memory: `${memoryBytes / 1024}Ki`,
    ...(host.gpus.length > 0 && { 'nvidia.com/gpu': String(host.gpus.length) }),
    pods: String(maxPods),
  };
  return {
    capacity,
    allocatable: {
      ...capacity,
      cpu: cpuText(1000 * engine.cpus - milliValue(reserved.cpu ?? '0')),
      // Huge pages are taken from the same memory, whether in use or not.
      memory: kibibytes(left('memory', memoryBytes, least('memory.available', memoryBytes) + sum(host.hugePages.values()))),
      'ephemeral-storage': formatQuantity(left('ephemeral-storage', host.diskBytes, least('nodefs.available', host.diskBytes)), 'decimal'),
    },
  };
}

const kibibytes = (bytes: number): string => `${Math.floor(bytes / 1024)}Ki`;
const cpuText = (milli: number): string => (milli % 1000 === 0 ? String(Math.max(0, milli / 1000)) : `${Math.max(0, milli)}m`);
const sum = (numbers: Iterable<number>): number => [...numbers].reduce((all, it) => all + it, 0);

type Condition = Required<Pick<core.NodeCondition, 'type' | 'status' | 'reason' | 'message'>>;

/** What is said of each pressure: when there is none, and when there is (kubelet, nodestatus/setters). */
const sayings: ReadonlyArray<[Pressure, well: [reason: string, message: string], short: [reason: string, message: string]]> = [
  [
    'MemoryPressure',
    ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
  ],
  ['DiskPressure', ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'], ['KubeletHasDiskPressure', 'kubelet has disk pressure']],
  [
    'PIDPressure',
    ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
  ],
];

/** The node's conditions; `fault`: why it cannot run pods now. */
export const nodeConditions = (fault: string | undefined, pressures: readonly Pressure[]): Condition[] => [
  ...sayings.map(([type, well, short]): Condition => {
    const [reason, message] = pressures.includes(type) ? short : well;
    return { type, status: pressures.includes(type) ? 'True' : 'False', reason, message };
  }),
  fault === undefined
    ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
    : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: fault },
];

/** The parts of a node's status that come from us; conditions are laid over what is stored, so that others' stay. */
export function nodeStatus(it: NodeConfig, engine: EngineInfo, host: HostFacts, images: readonly ImageState[]): core.NodeStatus {
  const reserve = { reserved: it.reserved, thresholds: it.eviction.thresholds };
  return {
    ...resourcesOf(engine, host, it.maxPods, reserve),
    addresses: [
      { type: 'InternalIP', address: it.nodeAddress },
      { type: 'Hostname', address: it.nodeName },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      architecture: architectureOf(engine.architecture),
      bootID: host.bootId,
      containerRuntimeVersion: `docker://${engine.version}`,
      kernelVersion: engine.kernel,
      kubeProxyVersion: '',
      kubeletVersion: kubernetesVersion,
      machineID: host.machineId,
      operatingSystem: 'linux',
      osImage: engine.operatingSystem,
      systemUUID: host.systemUuid,
    },
    images: imagesOf(images),
    // What the engine cannot do is said, so that nobody need try.
    features: { supplementalGroupsPolicy: false },
    runtimeHandlers: ['', ...engine.runtimes].map((name) => ({
      name,
      features: { recursiveReadOnlyMounts: false, userNamespaces: false },
    })),
  };
}

// As many as upstream lists, the largest first.
const longestList = 50;

const imagesOf = (images: readonly ImageState[]): core.ContainerImage[] =>
  images
    .filter((it) => it.tags.length + it.digests.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, longestList)
    .map((it) => ({ names: [...it.digests, ...it.tags].slice(0, 5), sizeBytes: it.sizeBytes }));
