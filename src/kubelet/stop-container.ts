import { type Milliseconds, seconds, sleep } from '../lib/clock.ts';
import type { core } from '../kinds/index.ts';
import { messageOf } from './faults.ts';
import { runHook } from './hooks.ts';
import { containerPath } from './names.ts';
import { newest, type ObservedPod, runningSandbox } from './observed.ts';
import type { Parts } from './parts.ts';
import { containersOf } from './restart.ts';
import { passed } from './steps.ts';

type Pod = core.Pod;
/** How containers of a pod are brought to an end. */
export type Ending = {
  graceSeconds: number;
  /** Aborts when there is no more time: hooks are left, containers killed. */
  hurry: AbortSignal;
};

// Even a container whose hook used up its grace gets this to end by itself.
const leastGrace = 2;

/**
 * Runs preStop within the grace period, waits for its turn, then asks the container to end, then kills it. Resolves
 * when it has ended.
 */
export async function stopContainer(
  parts: Parts,
  pod: Pod,
  it: { id: string; name: string; message?: string; turn?: Promise<unknown> },
  { graceSeconds, hurry }: Ending,
): Promise<void> {
  const { runtime, clock, recorder, observer } = parts;
  const container = containersOf(pod).find((one) => one.container.name === it.name)?.container;
  recorder.record(pod, 'Normal', 'Killing', it.message ?? `Stopping container ${it.name}`, { fieldPath: containerPath(pod, it.name) });
  const began = clock.now();
  const hook = container?.lifecycle?.preStop;
  if (container && hook && graceSeconds > 0) await preStop(parts, pod, { id: it.id, container, hook }, { graceSeconds, hurry });
  await passed(parts, pod.metadata.uid, 'preStop done');
  const rest = (): number => Math.ceil(graceSeconds - (clock.now() - began) / 1000);
  if (it.turn) await within(parts, it.turn, seconds(rest()), hurry);
  const left = Math.max(Math.min(leastGrace, graceSeconds), rest());
  const kill = (): void =>
    void runtime.containers
      .kill(it.id, 'SIGKILL')
      .catch((error: unknown) => parts.log.warn('container could not be killed', { container: it.name, error }));
  if (hurry.aborted) kill();
  hurry.addEventListener('abort', kill, { once: true });
  try {
    await runtime.containers.stop(it.id, left);
  } finally {
    hurry.removeEventListener('abort', kill);
  }
  await passed(parts, pod.metadata.uid, 'container stopped');
  await observer.refresh(pod.metadata.uid, it.id);
}

async function preStop(
  parts: Parts,
  pod: Pod,
  it: { id: string; container: core.Container; hook: core.LifecycleHandler },
  ending: Ending,
): Promise<void> {
  const address = runningSandbox(parts.observer.pods.pod(pod.metadata.uid))?.address ?? parts.config.nodeAddress;
  const over = new AbortController();
  const limit: Milliseconds = seconds(ending.graceSeconds);
  try {
    await Promise.race([
      runHook(parts, pod, it.hook, { id: it.id, address, container: it.container }, over.signal),
      sleep(parts.clock, limit, AbortSignal.any([over.signal, ending.hurry])),
    ]);
  } catch (error) {
    parts.log.info('preStop hook failed', { pod: pod.metadata.name, container: it.container.name, error: messageOf(error) });
    parts.recorder.record(pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', { fieldPath: containerPath(pod, it.container.name) });
  } finally {
    over.abort();
  }
}

/** Resolves with `turn`, or when there is no more time to wait for it. */
async function within({ clock }: Parts, turn: Promise<unknown>, span: Milliseconds, hurry: AbortSignal): Promise<void> {
  const over = new AbortController();
  if (span > 0) await Promise.race([turn, sleep(clock, span, AbortSignal.any([over.signal, hurry]))]);
  over.abort();
}

/** Traffic moves in milliseconds; what goes wrong there must not keep a pod from ending. */
const handOverTime = seconds(2);

/** A server that is told to end takes no new connections: by then none should be led to it any more. */
async function handOver({ withdrawn, clock }: Parts, { status }: Pod, hurry: AbortSignal): Promise<void> {
  if (!withdrawn || !status?.podIP) return;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, hurry]);
  await Promise.race([withdrawn(status.podIP, signal), sleep(clock, handOverTime, signal)]);
  over.abort();
}

/**
 * Stops everything of a pod that runs: all at once, but a sidecar ends only after the containers that may need it: the
 * others, and the sidecars behind it in the manifest (kuberuntime's termination order). Its preStop hook does not wait.
 * The grace period is one for all of it.
 */
export async function stopContainers(parts: Parts, pod: Pod, seen: ObservedPod, ending: Ending): Promise<void> {
  if (pod.metadata.deletionTimestamp && ending.graceSeconds > 0) await handOver(parts, pod, ending.hurry);
  const running = containersOf(pod).flatMap(({ container: { name }, role }) => {
    const last = newest(seen, name);
    return last?.state === 'running' ? [{ id: last.id, name, role }] : [];
  });
  const begun = running.filter((it) => it.role !== 'sidecar').map((it) => stopContainer(parts, pod, it, ending));
  for (const it of running.filter(({ role }) => role === 'sidecar').reverse())
    begun.push(stopContainer(parts, pod, { ...it, turn: Promise.allSettled(begun) }, ending));
  await Promise.all(begun);
}
