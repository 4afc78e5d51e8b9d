import type { core } from '../kinds/index.ts';
import { Interrupted, messageOf, NotStarted, unlessInterrupted } from './faults.ts';
import { containerPath, podTitle } from './names.ts';
import { type ObservedPod, type ObservedSandbox, runningSandbox } from './observed.ts';
import type { Parts } from './parts.ts';
import type { PodPlan, Waiting } from './plan.ts';
import type { PreparedVolume } from './mounts.ts';
import { containersOf } from './restart.ts';
import { resizeContainers } from './resize/act.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';
import { createContainer, type StartContext, startContainer } from './start-container.ts';
import { passed } from './steps.ts';
import { stopContainer, stopContainers } from './stop-container.ts';

type Pod = core.Pod;

/** What the worker of a pod lets its plan change. */
export type PodWork = {
  pod: Pod;
  /** Why containers that should run do not. */
  reasons: Map<string, Waiting>;
  /** Containers whose postStart hook has not ended. */
  hooksOpen: Set<string>;
  /** Containers that are being stopped to start again. */
  restarting: Set<string>;
  /** How often a container has been started before, by what was last said of it. */
  restartsOf(name: string): number;
  publish(): void;
  /** What running containers may use could not be changed. */
  resizeFailed(message: string): void;
  hostFile: string;
  /** Aborts when the pod is to go: nothing more is started. */
  signal: AbortSignal;
  /** Aborts when its grace period is over: what still runs is killed. */
  hurry: AbortSignal;
};

/** Carries a plan out. Resolves with false when something did not work and is to be tried again. Fails with Interrupted. */
export async function applyPlan(parts: Parts, work: PodWork, plan: PodPlan): Promise<boolean> {
  for (const it of plan.kill) if (plan.start.includes(it.name)) work.restarting.add(it.id);
  try {
    return await carryOut(parts, work, plan);
  } finally {
    work.restarting.clear();
  }
}

async function carryOut(parts: Parts, work: PodWork, plan: PodPlan): Promise<boolean> {
  const { pod, reasons } = work;
  const seen = parts.observer.pods.pod(pod.metadata.uid);
  await stopWhatMust(parts, work, plan, seen);
  const fault = await resizeContainers(parts, pod, plan.resize);
  if (fault !== undefined) work.resizeFailed(fault);
  for (const [name, why] of plan.backOff) {
    reasons.set(name, why);
    const message = `Back-off restarting failed container ${name} in pod ${podTitle(pod)}`;
    parts.recorder.record(pod, 'Warning', 'BackOff', message, { fieldPath: containerPath(pod, name) });
  }
  if (plan.start.length === 0 && !plan.createSandbox) return fault === undefined;
  work.publish();
  const volumes = await prepareVolumes(parts, work);
  if (!volumes) return false;
  return startContainers(parts, work, plan, volumes);
}

