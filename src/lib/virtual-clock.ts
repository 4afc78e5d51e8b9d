import type { Clock, Milliseconds } from './clock.ts';

type Timer = { at: Milliseconds; order: number; run: () => void; isCancelled: boolean };

/** A clock that stands still until it is advanced. Timers run in order of their time, ties in order of their making. */
export class VirtualClock implements Clock {
  #now: Milliseconds;
  #made = 0;
  #cancelled = 0;
  /** A binary heap, the next timer first. Cancelled ones are left in until they come up, or are the most. */
  #timers: Timer[] = [];

  constructor(start: Milliseconds = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): Milliseconds {
    return this.#now;
  }

  schedule(after: Milliseconds, run: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, after), order: this.#made++, run, isCancelled: false };
    this.#timers.push(timer);
    this.#rise(this.#timers.length - 1);
    return () => {
      if (timer.isCancelled) return;
      timer.isCancelled = true;
      this.#cancelled += 1;
      if (this.#cancelled > 64 && this.#cancelled * 2 > this.#timers.length) this.#tidy();
    };
  }

  /** Moves time forward, running what falls due; lets promises settle after each timer. */
  async advance(span: Milliseconds): Promise<void> {
    const end = this.#now + span;
    await settle();
    for (let due = this.#timers[0]; due && due.at <= end; due = this.#timers[0]) {
      this.#pop();
      if (due.isCancelled) {
        this.#cancelled -= 1;
        continue;
      }
      // Whoever cancels it from now on is too late.
      due.isCancelled = true;
      this.#now = Math.max(this.#now, due.at);
      due.run();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  #tidy(): void {
    this.#timers = this.#timers.filter((it) => !it.isCancelled).sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#cancelled = 0;
  }

  #rise(place: number): void {
    const heap = this.#timers;
    const it = heap[place] as Timer;
    let at = place;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(it, heap[above] as Timer)) break;
      heap[at] = heap[above] as Timer;
      at = above;
    }
    heap[at] = it;
  }

  #pop(): void {
    const heap = this.#timers;
    const it = heap.pop() as Timer;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Timer, heap[below] as Timer)) below += 1;
      if (!isBefore(heap[below] as Timer, it)) break;
      heap[at] = heap[below] as Timer;
      at = below;
    }
    heap[at] = it;
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
