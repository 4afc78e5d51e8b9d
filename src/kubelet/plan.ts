import type { Milliseconds } from '../lib/clock.ts';
import { goDuration } from '../lib/go-duration.ts';
import type { core } from '../kinds/index.ts';
import { podTitle } from './names.ts';
import { planResize } from './resize/plan.ts';
import type { ResourceLimits } from '../runtime/index.ts';
import { newest, type ObservedContainer, type ObservedPod } from './observed.ts';
import type { ProbeResults } from './probes/machine.ts';
import { containersOf, isSidecar, restartsAfter, shouldStart } from './restart.ts';

type Pod = core.Pod;
type Container = core.Container;

/** Everything a plan is made from. */
export type PlanInput = {
  pod: Pod;
  seen: ObservedPod;
  probes: ProbeResults;
  /** What a container is given to use. */
  limitsFor(container: Container): ResourceLimits;
  /** When a container that ended at `endedAt` may start again, if it must wait. */
  waits(container: string, endedAt: Milliseconds): { until: Milliseconds; delay: Milliseconds } | undefined;
};

export type Kill = {
  id: string;
  name: string;
  message: string;
  /** Less or more than the pod grants: the probe that failed says so. */
  graceSeconds?: number;
  /** It starts again with what it was resized to. */
  resizes?: true;
};
export type Resize = { id: string; name: string; limits: ResourceLimits };
export type Waiting = { reason: string; message: string };

/** What to do for a pod that should run. */
export type PodPlan = {
  /** A sandbox must be made (or, made but never started, started) before anything else. */
  createSandbox: boolean;
  sandboxAttempt: number;
  /** The pod had a sandbox and lost it. */
  sandboxChanged: boolean;
  /** Everything of the pod must stop first: its sandbox is lost, or nothing is left to run. */
  killPod: boolean;
  kill: readonly Kill[];
  /** Running containers that may use something else from now on: who gets less comes first. */
  resize: readonly Resize[];
  /** Names, in order. Init containers: at most the next one, besides sidecars that must come back. */
  start: readonly string[];
  /** Containers that wait out their back-off. */
  backOff: ReadonlyMap<string, Waiting>;
  /** The earliest end of a back-off. */
  wakeAt: Milliseconds | undefined;
};

/** Decides what a pod needs next (kuberuntime's computePodActions). Pure: the same input gives the same plan. */
export function planPod(input: PlanInput): PodPlan {
  const { pod, seen } = input;
  const sandbox = sandboxState(pod, seen);
  if (sandbox.missing) return planSandbox(input, sandbox);
  const kill: Kill[] = [];
  const resize: Resize[] = [];
  const init = planInit(input, kill, resize);
  if (init.failed) return finish(input, { ...keep, sandboxAttempt: sandbox.attempt, killPod: true }, []);
  const start = [...ephemeralToStart(input), ...init.start];
  if (!init.done) return finish(input, { ...keep, sandboxAttempt: sandbox.attempt, kill, resize }, start);

  let kept = 0;
  const apps: string[] = [];
  for (const container of pod.spec.containers) {
    const last = newest(seen, container.name);
    if (last?.state !== 'running') {
      if (shouldStart(pod, container, seen)) apps.push(container.name);
      continue;
    }
    const stop = reasonToStop(input, container, last);
    if (!stop) {
      kept++;
      pushResize(input, container, last, resize);
      continue;
    }
    // 137: what the kill will make of it.
    const restart = stop.always || restartsAfter(pod, container, 137);
    kill.push(killOf(last, stop, restart));
    if (restart) apps.push(container.name);
  }
  // Sidecars alone do not keep a pod alive.
  if (kept === 0 && apps.length === 0) return finish(input, { ...keep, sandboxAttempt: sandbox.attempt, killPod: true }, []);
  return finish(input, { ...keep, sandboxAttempt: sandbox.attempt, kill, resize: lessFirst(seen, resize) }, [...start, ...apps]);
}

