import { type Milliseconds, seconds } from '../lib/clock.ts';
import { type core, pod as podKind } from '../kinds/index.ts';
import { isTrue } from '../meta/condition.ts';
import { deepEqual } from '../meta/copy.ts';
import { isDeleting } from '../meta/owner.ts';
import type { Refusal } from './admission/refusal.ts';
import { applyPlan, dropSandbox, type PodWork, removeContainer } from './apply.ts';
import { Interrupted, messageOf } from './faults.ts';
import { podKey } from './names.ts';
import { newest, runningSandbox } from './observed.ts';
import type { Parts } from './parts.ts';
import { type PodPlan, planPod, type Waiting } from './plan.ts';
import { PodResize } from './resize/pod-resize.ts';
import { limitsOf } from './resources.ts';
import { removePodFiles } from './pod-files.ts';
import { groupName } from './pod-group.ts';
import type { ProbeSubject } from './probes/run.ts';
import { containersOf, isFinished } from './restart.ts';
import { ownConditions } from './conditions.ts';
import { type Failure, podStatus } from './status.ts';
import { createStatusWriter, type StatusWriter } from './status-writer.ts';
import { passed } from './steps.ts';
import { isStatic } from './static-pods/index.ts';
import { stopContainers } from './stop-container.ts';

type Pod = core.Pod;

// How long a pod that did not come up waits for its next try, as upstream's pod workers do.
const retryAfter = seconds(10);

/**
 * Brings one pod to what its spec says and tells what became of it. Anything may wake it at any time; it looks at
 * everything anew each time, and one thing is done at a time.
 */
export class PodWorker {
  readonly #parts: Parts;
  readonly #writer: StatusWriter;
  readonly #reasons = new Map<string, Waiting>();
  readonly #hooksOpen = new Set<string>();
  readonly #restarting = new Set<string>();
  readonly #acceptedAt: Milliseconds;
  readonly #onEnd: () => void;
  /** Running containers that were there before this process: what the API says of their health holds for now. */
  readonly #adopted: ReadonlySet<string>;
  readonly #resize: PodResize;
  #pod: Pod;
  #said: core.PodStatus | undefined;
  #busy = false;
  #again = false;
  readonly #leaving = new AbortController();
  readonly #hurry = new AbortController();
  #gone = false;
  #ended = false;
  #over = false;
  #settled = false;
  /** The pod is being stopped: what becomes of it is told when it has been, all at once, as upstream. */
  #quiet = false;
  /** The last word has been said: what is taken away after it is no news. */
  #silent = false;
  #failure: Failure | undefined;
  /** Seconds: less than the manifest grants, for pods that must go at once. */
  #graceLimit = Number.POSITIVE_INFINITY;
  #onSettled = (): void => {};
  #refused = false;
  #graceEndsAt: Milliseconds | undefined;
  #cancelTimer = (): void => {};
  #cancelHurry = (): void => {};
  #plan: PodPlan | undefined;

  /** `refusal`: why this node does not take the pod. */
  constructor(parts: Parts, pod: Pod, onEnd: () => void, refusal?: Refusal) {
    this.#parts = parts;
    this.#pod = pod;
    this.#resize = new PodResize(parts, pod);
    this.#onEnd = onEnd;
    this.#acceptedAt = parts.clock.now();
    this.#writer = createStatusWriter(parts, pod);
    this.#adopted = new Set(
      parts.observer.pods
        .pod(pod.metadata.uid)
        .containers.filter((it) => it.state === 'running')
        .map((it) => it.id),
    );
    if (isFinished(pod.status?.phase)) this.#ends();
    if (refusal) {
      parts.recorder.record(pod, 'Warning', refusal.reason, refusal.message);
      this.#failure = { reason: refusal.reason, message: `Pod was rejected: ${refusal.message}` };
      this.#refused = true;
    }
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** What it would do now, for the debug page. */
  get plan(): PodPlan | undefined {
    return this.#plan;
  }

  /** It has failed to start something, or waits for something to be mounted. */
  get struggles(): boolean {
    return this.#reasons.size > 0 || !this.#said || this.#said.phase === 'Pending';
  }

