import type { ContainerState, ResourceLimits } from '../runtime/index.ts';
import { label, sandboxName } from './names.ts';

/** One container of a pod as the engine has it: what status and plan are computed from. */
export type ObservedContainer = {
  id: string;
  name: string;
  attempt: number;
  /** The id of the sandbox it was made in. */
  sandbox: string;
  /** A container that could not be started counts as exited, as upstream's runtimes report it. */
  state: 'created' | 'running' | 'exited';
  image: string;
  imageRef: string;
  /** Milliseconds since 1970; 0 when it has not happened. */
  createdAt: number;
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  reason: string;
  message: string;
  /** What it may use now, by what the engine says. */
  limits?: ResourceLimits;
  /** The image its manifest asked for when it was made; absent when its maker did not note that. */
  asked?: string;
};

export type ObservedSandbox = {
  id: string;
  attempt: number;
  state: 'created' | 'running' | 'exited';
  createdAt: number;
  /** Absent for pods in the host's network. */
  address: string | undefined;
};

/** Newest first. */
export type ObservedPod = { sandboxes: readonly ObservedSandbox[]; containers: readonly ObservedContainer[] };

export const nothingObserved: ObservedPod = { sandboxes: [], containers: [] };

export const newest = (seen: ObservedPod, name: string): ObservedContainer | undefined => seen.containers.find((it) => it.name === name);

export const runningSandbox = (seen: ObservedPod): ObservedSandbox | undefined => seen.sandboxes.find((it) => it.state === 'running');

const neverStarted = (it: ContainerState): boolean => it.status === 'created' && it.error !== '';

export function observeContainer(it: ContainerState, message: string): ObservedContainer {
  const failed = neverStarted(it) || (it.status === 'exited' && it.startedAt === 0);
  const exited = it.status === 'exited' || failed;
  return {
    id: it.id,
    name: it.labels[label.container] ?? '',
    attempt: attemptOf(it),
    sandbox: it.labels[label.sandbox] ?? '',
    state: exited ? 'exited' : it.status === 'created' ? 'created' : 'running',
    image: it.image,
    imageRef: it.labels[label.imageRef] ?? it.imageId,
    createdAt: it.createdAt,
    startedAt: it.startedAt,
    finishedAt: exited ? it.finishedAt || it.createdAt : 0,
    // 128 is what upstream's runtimes give a container that never ran, whatever the engine's own code.
    exitCode: failed ? 128 : it.exitCode,
    reason: exited ? endReason(it, failed) : '',
    message: failed ? it.error : message,
    limits: it.limits,
    ...(it.labels[label.image] !== undefined && { asked: it.labels[label.image] }),
  };
}

function endReason(it: ContainerState, failed: boolean): string {
  if (failed) return 'StartError';
  // The engine also says oomKilled when only a child of the main process was killed and that one ended well.
  if (it.oomKilled && it.exitCode !== 0) return 'OOMKilled';
  return it.exitCode === 0 ? 'Completed' : 'Error';
}

const attemptOf = (it: ContainerState): number => Number(it.labels[label.attempt] ?? 0);

const observeSandbox = (it: ContainerState): ObservedSandbox => ({
  id: it.id,
  attempt: attemptOf(it),
  state: it.status === 'created' ? 'created' : it.status === 'exited' ? 'exited' : 'running',
  createdAt: it.createdAt,
  address: it.labels[label.address],
});

export const isSandbox = (it: { labels: Readonly<Record<string, string>> }): boolean => it.labels[label.container] === sandboxName;

const newestFirst = (a: { createdAt: number; attempt: number }, b: { createdAt: number; attempt: number }): number =>
  b.attempt - a.attempt || b.createdAt - a.createdAt;

/** The engine's containers by pod, kept in step by what is put in and taken out. */
export class ObservedPods {
  readonly #pods = new Map<string, Map<string, ContainerState>>();
  readonly #messages = new Map<string, string>();

  put(state: ContainerState): void {
    const uid = state.labels[label.podUid];
    if (!uid) return;
    let pod = this.#pods.get(uid);
    if (!pod) {
      pod = new Map();
      this.#pods.set(uid, pod);
    }
    pod.set(state.id, state);
  }

  drop(uid: string, id: string): void {
    this.#messages.delete(id);
    const pod = this.#pods.get(uid);
    pod?.delete(id);
    if (pod?.size === 0) this.#pods.delete(uid);
  }

  setMessage(id: string, message: string): void {
    this.#messages.set(id, message);
  }

  hasMessage(id: string): boolean {
    return this.#messages.has(id);
  }

  get(uid: string, id: string): ContainerState | undefined {
    return this.#pods.get(uid)?.get(id);
  }

  /** All states of one pod, sandboxes included. */
  states(uid: string): ContainerState[] {
    return [...(this.#pods.get(uid)?.values() ?? [])];
  }

  uids(): string[] {
    return [...this.#pods.keys()];
  }

  pod(uid: string): ObservedPod {
    const states = this.states(uid);
    if (states.length === 0) return nothingObserved;
    return {
      sandboxes: states.filter(isSandbox).map(observeSandbox).sort(newestFirst),
      containers: states
        .filter((it) => !isSandbox(it))
        .map((it) => observeContainer(it, this.#messages.get(it.id) ?? ''))
        .sort(newestFirst),
    };
  }
}