const keep = {
  createSandbox: false,
  sandboxChanged: false,
  killPod: false,
  kill: [] as readonly Kill[],
  resize: [] as readonly Resize[],
};

type SandboxState = { missing: boolean; attempt: number; lost: boolean };

function sandboxState(pod: Pod, seen: ObservedPod): SandboxState {
  const running = seen.sandboxes.filter((it) => it.state === 'running');
  const last = seen.sandboxes[0];
  if (!last) return { missing: true, attempt: 0, lost: seen.containers.length > 0 };
  if (running.length > 1 || last.state === 'exited') return { missing: true, attempt: last.attempt + 1, lost: true };
  // Made, but this process ended before it was started: no loss.
  if (last.state === 'created') return { missing: true, attempt: last.attempt, lost: false };
  if (!pod.spec.hostNetwork && !last.address) return { missing: true, attempt: last.attempt + 1, lost: true };
  return { missing: false, attempt: last.attempt, lost: false };
}

/** Without a sandbox everything begins anew, unless the pod is over. */
function planSandbox(input: PlanInput, sandbox: SandboxState): PodPlan {
  const { pod, seen } = input;
  const over = { ...keep, sandboxAttempt: sandbox.attempt, killPod: true };
  const neverAgain =
    (pod.spec.restartPolicy ?? 'Always') === 'Never' && !pod.spec.containers.some((it) => it.restartPolicy || it.restartPolicyRules);
  const ran = seen.containers.some((it) => it.state !== 'created');
  if (neverAgain && sandbox.lost && ran) return finish(input, over, []);
  const apps = pod.spec.containers.filter((it) => {
    const last = newest(seen, it.name);
    return last?.state !== 'exited' || restartsAfter(pod, it, last.exitCode);
  });
  const initialized = pod.spec.containers.some((it) => newest(seen, it.name));
  if (apps.length === 0 && initialized) return finish(input, over, []);
  const begin = {
    createSandbox: true,
    sandboxAttempt: sandbox.attempt,
    sandboxChanged: sandbox.lost,
    killPod: sandbox.lost,
    kill: [],
    resize: [],
  };
  const first = pod.spec.initContainers?.[0];
  return finish(input, begin, first ? [first.name] : apps.map((it) => it.name));
}

/** An app container was made in the sandbox that is there now; one of an earlier sandbox says nothing of this one's initialisation. */
const hasBegun = (pod: Pod, seen: ObservedPod): boolean =>
  pod.spec.containers.some((it) => newest(seen, it.name)?.sandbox === seen.sandboxes[0]?.id);

type InitPlan = { done: boolean; failed: boolean; start: string[] };

/**
 * Which init containers to start. The last one that was ever made tells how far the pod has come; the ones before it
 * matter only as sidecars that must come back.
 */
function planInit(input: PlanInput, kill: Kill[], resize: Resize[]): InitPlan {
  const { pod, seen, probes } = input;
  const all = pod.spec.initContainers ?? [];
  const initialized = all.length === 0 || hasBegun(pod, seen);
  const start = new Set<number>();
  let reached: number | undefined;
  let done = initialized;
  for (let i = all.length - 1; i >= 0; i--) {
    const container = all[i] as Container;
    const last = newest(seen, container.name);
    if (!last) {
      // It was there, or what comes after it would not be: somebody removed it.
      if ((initialized || reached !== undefined) && isSidecar(container)) start.add(i);
      continue;
    }
    const furthest = !initialized && reached === undefined;
    reached ??= i;
    const next = (): void => {
      if (!furthest) return;
      if (i + 1 < all.length) start.add(i + 1);
      else done = true;
    };
    if (isSidecar(container)) {
      const stop = last.state === 'running' ? reasonToStop(input, container, last) : undefined;
      if (stop) kill.push(killOf(last, stop, true));
      else if (last.state === 'running') pushResize(input, container, last, resize);
      if (stop || last.state !== 'running') start.add(i);
      else if (!container.startupProbe || probes.get(last.id)?.startup === 'success') next();
      continue;
    }
    if (!furthest || last.state === 'running') continue;
    if (last.state === 'created') start.add(i);
    else if (last.exitCode === 0) next();
    else if (restartsAfter(pod, container, last.exitCode)) start.add(i);
    else return { done: false, failed: true, start: [] };
  }
  if (!initialized && reached === undefined) start.add(0);
  return { done, failed: false, start: [...start].sort((a, b) => a - b).map((i) => (all[i] as Container).name) };
}

