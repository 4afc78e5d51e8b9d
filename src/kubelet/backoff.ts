import type { Milliseconds } from '../lib/clock.ts';
import { minutes, seconds } from '../lib/clock.ts';

type Entry = { delay: Milliseconds; updatedAt: Milliseconds };

const first = seconds(10);
const longest = minutes(5);

/**
 * How long a container that ended waits before its next start (client-go's flowcontrol.Backoff as the kubelet uses
 * it): the first restart is free, then 10 s doubling to 5 min, counted from the end of the last run. A run that ends
 * more than 10 min after the last start begins anew.
 */
export class RestartBackoff {
  readonly #entries = new Map<string, Entry>();

  /** When `key` may start again, if it must wait now; `endedAt` is the end of its last run. */
  waits(key: string, endedAt: Milliseconds, now: Milliseconds): { until: Milliseconds; delay: Milliseconds } | undefined {
    const entry = this.#entries.get(key);
    if (!entry || expired(entry, endedAt)) return undefined;
    const until = endedAt + entry.delay;
    return now < until ? { until, delay: entry.delay } : undefined;
  }

  /** A start is made now, after a run that ended at `endedAt`. */
  started(key: string, endedAt: Milliseconds, now: Milliseconds): void {
    const entry = this.#entries.get(key);
    const delay = !entry || expired(entry, endedAt) ? first : Math.min(entry.delay * 2, longest);
    this.#entries.set(key, { delay, updatedAt: now });
  }

  /** Forgets every key that begins with `prefix`. */
  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }
}

const expired = (entry: Entry, endedAt: Milliseconds): boolean => endedAt - entry.updatedAt > 2 * longest;
