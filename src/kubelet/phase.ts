import type { core } from '../kinds/index.ts';
import { isSidecar, restartsAfter } from './restart.ts';

type Statuses = ReadonlyMap<string, core.ContainerStatus>;
export type Phase = NonNullable<core.PodStatus['phase']>;

/** The exit code a container rests on: of its last run, if it is not running and has ever run. */
const lastExit = (it: core.ContainerStatus | undefined): number | undefined => {
  if (!it || it.state?.running) return undefined;
  return (it.state?.terminated ?? it.lastState?.terminated)?.exitCode;
};

/**
 * The pod's phase from the states of its containers (kubelet_pods.getPhase). `over`: nothing of it will be started
 * again. `initialized`: an app container of it has run.
 */
export function phaseOf(pod: core.Pod, statuses: Statuses, { over, initialized }: { over: boolean; initialized: boolean }): Phase {
  let pending = false;
  let running = 0;
  for (const container of pod.spec.initContainers ?? []) {
    const status = statuses.get(container.name);
    if (isSidecar(container)) {
      if (status?.state?.running) running++;
      const waits = status?.state?.waiting !== undefined && lastExit(status) === undefined;
      if (waits) return over ? 'Failed' : 'Pending';
      if (!initialized && status?.state?.running && !status.started) pending = true;
      continue;
    }
    const code = lastExit(status);
    if (code === undefined) pending = true;
    else if (code !== 0 && (over || !restartsAfter(pod, container, code))) return 'Failed';
    else if (status?.state?.waiting && code !== 0) pending = true;
  }
  const codes: number[] = [];
  let waiting = 0;
  let restarting = false;
  for (const container of pod.spec.containers) {
    const status = statuses.get(container.name);
    const code = lastExit(status);
    if (status?.state?.running) running++;
    else if (code === undefined) waiting++;
    else {
      codes.push(code);
      restarting ||= restartsAfter(pod, container, code);
    }
  }
  // Ended by us before all of it had run: it can only have failed.
  if (over && running === 0 && (pending || waiting > 0)) return 'Failed';
  if (pending || waiting > 0) return 'Pending';
  if (running > 0) return 'Running';
  if (!over && restarting) return 'Running';
  return codes.every((it) => it === 0) ? 'Succeeded' : 'Failed';
}