const ephemeralToStart = ({ pod, seen }: PlanInput): string[] =>
  containersOf(pod)
    .filter(({ container, role }) => role === 'ephemeral' && (newest(seen, container.name)?.state ?? 'created') === 'created')
    .map(({ container }) => container.name);

/** Why a running container must stop; `always`: to start again, whatever its restart policy says. */
type Stop = Pick<Kill, 'message' | 'graceSeconds' | 'resizes'> & { always: boolean };

function killOf({ id, name }: ObservedContainer, { always: _, message, ...how }: Stop, restart: boolean): Kill {
  return { id, name, message: restart && !how.resizes ? `${message}, will be restarted` : message, ...how };
}

function reasonToStop(input: PlanInput, container: Container, last: ObservedContainer): Stop | undefined {
  if (last.asked !== undefined && container.image !== undefined && last.asked !== container.image)
    return { message: `Container ${container.name} definition changed`, always: true };
  const failed = unhealthy(container, last, input.probes);
  if (failed) return failed;
  if (!planResize(container, last, input.limitsFor(container))?.restart) return undefined;
  return { message: `Container ${container.name} resize requires restart`, always: true, resizes: true };
}

function pushResize(input: PlanInput, container: Container, last: ObservedContainer, resize: Resize[]): void {
  const plan = planResize(container, last, input.limitsFor(container));
  if (plan) resize.push({ id: last.id, name: container.name, limits: plan.limits });
}

/** What some give back, others may need. */
function lessFirst(seen: ObservedPod, resize: readonly Resize[]): Resize[] {
  const growth = ({ name, limits }: Resize): number => (limits.memoryBytes ?? 0) - (newest(seen, name)?.limits?.memoryBytes ?? 0);
  return [...resize].sort((a, b) => growth(a) - growth(b));
}

function unhealthy(container: Container, last: ObservedContainer, probes: ProbeResults): Stop | undefined {
  const results = probes.get(last.id);
  const type = results?.liveness === 'failure' ? 'liveness' : results?.startup === 'failure' ? 'startup' : undefined;
  if (!type) return undefined;
  const graceSeconds = container[`${type}Probe`]?.terminationGracePeriodSeconds;
  const message = `Container ${container.name} failed ${type} probe`;
  return { message, always: false, ...(graceSeconds !== undefined && { graceSeconds }) };
}

type Draft = Omit<PodPlan, 'start' | 'backOff' | 'wakeAt'>;

/** Takes out of `candidates` those that must wait, counted from the end of their last run that did end. */
function finish(input: PlanInput, draft: Draft, candidates: readonly string[]): PodPlan {
  const start: string[] = [];
  const backOff = new Map<string, Waiting>();
  let wakeAt: Milliseconds | undefined;
  for (const name of candidates) {
    const ended = input.seen.containers.find((it) => it.name === name && it.state === 'exited');
    const wait = ended && input.waits(name, ended.finishedAt);
    if (!wait) {
      start.push(name);
      continue;
    }
    const message = `back-off ${goDuration(wait.delay)} restarting failed container=${name} pod=${podTitle(input.pod)}`;
    backOff.set(name, { reason: 'CrashLoopBackOff', message });
    if (wakeAt === undefined || wait.until < wakeAt) wakeAt = wait.until;
  }
  return { ...draft, start, backOff, wakeAt };
}
