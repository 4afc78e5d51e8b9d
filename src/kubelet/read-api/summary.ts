import { toTime } from '../../lib/clock.ts';
import type { ContainerFacts, Disk, Facts, Interface, PodFacts } from './facts.ts';

/** The answer of /stats/summary (kubelet, apis/stats/v1alpha1): what is not known here is left out. */
export function summaryOf({ nodeName, at, startedAt, memoryBytes, host, rate, disk, pods }: Facts): object {
  const time = toTime(at);
  const fs = { time, ...diskStats(disk) };
  return {
    node: {
      nodeName,
      systemContainers: [],
      startTime: toTime(startedAt),
      cpu: { time, usageNanoCores: rate.nanocores, ...(host && { usageCoreNanoSeconds: host.cpuNanoseconds }) },
      memory: {
        time,
        availableBytes: Math.max(0, memoryBytes - rate.memoryBytes),
        usageBytes: rate.memoryBytes,
        workingSetBytes: rate.memoryBytes,
      },
      fs,
      runtime: { imageFs: fs, containerFs: fs },
    },
    pods: pods.map(podStats),
  };
}

const diskStats = ({ capacityBytes, availableBytes, inodes, inodesFree }: Disk): object => ({
  availableBytes,
  capacityBytes,
  usedBytes: capacityBytes - availableBytes,
  inodesFree,
  inodes,
  inodesUsed: inodes - inodesFree,
});

function podStats({ pod, containers, network }: PodFacts): object {
  const { name, namespace = '', uid, creationTimestamp } = pod.metadata;
  const at = Math.max(0, ...containers.map((it) => it.usage.at));
  const time = toTime(at);
  const sum = (of: (it: ContainerFacts) => number): number => containers.reduce((total, it) => total + of(it), 0);
  return {
    podRef: { name, namespace, uid },
    startTime: pod.status?.startTime ?? creationTimestamp,
    containers: containers.map(containerStats),
    ...(containers.length > 0 && {
      cpu: { time, usageNanoCores: sum((it) => it.nanocores ?? 0), usageCoreNanoSeconds: sum((it) => it.usage.cpuNanoseconds) },
      memory: memoryStats(
        time,
        sum((it) => it.usage.memoryWorkingSetBytes),
        sum((it) => it.usage.memoryRssBytes),
      ),
    }),
    ...(network.length > 0 && { network: networkStats(time, network) }),
  };
}

const memoryStats = (time: string, workingSetBytes: number, rssBytes: number): object => ({
  time,
  usageBytes: workingSetBytes,
  workingSetBytes,
  rssBytes,
});

function containerStats({ name, state, usage, nanocores }: ContainerFacts): object {
  const time = toTime(usage.at);
  return {
    name,
    startTime: toTime(state.startedAt),
    cpu: { time, ...(nanocores !== undefined && { usageNanoCores: nanocores }), usageCoreNanoSeconds: usage.cpuNanoseconds },
    memory: memoryStats(time, usage.memoryWorkingSetBytes, usage.memoryRssBytes),
  };
}

/** The first interface stands for the pod, as upstream has it. */
const networkStats = (time: string, interfaces: readonly Interface[]): object => ({ time, ...interfaces[0], interfaces });
