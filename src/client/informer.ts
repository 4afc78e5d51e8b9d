import { setMaxListeners } from 'node:events';
import type { AnyKind, Kind } from '../kinds/index.ts';
import { backoff } from '../lib/backoff.ts';
import { type Clock, seconds, sleep } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { isReason } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import { Cache, type Informer } from './cache.ts';
import type { Client } from './client.ts';

export type { Informer, ObjectChange } from './cache.ts';

export interface Informers {
  /** The one informer of that kind, started when it is first asked for. */
  of<T extends KubeObject>(kind: Kind<T>): Informer<T>;
}

/** What an informer needs of a client. */
export type Reader = Pick<Client, 'list' | 'watch'>;

type Deps = { clock: Clock; log: Log; signal: AbortSignal };

export function createInformers(client: Reader, deps: Deps): Informers {
  const running = new Map<string, Cache<KubeObject>>();
  // Every kind's watch listens for the end: many, but no leak.
  setMaxListeners(0, deps.signal);
  return {
    of<T extends KubeObject>(kind: Kind<T>): Informer<T> {
      let cache = running.get(kind.resource);
      if (!cache) {
        cache = new Cache((error) => deps.log.error('a listener failed', { resource: kind.resource, error }));
        running.set(kind.resource, cache);
        void follow(client, kind as AnyKind, cache, deps);
      }
      return cache as unknown as Informer<T>;
    },
  };
}

/** A watch that lived this long proves that the server is well again. */
const healthy = seconds(5);

/** Lists, then watches from there; after a break goes on from the last revision, or lists again when that is too old. */
async function follow(client: Reader, kind: Kind, cache: Cache<KubeObject>, { clock, log, signal }: Deps): Promise<void> {
  let resourceVersion = '';
  let failures = 0;
  while (!signal.aborted) {
    let began = clock.now();
    let heard = false;
    try {
      if (resourceVersion === '') {
        const list = await client.list(kind);
        cache.replace(list.items);
        resourceVersion = list.resourceVersion;
        began = clock.now();
      }
      for await (const { type, object } of client.watch(kind, { resourceVersion, allowWatchBookmarks: true }, signal)) {
        heard = true;
        if (type === 'DELETED') cache.remove(object);
        else if (type !== 'BOOKMARK') cache.put(object);
        resourceVersion = object.metadata.resourceVersion;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isReason(error, 'Expired', 'Gone')) resourceVersion = '';
      log.warn('a watch broke and is begun again', { resource: kind.resource, error: String(error) });
    }
    if (signal.aborted) return;
    // The usual end of a watch, after minutes or in the middle of news, is followed by the next one at once.
    if (heard || clock.now() - began >= healthy) failures = 0;
    else {
      await sleep(clock, backoff(failures, 200, seconds(30)), signal);
      failures += 1;
    }
  }
}
