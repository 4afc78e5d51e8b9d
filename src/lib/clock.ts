/** Milliseconds since 1970, or a span of them. */
export type Milliseconds = number;

/** Time as the parts of peapod see it. Handed in, so that tests and simulation move it by hand. */
export interface Clock {
  now(): Milliseconds;
  /** Calls `run` once, `after` milliseconds from now; the returned function cancels it. Never keeps the process alive by itself. */
  schedule(after: Milliseconds, run: () => void): () => void;
}

export const seconds = (n: number): Milliseconds => n * 1_000;
export const minutes = (n: number): Milliseconds => n * 60_000;
export const hours = (n: number): Milliseconds => n * 3_600_000;

export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(after, run) {
    const timer = setTimeout(run, Math.min(after, 0x7fffffff));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `span`, or at once when `signal` aborts: the caller looks at the signal. */
export function sleep(clock: Clock, span: Milliseconds, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.schedule(span, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** The form of metav1.Time: RFC 3339 in UTC, whole seconds. */
export const toTime = (at: Milliseconds): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** The form of metav1.MicroTime: RFC 3339 in UTC with exactly six decimals. */
export const toMicroTime = (at: Milliseconds): string => `${new Date(at).toISOString().slice(0, 23)}000Z`;
