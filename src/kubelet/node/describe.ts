import type { core } from '../../kinds/index.ts';
import { formatQuantity, quantityValue } from '../../meta/quantity.ts';
import { kubernetesVersion } from '../../meta/kubernetes-version.ts';
import type { EngineInfo, ImageState } from '../../runtime/index.ts';

/** What is true of the host besides the engine. */
export type HostFacts = { machineId: string; bootId: string; systemUuid: string; diskBytes: number };

type Described = { nodeName: string; nodeAddress: string; podCidr: string; maxPods: number };

// What the control plane on the node may need; upstream keeps this much from pods as its eviction threshold.
const memoryReserve = '100Mi';

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
): { capacity: { [name: string]: string }; allocatable: { [name: string]: string } } {
  const memory = `${Math.floor(engine.memoryBytes / 1024)}Ki`;
  const capacity = {
    cpu: String(engine.cpus),
    'ephemeral-storage': `${Math.floor(host.diskBytes / 1024)}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory,
    pods: String(maxPods),
  };
  const left = Math.max(0, Math.floor(engine.memoryBytes / 1024) * 1024 - quantityValue(memoryReserve));
  // Upstream leaves a tenth of the disk unallocated (nodefs eviction threshold).
  return {
    capacity,
    allocatable: {
      ...capacity,
      memory: `${left / 1024}Ki`,
      'ephemeral-storage': formatQuantity(Math.floor(host.diskBytes * 0.9), 'decimal'),
    },
  };
}

type Condition = Required<Pick<core.NodeCondition, 'type' | 'status' | 'reason' | 'message'>>;

/** The node's conditions; `fault`: why it cannot run pods now. */
export const nodeConditions = (fault: string | undefined): Condition[] => [
  { type: 'MemoryPressure', status: 'False', reason: 'KubeletHasSufficientMemory', message: 'kubelet has sufficient memory available' },
  { type: 'DiskPressure', status: 'False', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' },
  { type: 'PIDPressure', status: 'False', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' },
  fault === undefined
    ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
    : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: fault },
];

/** The parts of a node's status that come from us; conditions are laid over what is stored, so that others' stay. */
export function nodeStatus(it: Described, engine: EngineInfo, host: HostFacts, images: readonly ImageState[]): core.NodeStatus {
  return {
    ...resourcesOf(engine, host, it.maxPods),
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
