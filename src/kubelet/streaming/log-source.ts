import type { core } from '../../kinds/index.ts';
import { badRequest } from '../../meta/status-error.ts';
import type { ContainerState } from '../../runtime/index.ts';

type Asked = { pod: string; container: string; previous: boolean };

/**
 * Which attempt of a container a log is read from (kubelet_pods.validateContainerLogStatus). `attempts` are those the
 * engine has, the newest first. Fails with BadRequest when none has run, and says why.
 */
export function logSource(
  attempts: readonly ContainerState[],
  status: core.ContainerStatus | undefined,
  { pod, container, previous }: Asked,
): ContainerState {
  const ran = attempts.filter((it) => it.status !== 'created');
  const [newest, before] = ran;
  if (previous) {
    // One that waits to be started again has ended for good: it is the previous one already.
    const ended = status?.state?.waiting && newest?.status === 'exited' ? newest : before;
    if (ended) return ended;
    throw badRequest(`previous terminated container "${container}" in pod "${pod}" not found`);
  }
  if (newest) return newest;
  if (!status) throw badRequest(`container "${container}" in pod "${pod}" is not available`);
  // Its container has been removed.
  if (status.state?.terminated || status.lastState?.terminated) throw badRequest(`container "${container}" in pod "${pod}" is terminated`);
  throw badRequest(`container "${container}" in pod "${pod}" is waiting to start${whyWaiting(status.state?.waiting?.reason)}`);
}

function whyWaiting(reason: string | undefined): string {
  switch (reason) {
    case undefined:
      return ' - no logs yet';
    case 'ErrImagePull':
      return ": image can't be pulled";
    case 'ImagePullBackOff':
      return ': trying and failing to pull image';
    default:
      return `: ${reason}`;
  }
}

export function statusOf(pod: core.Pod | undefined, container: string): core.ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod?.status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find((it) => it.name === container);
}
