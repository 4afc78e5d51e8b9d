import type { Clock, Milliseconds } from './clock.ts';

/** A clock that stands still until it is advanced. Timers run in order of their time, ties in order of their making. */
export class VirtualClock implements Clock {
  #now: Milliseconds;
  #next = 0;
  readonly #timers = new Map<number, { at: Milliseconds; run: () => void }>();

  constructor(start: Milliseconds = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): Milliseconds {
    return this.#now;
  }

  schedule(after: Milliseconds, run: () => void): () => void {
    const id = this.#next++;
    this.#timers.set(id, { at: this.#now + Math.max(0, after), run });
    return () => void this.#timers.delete(id);
  }

  /** Moves time forward, running what falls due; lets promises settle after each timer. */
  async advance(span: Milliseconds): Promise<void> {
    const end = this.#now + span;
    await settle();
    for (;;) {
      let due: [number, { at: Milliseconds; run: () => void }] | undefined;
      for (const timer of this.#timers) {
        if (timer[1].at <= end && (!due || timer[1].at < due[1].at)) due = timer;
      }
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#now = Math.max(this.#now, due[1].at);
      due[1].run();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
