import { type Clock, type Milliseconds, minutes } from '../lib/clock.ts';
import type { KubeObject } from '../meta/types.ts';

export type Told = {
  about: KubeObject;
  type: string;
  reason: string;
  message: string;
  fieldPath?: string;
  /** One event whatever the message says. */
  series?: string;
  at: Milliseconds;
};
/** An event as it stands in the API; `name` is empty until it does. */
export type Kept = { name: string; namespace: string; count: number; first: Milliseconds; stamp: string };

/** client-go's limits (tools/record, events_cache.go). */
const remembered = 4096;
const burst = 25;
const refill = minutes(5);
const mostAlike = 10;
const alikeSpan = minutes(10);

/**
 * What becomes of an event: undefined when there were too many about this object (25 at once, then one in five minutes);
 * a repeat raises the count of the one there is; from the tenth different message of one reason on they share one event.
 */
export function createCorrelator(clock: Clock): (told: Told) => { kept: Kept; message: string } | undefined {
  const seen = new Recent<Kept>();
  const buckets = new Recent<{ tokens: number; at: Milliseconds }>();
  const alike = new Recent<{ messages: Set<string>; at: Milliseconds }>();
  let serial = 0;

  function isSpam(object: string): boolean {
    const now = clock.now();
    const bucket = buckets.get(object) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refill);
    bucket.at = now;
    buckets.set(object, bucket);
    if (bucket.tokens < 1) return true;
    bucket.tokens -= 1;
    return false;
  }

  /** True when so many messages of one reason came lately that they are told as one. */
  function isCrowded(group: string, message: string): boolean {
    const now = clock.now();
    const known = alike.get(group);
    const record = known && now - known.at <= alikeSpan ? known : { messages: new Set<string>(), at: now };
    record.at = now;
    record.messages.add(message);
    alike.set(group, record);
    if (record.messages.size < mostAlike) return false;
    // One is let go, so that the set stays bounded and the next different message is again one too many.
    record.messages.delete(record.messages.values().next().value ?? '');
    return true;
  }

  return ({ about, type, reason, message, fieldPath, series, at }) => {
    const { name, uid, namespace } = about.metadata;
    const object = [about.apiVersion, about.kind, namespace, name, uid].join('\0');
    const group = [object, type, reason, fieldPath].join('\0');
    const crowded = series === undefined && isCrowded(group, message);
    const id = crowded ? group : `${group}\0${series === undefined ? message : `\0${series}`}`;
    let kept = seen.get(id);
    if (!kept) {
      serial = (serial + 1) % 1_000_000;
      // The form of Go's UnixNano in hex; the serial keeps two of one millisecond apart.
      const stamp = (BigInt(at) * 1_000_000n + BigInt(serial)).toString(16);
      kept = { name: '', namespace: namespace || 'default', count: 0, first: at, stamp };
      seen.set(id, kept);
    }
    kept.count += 1;
    if (series === undefined && isSpam(object)) return undefined;
    return { kept, message: crowded ? `(combined from similar events): ${message}` : message };
  };
}

/** A map that forgets what was not used for longest. */
class Recent<V> {
  readonly #entries = new Map<string, V>();

  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > remembered) this.#entries.delete(this.#entries.keys().next().value ?? '');
  }
}
