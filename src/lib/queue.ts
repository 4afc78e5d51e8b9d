import { backoff, jittered } from './backoff.ts';
import type { Clock, Milliseconds } from './clock.ts';

/**
 * A work queue with client-go's promises: a key is never worked on twice at once, a key added while it is worked on
 * is worked on again after that, and a key added many times is worked on once. Failures come back with backoff.
 * Work begins after the turn in which its key was added.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #work: (key: string) => Promise<void>;
  readonly #onWait: ((span: Milliseconds) => void) | undefined;
  /** Since when a key waits; only kept when somebody wants to know. */
  readonly #since = new Map<string, Milliseconds>();
  readonly #workers: number;
  readonly #ready: string[] = [];
  readonly #dirty = new Set<string>();
  readonly #running = new Set<string>();
  readonly #later = new Map<string, { at: number; cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  #stopped = false;
  #isWaking = false;

  /**
   * `work` must not throw: it says through `retry` and `addAfter` what is to come back. `onWait` is told how long each key
   * was due before it was worked on.
   */
  constructor(options: { clock: Clock; workers: number; work: (key: string) => Promise<void>; onWait?: (span: Milliseconds) => void }) {
    this.#clock = options.clock;
    this.#onWait = options.onWait;
    this.#work = options.work;
    this.#workers = options.workers;
  }

  get depth(): number {
    return this.#ready.length + this.#running.size;
  }

  add(key: string): void {
    if (this.#stopped || this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (this.#onWait) this.#since.set(key, this.#clock.now());
    if (this.#running.has(key)) return;
    this.#ready.push(key);
    this.#wake();
  }

  /** Adds the key in a while; the earlier of two such wishes counts. */
  addAfter(key: string, span: Milliseconds): void {
    if (this.#stopped) return;
    const at = this.#clock.now() + span;
    const planned = this.#later.get(key);
    if (planned && planned.at <= at) return;
    planned?.cancel();
    const cancel = this.#clock.schedule(span, () => {
      this.#later.delete(key);
      this.add(key);
    });
    this.#later.set(key, { at, cancel });
  }

  /** Adds the key again after a span that doubles with every failure, from 5 ms to 5 minutes, and up to a quarter longer. */
  retry(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, jittered(backoff(failures, 5, 300_000), `${key} ${failures}`));
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  stop(): void {
    this.#stopped = true;
    for (const { cancel } of this.#later.values()) cancel();
    this.#later.clear();
    this.#ready.length = 0;
  }

  // Never in the caller's turn: a cache that takes in a whole list tells of each object on the way, half done.
  #wake(): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    queueMicrotask(() => {
      this.#isWaking = false;
      this.#next();
    });
  }

  #next(): void {
    while (!this.#stopped && this.#running.size < this.#workers) {
      const key = this.#ready.shift();
      if (key === undefined) return;
      this.#dirty.delete(key);
      this.#running.add(key);
      this.#tellWait(key);
      void this.#work(key).finally(() => {
        this.#running.delete(key);
        if (this.#dirty.has(key)) this.#ready.push(key);
        this.#next();
      });
    }
  }

  #tellWait(key: string): void {
    const since = this.#since.get(key);
    if (since === undefined) return;
    this.#since.delete(key);
    this.#onWait?.(this.#clock.now() - since);
  }
}
