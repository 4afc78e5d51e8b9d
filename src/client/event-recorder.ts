import { event } from '../kinds/index.ts';
import { type Clock, toTime } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { KubeObject } from '../meta/types.ts';
import type { Client } from './client.ts';

export interface EventRecorder {
  /** Never waits and never fails: events are for people, not for the work. Repeats raise the count of one event. */
  record(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string, options?: { fieldPath?: string }): void;
}

type Seen = { name: string; namespace: string; count: number };
type Bucket = { tokens: number; at: number };
/** Events about one object: 25 at once, then one in five minutes (client-go's spam filter). */
const burst = 25;
const refill = 300_000;
const remembered = 4096;

export function createEventRecorder(client: Client, options: { component: string; host?: string; clock: Clock; log: Log }): EventRecorder {
  const { component, host, clock, log } = options;
  const seen = new Map<string, Seen>();
  const buckets = new Map<string, Bucket>();
  let queue: Promise<void> = Promise.resolve();
  let serial = 0;

  function allowed(uid: string): boolean {
    const now = clock.now();
    const bucket = buckets.get(uid) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refill);
    bucket.at = now;
    if (buckets.size > remembered) buckets.clear();
    buckets.set(uid, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  return {
    record(about, type, reason, message, { fieldPath } = {}) {
      const { name, uid, resourceVersion } = about.metadata;
      const namespace = about.metadata.namespace ?? 'default';
      if (!allowed(uid)) return;
      const id = [component, about.kind, uid, type, reason, message, fieldPath].join('\0');
      const now = toTime(clock.now());
      const known = seen.get(id);
      const write = async (): Promise<void> => {
        if (known) {
          known.count += 1;
          try {
            await client.patch(event, known, { type: 'merge', body: { count: known.count, lastTimestamp: now } });
            return;
          } catch {
            // It has expired or was deleted: told anew below.
            seen.delete(id);
          }
        }
        serial += 1;
        const made = {
          namespace,
          name: `${name}.${(BigInt(clock.now()) * 1_000_000n + BigInt(serial % 1_000_000)).toString(16)}`,
          count: 1,
        };
        if (seen.size > remembered) seen.clear();
        seen.set(id, made);
        await client.create(event, {
          metadata: { name: made.name, namespace },
          involvedObject: {
            kind: about.kind,
            apiVersion: about.apiVersion,
            name,
            uid,
            resourceVersion,
            ...(about.metadata.namespace && { namespace: about.metadata.namespace }),
            ...(fieldPath && { fieldPath }),
          },
          reason,
          message,
          type,
          source: { component, ...(host && { host }) },
          reportingComponent: component,
          reportingInstance: host ?? '',
          firstTimestamp: now,
          lastTimestamp: now,
          count: 1,
        });
      };
      queue = queue
        .then(write)
        .catch((error: unknown) => log.debug('an event was not recorded', { reason, about: name, error: String(error) }));
    },
  };
}
