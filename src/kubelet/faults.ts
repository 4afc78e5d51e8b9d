/** A container could not be brought to run; `reason` and `message` become its waiting state. */
export class NotStarted extends Error {
  readonly reason: string;
  /** The engine's container that did not start, if it came to that. */
  readonly container: string | undefined;
  constructor(reason: string, message: string, options?: { cause?: unknown; container?: string }) {
    super(message, options);
    this.name = 'NotStarted';
    this.reason = reason;
    this.container = options?.container;
  }
}

/** The pod is being deleted: whatever was under way for it is of no more use. */
export class Interrupted extends Error {}

/** The reason an error of `images/` or `volumes/` carries, or a given one. */
export const reasonOf = (error: unknown, otherwise: string): string =>
  error instanceof Error && 'reason' in error && typeof error.reason === 'string' ? error.reason : otherwise;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** `work`, or Interrupted as soon as `signal` aborts. The work itself goes on; its outcome is no longer looked at. */
export function unlessInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => {});
    return Promise.reject(new Interrupted());
  }
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Interrupted());
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