async function stopWhatMust(parts: Parts, { pod, hurry }: PodWork, plan: PodPlan, seen: ObservedPod): Promise<void> {
  const grace = pod.spec.terminationGracePeriodSeconds ?? 30;
  if (!plan.killPod) {
    await Promise.all(plan.kill.map((it) => stopContainer(parts, pod, it, { graceSeconds: it.graceSeconds ?? grace, hurry })));
    return;
  }
  if (plan.sandboxChanged) parts.recorder.record(pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
  await stopContainers(parts, pod, seen, { graceSeconds: grace, hurry });
  await Promise.all(seen.sandboxes.map((it) => dropSandbox(parts, pod, it)));
  // Initialisation begins anew with a new sandbox.
  if (plan.createSandbox) {
    const names = new Set((pod.spec.initContainers ?? []).map((it) => it.name));
    await Promise.all(seen.containers.filter((it) => names.has(it.name)).map((it) => removeContainer(parts, pod.metadata.uid, it.id)));
  }
}

/** Removes a sandbox and gives its address back. */
export async function dropSandbox(parts: Parts, pod: { metadata: { uid: string } }, sandbox: ObservedSandbox): Promise<void> {
  await removeContainer(parts, pod.metadata.uid, sandbox.id);
  if (sandbox.address === undefined) return;
  parts.addresses.release(sandbox.address);
  await passed(parts, pod.metadata.uid, 'address released');
}

export async function removeContainer(parts: Parts, uid: string, id: string): Promise<void> {
  const { observer, runtime } = parts;
  observer.expectRemoval(id);
  await runtime.containers.remove(id);
  observer.pods.drop(uid, id);
  await passed(parts, uid, 'container removed');
}

async function prepareVolumes(parts: Parts, { pod, signal }: PodWork): Promise<ReadonlyMap<string, PreparedVolume> | undefined> {
  try {
    const volumes = await unlessInterrupted(parts.volumes.prepare(pod), signal);
    await passed(parts, pod.metadata.uid, 'volumes prepared');
    return volumes;
  } catch (error) {
    if (signal.aborted) throw error;
    parts.recorder.record(pod, 'Warning', 'FailedMount', messageOf(error));
    return undefined;
  }
}

/** Urgent pods first; among equals, what brings a begun pod to its end before what begins another. */
const orderOf = (pod: Pod, step: 'container' | 'sandbox'): readonly number[] => [-(pod.spec.priority ?? 0), step === 'container' ? 0 : 1];

async function startContainers(parts: Parts, work: PodWork, plan: PodPlan, volumes: ReadonlyMap<string, PreparedVolume>): Promise<boolean> {
  const { pod, signal, reasons } = work;
  let begun: Started[] = [];
  let sandbox: Sandbox;
  try {
    // The containers are made while the sandbox starts: that takes the engine no longer than the start alone.
    sandbox = await inSandbox(parts, work, plan, volumes, (made) => {
      begun = plan.start.map((name) => begin(parts, work, name, made, volumes));
    });
  } catch (error) {
    await Promise.allSettled(begun.map((it) => it.created));
    if (signal.aborted) throw error;
    parts.recorder.record(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${messageOf(error)}`);
    return false;
  }
  let allWell = true;
  const run = async (it: Started): Promise<void> => {
    const { name } = it.container;
    let id = '';
    try {
      id = await it.created;
      await parts.gate.run(orderOf(pod, 'container'), async () => {
        if (signal.aborted) return;
        // The new run may have been seen already, as made: what counts is the last that ended.
        const ended = parts.observer.pods.pod(pod.metadata.uid).containers.find((one) => one.name === name && one.state === 'exited');
        if (ended) parts.backOff.started(`${pod.metadata.uid}/${name}`, ended.finishedAt, parts.clock.now());
        it.running = startContainer(parts, pod, it.container, id, it.context);
        await Promise.race([it.running, it.started]);
      });
      await it.running;
      reasons.delete(name);
    } catch (error) {
      if (signal.aborted) return;
      allWell = false;
      if (!(error instanceof NotStarted)) throw error;
      reasons.set(name, { reason: error.reason, message: error.message });
      // Seen only now: that it ended and why it is to start again are one piece of news.
      if (error.container !== undefined) await parts.observer.refresh(pod.metadata.uid, error.container);
    } finally {
      work.hooksOpen.delete(id);
      work.publish();
    }
  };
  const runs: Promise<void>[] = [];
  for (const it of begun) {
    const one = run(it);
    runs.push(one);
    // The next container starts after this one's postStart hook, as upstream.
    if (it.container.lifecycle?.postStart) await one.catch(() => {});
  }
  await sandbox.seen;
  const faults = (await Promise.allSettled(runs)).filter((it) => it.status === 'rejected');
  if (faults[0]) throw faults[0].reason;
  await prune(parts, pod);
  return allWell;
}

type Started = {
  container: core.Container;
  created: Promise<string>;
  context: StartContext;
  running: Promise<void> | undefined;
  started: Promise<void>;
};

function begin(parts: Parts, work: PodWork, name: string, sandbox: Sandbox, volumes: ReadonlyMap<string, PreparedVolume>): Started {
  const container = containersOf(work.pod).find((it) => it.container.name === name)?.container as core.Container;
  let running = (): void => {};
  const started = new Promise<void>((resolve) => {
    running = resolve;
  });
  const context: StartContext = {
    sandbox,
    volumes,
    restartsBefore: work.restartsOf(name),
    signal: work.signal,
    hurry: work.hurry,
    onRunning: (id) => {
      if (container.lifecycle?.postStart) work.hooksOpen.add(id);
      else work.reasons.delete(name);
      running();
    },
  };
  const created = createContainer(parts, work.pod, container, context);
  // Looked at later, when the sandbox runs.
  created.catch(() => {});
  return { container, created, context, running: undefined, started };
}

/** The pod's sandbox, running; `meanwhile` is called as soon as containers can be made in it. */
async function inSandbox(
  parts: Parts,
  { pod, signal, hostFile }: PodWork,
  plan: PodPlan,
  volumes: ReadonlyMap<string, PreparedVolume>,
  meanwhile: (sandbox: Sandbox) => void,
): Promise<Sandbox> {
  const running = runningSandbox(parts.observer.pods.pod(pod.metadata.uid));
  if (!plan.createSandbox && running) {
    const sandbox = {
      id: running.id,
      address: running.address ?? parts.config.nodeAddress,
      started: Promise.resolve(),
      seen: Promise.resolve(),
    };
    meanwhile(sandbox);
    return sandbox;
  }
  return parts.gate.run(orderOf(pod, 'sandbox'), async () => {
    if (signal.aborted) throw new Interrupted();
    const sandbox = await createSandbox(parts, pod, plan.sandboxAttempt, volumes, hostFile);
    meanwhile(sandbox);
    await sandbox.started;
    return sandbox;
  });
}

/** Of each container the last run stays, for its logs, besides the current one. */
async function prune(parts: Parts, pod: Pod): Promise<void> {
  const { uid } = pod.metadata;
  const seen = parts.observer.pods.pod(uid);
  const counts = new Map<string, number>();
  const old = seen.containers.filter((it) => {
    const count = (counts.get(it.name) ?? 0) + 1;
    counts.set(it.name, count);
    return count > 2 && it.state === 'exited';
  });
  await Promise.all(old.map((it) => removeContainer(parts, uid, it.id)));
}
