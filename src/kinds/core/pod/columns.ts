import { age } from '../../age.ts';
import type { Column } from '../../define.ts';
import type { ContainerStatus, Pod } from '../../generated/core-v1.ts';

const isTrue = (pod: Pod, type: string): boolean => pod.status?.conditions?.some((it) => it.type === type && it.status === 'True') ?? false;

const ended = (status: ContainerStatus): string | undefined => {
  const it = status.state?.terminated;
  if (!it) return undefined;
  return it.reason || (it.signal ? `Signal:${it.signal}` : `ExitCode:${it.exitCode}`);
};

/** The STATUS column (kubectl's printPod): the phase, or what explains it better. */
export function podStatusText(pod: Pod): string {
  const { status, spec, metadata } = pod;
  let text: string = status?.reason || status?.phase || 'Unknown';
  if (spec.schedulingGates?.length && status?.conditions?.some((it) => it.type === 'PodScheduled' && it.reason === 'SchedulingGated'))
    text = 'SchedulingGated';
  let initializing = false;
  for (const [i, it] of (status?.initContainerStatuses ?? []).entries()) {
    const sidecar = spec.initContainers?.find((container) => container.name === it.name)?.restartPolicy === 'Always';
    if (it.state?.terminated?.exitCode === 0 || (sidecar && it.started)) continue;
    if (it.state?.terminated) text = `Init:${ended(it)}`;
    else if (it.state?.waiting?.reason && it.state.waiting.reason !== 'PodInitializing') text = `Init:${it.state.waiting.reason}`;
    else text = `Init:${i}/${spec.initContainers?.length ?? 0}`;
    initializing = true;
    break;
  }
  if (!initializing || isTrue(pod, 'Initialized')) {
    let running = false;
    for (const it of [...(status?.containerStatuses ?? [])].reverse()) {
      if (it.state?.waiting?.reason) text = it.state.waiting.reason;
      else if (it.state?.terminated) text = ended(it) as string;
      else if (it.ready && it.state?.running) running = true;
    }
    if (text === 'Completed' && running) text = isTrue(pod, 'Ready') ? 'Running' : 'NotReady';
  }
  if (metadata.deletionTimestamp) {
    if (status?.reason === 'NodeLost') return 'Unknown';
    if (status?.phase !== 'Failed' && status?.phase !== 'Succeeded') return 'Terminating';
  }
  return text;
}

function restarts(pod: Pod, now: number): string {
  const sidecars = new Set((pod.spec.initContainers ?? []).filter((it) => it.restartPolicy === 'Always').map((it) => it.name));
  const counted = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []).filter((it) => sidecars.has(it.name)),
  ];
  const count = counted.reduce((sum, it) => sum + (it.restartCount ?? 0), 0);
  const last = counted
    .map((it) => it.lastState?.terminated?.finishedAt ?? '')
    .sort()
    .at(-1);
  return count > 0 && last ? `${count} (${age(last, now)} ago)` : String(count);
}

export const podColumns: ReadonlyArray<Column<Pod>> = [
  {
    name: 'Ready',
    type: 'string',
    value: (pod) => {
      const sidecars = (pod.spec.initContainers ?? []).filter((it) => it.restartPolicy === 'Always').map((it) => it.name);
      const statuses = [
        ...(pod.status?.containerStatuses ?? []),
        ...(pod.status?.initContainerStatuses ?? []).filter((it) => sidecars.includes(it.name)),
      ];
      return `${statuses.filter((it) => it.ready && it.state?.running).length}/${pod.spec.containers.length + sidecars.length}`;
    },
  },
  { name: 'Status', type: 'string', value: podStatusText },
  { name: 'Restarts', type: 'string', value: restarts },
  { name: 'IP', type: 'string', wide: true, value: (pod) => pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? '<none>' },
  { name: 'Node', type: 'string', wide: true, value: (pod) => pod.spec.nodeName ?? '<none>' },
  { name: 'Nominated Node', type: 'string', wide: true, value: (pod) => pod.status?.nominatedNodeName ?? '<none>' },
  {
    name: 'Readiness Gates',
    type: 'string',
    wide: true,
    value: (pod) => {
      const gates = pod.spec.readinessGates ?? [];
      return gates.length ? `${gates.filter((it) => isTrue(pod, it.conditionType)).length}/${gates.length}` : '<none>';
    },
  },
];
