import { type core, podRequests, qosClassOf } from '../../kinds/index.ts';
import { deepEqual } from '../../meta/copy.ts';
import type { Parts } from '../parts.ts';
import { type Allocation, allocatedPod, askedFor, firstAllocation } from './allocation.ts';
import { type Pending, roomFor } from './room.ts';

type Pod = core.Pod;
type Deps = Pick<Parts, 'allocations' | 'node' | 'recorder'>;
type Condition = Pick<core.PodCondition, 'type' | 'status' | 'reason' | 'message' | 'observedGeneration'>;
type Stage = { reason?: string; message?: string; generation: number };

/** The resize of one pod: what it was given, what it waits for, what is still to be brought about. */
export class PodResize {
  readonly #parts: Deps;
  readonly #uid: string;
  #allocation: Allocation;
  #pending: (Pending & Stage) | undefined;
  #progress: Stage | undefined;
  #source: Pod | undefined;
  #allocated: Pod | undefined;

  constructor(parts: Deps, pod: Pod) {
    this.#parts = parts;
    this.#uid = pod.metadata.uid;
    this.#allocation = firstAllocation(pod);
    this.#note(pod);
  }

  /** The pod with what it was given: the one to run. The same object as long as nothing changes. */
  allocated(pod: Pod): Pod {
    if (this.#allocated && this.#source === pod) return this.#allocated;
    this.#source = pod;
    this.#allocated = allocatedPod(pod, this.#allocation);
    return this.#allocated;
  }

  get conditions(): Condition[] {
    const condition = (type: string, { reason, message, generation }: Stage): Condition => ({
      type,
      status: 'True',
      ...(reason && { reason }),
      ...(message && { message }),
      observedGeneration: generation,
    });
    return [
      ...(this.#pending ? [condition('PodResizePending', this.#pending)] : []),
      ...(this.#progress ? [condition('PodResizeInProgress', this.#progress)] : []),
    ];
  }

  /**
   * Gives the pod what it asks for if the node has it; `wake` is called when the node may have it later. True when it
   * was given something else than it had.
   */
  decide(pod: Pod, wake: () => void): boolean {
    const asked = askedFor(pod);
    if (isSame(asked, this.#allocation)) {
      this.#pending = undefined;
      return false;
    }
    const { allocations, node, recorder } = this.#parts;
    const generation = pod.metadata.generation ?? 0;
    const why = roomFor(pod, this.allocated(pod), allocations.others(this.#uid), node.allocatable);
    if (why) {
      const waiter = { priority: pod.spec.priority ?? 0, isGuaranteed: qosClassOf(pod) === 'Guaranteed', wake };
      if (why.reason === 'Deferred') allocations.onceFree(this.#uid, waiter);
      const isNews = this.#pending?.reason !== why.reason || this.#pending.message !== why.message;
      if (isNews) recorder.record(pod, 'Warning', `Resize${why.reason}`, said(`Pod resize ${why.reason}`, pod, why.message));
      this.#pending = { ...why, generation };
      return false;
    }
    this.#pending = undefined;
    this.#progress = { generation };
    this.#allocation = asked;
    this.#allocated = undefined;
    this.#note(pod);
    recorder.record(pod, 'Normal', 'ResizeStarted', said('Pod resize started', pod));
    return true;
  }

  /** The engine has, or has not, what was given to the containers that run. */
  look(pod: Pod, isDone: boolean): void {
    if (isDone && this.#progress) {
      this.#parts.recorder.record(pod, 'Normal', 'ResizeCompleted', said('Pod resize completed', this.allocated(pod)));
      this.#progress = undefined;
    } else if (!isDone) this.#progress ??= { generation: pod.metadata.generation ?? 0 };
  }

  /** The engine would not. */
  failed(pod: Pod, message: string): void {
    const generation = this.#progress?.generation ?? pod.metadata.generation ?? 0;
    if (this.#progress?.message !== message)
      this.#parts.recorder.record(pod, 'Warning', 'ResizeError', said('Pod resize error', this.allocated(pod), message));
    this.#progress = { reason: 'Error', message, generation };
  }

  /** The pod has ended. */
  end(): void {
    this.#pending = undefined;
    this.#progress = undefined;
    this.#parts.allocations.release(this.#uid);
  }

  #note(pod: Pod): void {
    this.#parts.allocations.set(this.#uid, podRequests(this.allocated(pod).spec));
  }
}

const isSame = (a: Allocation, b: Allocation): boolean => [...a].every(([name, it]) => deepEqual(it, b.get(name)));

/** What an event tells of a resize, in upstream's form. */
function said(what: string, { spec, metadata }: Pod, error?: string): string {
  const listed = (list: readonly core.Container[] = []): object[] => list.map(({ name, resources = {} }) => ({ name, resources }));
  const sidecars = listed((spec.initContainers ?? []).filter((it) => it.restartPolicy === 'Always'));
  const summary = {
    ...(sidecars.length > 0 && { initContainers: sidecars }),
    containers: listed(spec.containers),
    generation: metadata.generation ?? 0,
    ...(error && { error }),
  };
  return `${what}: ${JSON.stringify(summary)}`;
}