  /** It takes room on the node. */
  get counts(): boolean {
    return !this.#over && !this.#gone && !this.#failure;
  }

  /** It has, or will have, volumes that must follow what they are made from. */
  get mounts(): boolean {
    return !this.#over && !this.#leaving.signal.aborted;
  }

  /** The API has a newer pod. */
  update(pod: Pod): void {
    const before = this.#pod;
    this.#pod = pod;
    if (isDeleting(pod)) this.#leave(pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30);
    if (matters(before, pod)) this.wake();
    // While its node is silent a pod is called not ready, or lost, by others; the node, once back, says how it is.
    const isWronged = pod.status && ((this.#said && isReady(this.#said) && !isReady(pod.status)) || pod.status.reason === 'NodeLost');
    if (this.#said && !this.#silent && isWronged) this.#writer.push(this.#said);
  }

  /** The API has the pod no longer: everything of it goes, with hardly a grace. */
  removed(): void {
    this.#gone = true;
    this.#leave(this.#pod.metadata.deletionGracePeriodSeconds === 0 ? 0 : 1);
    this.wake();
  }

  /** Ends it soon, for the good of the node; `isPressure`: others need the room. Resolves when nothing of it runs. */
  evict(message: string, { isPressure, graceSeconds }: { isPressure: boolean; graceSeconds: number }): Promise<void> {
    if (!this.counts) return Promise.resolve();
    this.#parts.recorder.record(this.#pod, 'Warning', 'Evicted', message);
    this.#failure = { reason: 'Evicted', message, ...(isPressure && { disruption: message }) };
    this.#graceLimit = graceSeconds;
    this.#leaving.abort();
    const evicted = new Promise<void>((resolve) => {
      this.#onSettled = resolve;
    });
    this.wake();
    return evicted;
  }

  /** Whoever was told how it is knows no more. */
  retell(): void {
    if (this.#said && !this.#silent) this.#writer.push(this.#said);
  }

  wake(): void {
    if (this.#ended) return;
    if (this.#busy) {
      this.#again = true;
      // News shows at once, whatever is being waited for.
      this.#publish();
      return;
    }
    void this.#run();
  }

  stop(): void {
    this.#ended = true;
    this.#onSettled();
    this.#cancelTimer();
    this.#cancelHurry();
    this.#writer.stop();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    do {
      this.#again = false;
      try {
        await this.#sync();
      } catch (error) {
        // What was being done has no more use: the next round takes the pod down.
        if (error instanceof Interrupted) this.#again = true;
        else {
          this.#parts.log.warn('pod could not be synchronised', { pod: podKey(this.#pod), error: messageOf(error) });
          this.#wakeIn(retryAfter);
        }
      }
    } while (this.#again && !this.#ended);
    this.#busy = false;
  }

  async #sync(): Promise<void> {
    this.#cancelTimer();
    if (this.#gone || isDeleting(this.#pod)) return this.#terminate();
    this.#checkDeadline();
    if (this.#over || this.#failure) return this.#settle();
    if (this.#resize.decide(this.#pod, () => this.wake())) await passed(this.#parts, this.#pod.metadata.uid, 'resize granted');
    const plan = this.#makePlan();
    this.#plan = plan;
    this.#resize.look(this.#pod, plan.resize.length === 0 && !plan.kill.some((it) => it.resizes));
    this.#publish();
    if (plan.killPod && !plan.createSandbox) return this.#settle();
    const well = await applyPlan(this.#parts, this.#work(), plan);
    this.#publish();
    const now = this.#parts.clock.now();
    const times = [plan.wakeAt, this.#deadline(), well ? undefined : now + retryAfter * (1 + this.#parts.random.next() / 2)];
    const next = Math.min(...times.filter((it) => it !== undefined));
    if (Number.isFinite(next)) this.#wakeIn(next - now);
  }

  #makePlan(): PodPlan {
    const { observer, probes, backOff, clock } = this.#parts;
    const { uid } = this.#pod.metadata;
    const pod = this.#resize.allocated(this.#pod);
    return planPod({
      pod,
      limitsFor: (it) => limitsOf(pod, it, this.#parts.node.memoryBytes),
      seen: observer.pods.pod(uid),
      probes: probes.results,
      waits: (name, endedAt) => backOff.waits(`${uid}/${name}`, endedAt, clock.now()),
    });
  }

  #work(): PodWork {
    return {
      pod: this.#resize.allocated(this.#pod),
      resizeFailed: (message) => this.#resize.failed(this.#pod, message),
      reasons: this.#reasons,
      hooksOpen: this.#hooksOpen,
      restarting: this.#restarting,
      restartsOf: (name) => {
        const status = [...(this.#said?.containerStatuses ?? []), ...(this.#said?.initContainerStatuses ?? [])].find(
          (it) => it.name === name,
        );
        return (status?.restartCount ?? 0) + (status?.state?.terminated ? 1 : 0);
      },
      publish: () => this.#publish(),
      hostFile: this.#parts.node.hostFile,
      signal: this.#leaving.signal,
      hurry: this.#hurry.signal,
    };
  }

  #deadline(): Milliseconds | undefined {
    const limit = this.#pod.spec.activeDeadlineSeconds;
    const since = this.#said?.startTime ?? this.#pod.status?.startTime;
    return limit === undefined || since === undefined ? undefined : Date.parse(since) + seconds(limit);
  }

  #checkDeadline(): void {
    const deadline = this.#deadline();
    if (this.#over || this.#failure || deadline === undefined || this.#parts.clock.now() < deadline) return;
    this.#failure = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
    this.#parts.recorder.record(this.#pod, 'Normal', 'DeadlineExceeded', this.#failure.message);
  }

  /** Computes the status and has it written if it says something new. Keeps the probes in step. */
  #publish(): void {
    if (this.#ended) return;
    const { observer, probes, config, clock } = this.#parts;
    const pod = this.#resize.allocated(this.#pod);
    const seen = observer.pods.pod(pod.metadata.uid);
    probes.follow(pod.metadata.uid, this.#probed(), isDeleting(pod));
    if (this.#gone || this.#silent || this.#quiet) return;
    const status = podStatus({
      pod,
      seen,
      probes: probes.results,
      reasons: this.#reasons,
      starting: this.#hooksOpen,
      restarting: this.#restarting,
      old: this.#said ?? pod.status ?? {},
      nodeAddress: config.nodeAddress,
      acceptedAt: this.#acceptedAt,
      over: this.#over,
      failure: this.#failure,
      refused: this.#refused,
      resize: this.#resize.conditions,
      now: clock.now(),
    });
    if (deepEqual(status, this.#said)) return;
    this.#said = status;
    this.#writer.push(status);
  }

  #probed(): ProbeSubject[] {
    const { observer, config } = this.#parts;
    const seen = observer.pods.pod(this.#pod.metadata.uid);
    const address = this.#pod.spec.hostNetwork ? config.nodeAddress : runningSandbox(seen)?.address;
    if (address === undefined || this.#over) return [];
    return containersOf(this.#pod).flatMap(({ container, role }) => {
      const last = newest(seen, container.name);
      if (last?.state !== 'running' || role === 'init' || role === 'ephemeral') return [];
      const subject = { id: last.id, address, container, startedAt: last.startedAt, hooked: !this.#hooksOpen.has(last.id) };
      const known = this.#adopted.has(last.id) ? healthSaid(this.#pod, last.id) : undefined;
      return [known ? { ...subject, known } : subject];
    });
  }

  /** The pod has run its course: what still runs of it stops, its sandbox and address are given up; its containers stay for their logs. */
  async #settle(): Promise<void> {
    // Late news are still told: that it was the kernel that ended something may come after its end.
    if (this.#settled) return this.#publish();
    const { observer } = this.#parts;
    const { uid } = this.#pod.metadata;
    const grace = Math.min(this.#graceLimit, this.#pod.spec.terminationGracePeriodSeconds ?? 30);
    if (this.#failure) this.#publish();
    this.#quiet = true;
    await stopContainers(this.#parts, this.#pod, observer.pods.pod(uid), { graceSeconds: grace, hurry: this.#hurry.signal });
    await Promise.all(observer.pods.pod(uid).sandboxes.map((it) => dropSandbox(this.#parts, this.#pod, it)));
    this.#ends();
    this.#quiet = false;
    this.#publish();
    await this.#parts.volumes.remove(uid);
    this.#settled = true;
    this.#onSettled();
  }

  /** Nothing of it will be started again. */
  #ends(): void {
    this.#over = true;
    this.#resize.end();
  }

  /** Sets a limit to what still goes on. Called again it only ever shortens the time. */
  #leave(graceSeconds: number): void {
    this.#leaving.abort();
    const { clock } = this.#parts;
    const endsAt = clock.now() + seconds(graceSeconds);
    if (this.#graceEndsAt !== undefined && endsAt >= this.#graceEndsAt) return;
    const shortened = this.#graceEndsAt !== undefined;
    this.#graceEndsAt = endsAt;
    if (!shortened && !this.#gone) return;
    this.#cancelHurry();
    this.#cancelHurry = clock.schedule(seconds(graceSeconds), () => this.#hurry.abort());
  }

  async #terminate(): Promise<void> {
    const { observer, clock, client, volumes, config, backOff, runtime, log } = this.#parts;
    const pod = this.#pod;
    const { uid, namespace = '', name } = pod.metadata;
    this.#publish();
    this.#quiet = true;
    const graceSeconds = Math.max(0, Math.ceil(((this.#graceEndsAt ?? clock.now()) - clock.now()) / 1000));
    await stopContainers(this.#parts, pod, observer.pods.pod(uid), { graceSeconds, hurry: this.#hurry.signal });
    await Promise.all(observer.pods.pod(uid).sandboxes.map((it) => dropSandbox(this.#parts, pod, it)));
    this.#ends();
    this.#quiet = false;
    this.#publish();
    this.#silent = true;
    await Promise.all([
      this.#writer.flushed().then(() => passed(this.#parts, uid, 'last status written')),
      ...observer.pods.pod(uid).containers.map((it) => removeContainer(this.#parts, uid, it.id)),
    ]);
    await volumes.remove(uid);
    await passed(this.#parts, uid, 'volumes removed');
    await removePodFiles(config.rootDir, uid);
    await runtime.groups?.remove(groupName(uid));
    await passed(this.#parts, uid, 'pod files removed');
    backOff.forget(`${uid}/`);
    this.#parts.probes.follow(uid, [], true);
    // A static pod is shown by a mirror, which is not for its worker to take away.
    if (!this.#gone && !isStatic(pod)) await client.delete(podKind, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
    await passed(this.#parts, uid, 'object deleted');
    this.stop();
    log.debug('pod removed', { pod: podKey(pod) });
    this.#onEnd();
  }

  #wakeIn(after: Milliseconds): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#parts.clock.schedule(Math.max(0, after), () => this.wake());
  }
}

const isReady = (status: core.PodStatus): boolean => isTrue(status.conditions, 'Ready');

/** Whether a change of the API's object is a reason to look at the pod: our own status is none. */
function matters(before: Pod, now: Pod): boolean {
  const foreign = (it: Pod): unknown => (it.status?.conditions ?? []).filter((one) => !ownConditions.includes(one.type));
  return (
    before.metadata.deletionTimestamp !== now.metadata.deletionTimestamp ||
    before.metadata.deletionGracePeriodSeconds !== now.metadata.deletionGracePeriodSeconds ||
    before.metadata.generation !== now.metadata.generation ||
    !deepEqual(before.spec, now.spec) ||
    !deepEqual(foreign(before), foreign(now))
  );
}

function healthSaid(pod: Pod, id: string): { started: boolean; ready: boolean } {
  const all = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  const status = all.find((it) => it.containerID === `docker://${id}`);
  return { started: status?.started ?? false, ready: status?.ready ?? false };
}
