import type { Clock } from '../../src/lib/clock.ts';

/** The last things that happened, for whoever looks into a broken run. Lines are worded only when they are asked for. */
export class Trace {
  readonly #clock: Clock;
  readonly #lines: Array<readonly [at: number, word: string | (() => string)] | undefined>;
  #next = 0;
  /** Of everything that ever happened: two runs of one seed have the same. */
  #sum = 0;

  constructor(clock: Clock, size = 80) {
    this.#clock = clock;
    this.#lines = new Array(size).fill(undefined);
  }

  note(word: string | (() => string)): void {
    this.#lines[this.#next % this.#lines.length] = [this.#clock.now(), word];
    this.#next += 1;
  }

  /** Takes part in the sum alone. */
  count(fact: number): void {
    this.#sum = (Math.imul(this.#sum ^ fact, 0x01000193) ^ this.#clock.now()) >>> 0;
  }

  get sum(): number {
    return this.#sum;
  }

  lines(): string[] {
    const all = Array.from({ length: this.#lines.length }, (_, i) => this.#lines[(this.#next + i) % this.#lines.length]);
    return all
      .filter((it) => it !== undefined)
      .map(([at, word]) => `${new Date(at).toISOString().slice(11, 23)} ${typeof word === 'string' ? word : word()}`);
  }
}
