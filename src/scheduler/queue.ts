import { backoff } from '../lib/backoff.ts';
import { type Clock, type Milliseconds, minutes, seconds } from '../lib/clock.ts';
import { Heap } from './heap.ts';
import type { News } from './plugins/index.ts';
import type { PodInfo } from './pod-info.ts';

/**
 * Where a pod stands: `ready` to be tried, `resting` until its backoff is over, `refused` until news that may help,
 * `gated` until its gates are taken away, `busy` while it is tried or bound, `gone`.
 */
type State = 'ready' | 'resting' | 'refused' | 'gated' | 'busy' | 'gone';

export type Entry = {
  info: PodInfo;
  state: State;
  /** Tries so far. */
  attempts: number;
  /** Since when it is ready: among equals the longest waiting comes first. */
  since: Milliseconds;
  readonly first: Milliseconds;
  readonly order: number;
  restUntil: Milliseconds;
  wokenBy: ReadonlySet<News>;
  cancelTimer: () => void;
};

// kube-scheduler's defaults: podInitialBackoffSeconds, podMaxBackoffSeconds, podMaxInUnschedulablePodsDuration.
const firstRest = seconds(1);
const longestRest = seconds(10);
const longestRefused = minutes(5);

const before = (a: Entry, b: Entry): boolean =>
  a.info.priority !== b.info.priority ? a.info.priority > b.info.priority : a.since !== b.since ? a.since < b.since : a.order < b.order;

/** Pods that wait for a node. `onReady` is called when there is something to try. */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #onReady: () => void;
  readonly #entries = new Map<string, Entry>();
  readonly #ready = new Heap<Entry>(before);
  readonly #refused = new Map<News, Set<Entry>>();
  #made = 0;

  constructor(clock: Clock, onReady: () => void) {
    this.#clock = clock;
    this.#onReady = onReady;
  }

  /** A pod without a node, as it is now. One that has changed is worth another try. */
  set(info: PodInfo): void {
    const isGated = (info.pod.spec.schedulingGates?.length ?? 0) > 0;
    const known = this.#entries.get(info.uid);
    if (!known) {
      const now = this.#clock.now();
      const entry: Entry = {
        ...{ info, state: 'gated', attempts: 0, since: now, first: now, order: this.#made++ },
        ...{ restUntil: 0, wokenBy: new Set<News>(), cancelTimer: () => undefined },
      };
      this.#entries.set(info.uid, entry);
      if (!isGated) this.#makeReady(entry);
      return;
    }
    const [was, now] = [known.info.pod, info.pod];
    const wasPutOff = was.status?.nominatedNodeName !== undefined && now.status?.nominatedNodeName === undefined;
    const hasChanged = was.metadata.generation !== now.metadata.generation || !sameLabels(known.info, info) || wasPutOff;
    known.info = info;
    if (known.state === 'gated' && !isGated) this.#makeReady(known);
    else if (known.state === 'refused' && hasChanged) this.#rest(known);
  }

  remove(uid: string): void {
    const entry = this.#entries.get(uid);
    if (!entry) return;
    this.#leave(entry);
    entry.state = 'gone';
    this.#entries.delete(uid);
  }

  /** The pod to try next; it is busy from now on. */
  next(): Entry | undefined {
    for (let entry = this.#ready.pop(); entry; entry = this.#ready.pop()) {
      // What left meanwhile is still in the heap.
      if (entry.state !== 'ready') continue;
      entry.state = 'busy';
      entry.attempts += 1;
      return entry;
    }
    return undefined;
  }

  /** No node would take it: it waits for news, but not for ever. */
  refuse(entry: Entry, wokenBy: ReadonlySet<News>): void {
    if (entry.state !== 'busy') return;
    entry.state = 'refused';
    entry.wokenBy = wokenBy;
    entry.restUntil = this.#clock.now() + backoff(entry.attempts - 1, firstRest, longestRest);
    for (const news of wokenBy) this.#waitingFor(news).add(entry);
    entry.cancelTimer = this.#clock.schedule(longestRefused, () => this.#rest(entry));
  }

  /** Something went wrong: it is tried again after a while. */
  retry(entry: Entry): void {
    if (entry.state !== 'busy') return;
    entry.restUntil = this.#clock.now() + backoff(entry.attempts - 1, firstRest, longestRest);
    this.#rest(entry);
  }

  wake(news: News): void {
    const waiting = this.#refused.get(news);
    if (!waiting?.size) return;
    for (const entry of [...waiting]) this.#rest(entry);
  }

  counts(): Record<Exclude<State, 'gone'>, number> {
    const counts = { ready: 0, resting: 0, refused: 0, gated: 0, busy: 0 };
    for (const { state } of this.#entries.values()) if (state !== 'gone') counts[state] += 1;
    return counts;
  }

  entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  stop(): void {
    for (const uid of [...this.#entries.keys()]) this.remove(uid);
  }

  #rest(entry: Entry): void {
    this.#leave(entry);
    const left = entry.restUntil - this.#clock.now();
    if (left <= 0) {
      this.#makeReady(entry);
      return;
    }
    entry.state = 'resting';
    entry.cancelTimer = this.#clock.schedule(left, () => this.#makeReady(entry));
  }

  #makeReady(entry: Entry): void {
    entry.state = 'ready';
    entry.since = this.#clock.now();
    this.#ready.push(entry);
    this.#onReady();
  }

  #leave(entry: Entry): void {
    entry.cancelTimer();
    for (const news of entry.wokenBy) this.#waitingFor(news).delete(entry);
    entry.wokenBy = new Set();
  }

  #waitingFor(news: News): Set<Entry> {
    let waiting = this.#refused.get(news);
    if (!waiting) {
      waiting = new Set();
      this.#refused.set(news, waiting);
    }
    return waiting;
  }
}

function sameLabels(a: PodInfo, b: PodInfo): boolean {
  const [x, y] = [a.pod.metadata.labels ?? {}, b.pod.metadata.labels ?? {}];
  const keys = Object.keys(x);
  return keys.length === Object.keys(y).length && keys.every((key) => x[key] === y[key]);
}
