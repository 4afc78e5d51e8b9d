import type { core } from '../../kinds/index.ts';
import type { LogPlace } from './finding.ts';

/** One container of a pod with what is last known of it. */
export type Seen = { pod: core.Pod; container: core.Container; status: core.ContainerStatus | undefined; isInit: boolean };

/** Init containers first, as they run. */
export function containersIn(pod: core.Pod): Seen[] {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const seen = (container: core.Container, isInit: boolean): Seen => ({
    ...{ pod, container, isInit },
    status: statuses.find((it) => it.name === container.name),
  });
  return [...(pod.spec.initContainers ?? []).map((it) => seen(it, true)), ...pod.spec.containers.map((it) => seen(it, false))];
}

/** `container app of pod/web-1`, with a capital when a sentence begins with it. */
export const nameOf = ({ pod, container, isInit }: Seen): string =>
  `${isInit ? 'init container' : 'container'} ${container.name} of pod/${pod.metadata.name}`;

/** How it last ended: now, or before it was started again. */
export const lastEnd = ({ status }: Seen): core.ContainerStateTerminated | undefined =>
  status?.state?.terminated ?? status?.lastState?.terminated;

/** The lines of the run that failed: of the one before when it runs again. */
export const logPlaceOf = ({ pod, container, status }: Seen): LogPlace => ({
  namespace: pod.metadata.namespace ?? '',
  pod: pod.metadata.name,
  container: container.name,
  previous: status?.state?.running !== undefined && status.lastState?.terminated !== undefined,
});
