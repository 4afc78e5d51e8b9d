import { toTime } from '../lib/clock.ts';
import type { core } from '../kinds/index.ts';
import { isDeleting } from '../meta/owner.ts';
import { newest, type ObservedContainer, type ObservedPod } from './observed.ts';
import type { Waiting } from './plan.ts';
import { actualResources } from './resize/actual.ts';
import type { ProbeResults } from './probes/machine.ts';
import { isFinished, type Role, shouldStart } from './restart.ts';

type Status = core.ContainerStatus;
type State = core.ContainerState;

export type ContainerStatusInput = {
  pod: core.Pod;
  seen: ObservedPod;
  probes: ProbeResults;
  /** Why containers that should run do not: from the last attempt to start them. */
  reasons: ReadonlyMap<string, Waiting>;
  /** Container ids whose postStart hook has not ended. */
  starting: ReadonlySet<string>;
  /** Container ids that are being stopped to start again: the end of one is told together with the start of the next. */
  restarting?: ReadonlySet<string>;
};

const idOf = (id: string): string => `docker://${id}`;

/** The status of one container (kubelet_pods.convertToAPIContainerStatuses); `old` is what was last said of it. */
export function containerStatus(input: ContainerStatusInput, container: core.Container, role: Role, old: Status | undefined): Status {
  const { pod, seen, reasons, starting } = input;
  // One that is made but not started shows nothing new yet, nor does one whose postStart hook has not ended.
  const all = seen.containers.filter((it) => it.name === container.name && it.state !== 'created' && !starting.has(it.id));
  const last = all[0];
  if (old && last?.state === 'exited' && input.restarting?.has(last.id)) return old;
  const status = last ? seenStatus(last, all[1], container, old) : unseenStatus(input, container, role, old);
  const ended = role === 'init' && last?.state === 'exited' && last.exitCode === 0;
  const reason = reasons.get(container.name);
  // What is to be started again waits, once it is known what for.
  if (!ended && reason && !isFinished(pod.status?.phase) && shouldStart(pod, container, seen)) {
    if (status.state?.terminated) status.lastState = status.state;
    status.state = { waiting: { reason: reason.reason, ...(reason.message && { message: reason.message }) } };
  }
  return { ...status, ...health(input, container, role, status, last) };
}

function seenStatus(
  last: ObservedContainer,
  before: ObservedContainer | undefined,
  container: core.Container,
  old: Status | undefined,
): Status {
  const lastState: State | undefined = before?.state === 'exited' ? { terminated: terminated(before) } : lastOf(old, idOf(last.id));
  return {
    ...base(container),
    ...(last.state === 'running' && last.limits && { resources: actualResources(container.resources ?? {}, last.limits) }),
    restartCount: last.attempt,
    image: container.image || last.image,
    imageID: last.imageRef,
    containerID: idOf(last.id),
    state: stateOf(last),
    ...(lastState && { lastState }),
  };
}

const stateOf = (it: ObservedContainer): State =>
  it.state === 'running' ? { running: { startedAt: toTime(it.startedAt) } } : { terminated: terminated(it) };

/** The engine no longer has the run before; what was said of it stays true. */
function lastOf(old: Status | undefined, id: string): State | undefined {
  if (!old) return undefined;
  if (old.containerID !== id && old.state?.terminated) return { terminated: old.state.terminated };
  if (old.containerID !== undefined && old.containerID !== id && old.state?.running) return { terminated: lost(old) };
  return old.lastState?.terminated ? old.lastState : undefined;
}

function terminated(it: ObservedContainer): core.ContainerStateTerminated {
  return {
    exitCode: it.exitCode,
    reason: it.reason,
    ...(it.message && { message: it.message }),
    startedAt: toTime(it.startedAt),
    finishedAt: toTime(it.finishedAt),
    containerID: idOf(it.id),
  };
}

const lost = (old: Status): core.ContainerStateTerminated => ({
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was deleted.  The container used to be Running',
  ...(old.containerID && { containerID: old.containerID }),
});

/** The engine has no such container: it never was, or someone removed it. */
function unseenStatus({ pod, seen }: ContainerStatusInput, container: core.Container, role: Role, old: Status | undefined): Status {
  const waiting = { waiting: { reason: pod.spec.initContainers?.length ? 'PodInitializing' : 'ContainerCreating' } };
  const fresh: Status = { ...base(container), restartCount: 0, image: container.image ?? '', imageID: '', state: waiting };
  if (role === 'init' && !old?.state?.terminated && pod.spec.containers.some((it) => newest(seen, it.name))) {
    const message = 'Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally';
    return { ...fresh, restartCount: old?.restartCount ?? 0, state: { terminated: { exitCode: 0, reason: 'Completed', message } } };
  }
  if (!old) return fresh;
  if (old.state?.terminated) return { ...old, ...base(container) };
  const kept = { ...fresh, restartCount: old.restartCount, ...(old.lastState && { lastState: old.lastState }) };
  if (!old.state?.running) return kept;
  return { ...kept, lastState: { terminated: lost(old) }, restartCount: old.restartCount + (isDeleting(pod) ? 0 : 1) };
}

/** What follows from the manifest alone. */
function base(
  container: core.Container,
): Pick<Status, 'name' | 'ready' | 'resources' | 'allocatedResources' | 'volumeMounts' | 'stopSignal'> {
  const mounts = (container.volumeMounts ?? []).map((it) => ({
    name: it.name,
    mountPath: it.mountPath,
    ...(it.readOnly && { readOnly: true, recursiveReadOnly: it.recursiveReadOnly === 'Enabled' ? 'Enabled' : 'Disabled' }),
  }));
  return {
    name: container.name,
    ready: false,
    resources: container.resources ?? {},
    ...(container.resources?.requests && { allocatedResources: container.resources.requests }),
    ...(mounts.length > 0 && { volumeMounts: mounts }),
    ...(container.lifecycle?.stopSignal && { stopSignal: container.lifecycle.stopSignal }),
  };
}

function health(
  { probes, starting }: ContainerStatusInput,
  container: core.Container,
  role: Role,
  status: Status,
  last: ObservedContainer | undefined,
): Pick<Status, 'ready' | 'started'> {
  const results = last && probes.get(last.id);
  const runs = status.state?.running !== undefined && last !== undefined;
  if (role === 'init') return { ready: status.state?.terminated?.exitCode === 0, started: runs };
  if (role === 'ephemeral') return { ready: false };
  const started = runs && !starting.has(last.id) && (!container.startupProbe || results?.startup === 'success');
  return { ready: started && (!container.readinessProbe || results?.readiness === 'success'), started };
}
