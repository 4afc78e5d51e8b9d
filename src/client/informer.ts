import type { AnyKind, Kind } from '../kinds/index.ts';
import { backoff } from '../lib/backoff.ts';
import { type Clock, sleep } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { controllerOf, keyOf } from '../meta/owner.ts';
import { isReason } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import type { Client } from './client.ts';

export type ObjectChange<T> = { type: 'added' | 'modified' | 'deleted'; object: T; old?: T };

/** A copy of all objects of a kind that keeps itself up to date. What it hands out is shared and must not be changed. */
export interface Informer<T> {
  get(key: string): T | undefined;
  list(): readonly T[];
  inNamespace(namespace: string): readonly T[];
  /** Those whose managing controller has this uid. */
  ownedBy(uid: string): readonly T[];
  /** Hears of what is there now (as added) and of every change after; the returned function ends that. */
  onChange(listener: (change: ObjectChange<T>) => void): () => void;
  synced: Promise<void>;
  hasSynced(): boolean;
}

export interface Informers {
  /** The one informer of that kind, started when it is first asked for. */
  of<T extends KubeObject>(kind: Kind<T>): Informer<T>;
}

type Deps = { clock: Clock; log: Log; signal: AbortSignal };

export function createInformers(client: Client, deps: Deps): Informers {
  const running = new Map<string, Cache<KubeObject>>();
  return {
    of<T extends KubeObject>(kind: Kind<T>): Informer<T> {
      let cache = running.get(kind.resource);
      if (!cache) {
        cache = new Cache();
        running.set(kind.resource, cache);
        void follow(client, kind as AnyKind, cache, deps);
      }
      return cache as unknown as Informer<T>;
    },
  };
}

/** Lists, then watches from there; after a break goes on from the last revision, or lists again when that is too old. */
async function follow(client: Client, kind: Kind, cache: Cache<KubeObject>, { clock, log, signal }: Deps): Promise<void> {
  let resourceVersion = '';
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (resourceVersion === '') {
        const list = await client.list(kind);
        cache.replace(list.items);
        resourceVersion = list.resourceVersion;
      }
      for await (const { type, object } of client.watch(kind, { resourceVersion, allowWatchBookmarks: true }, signal)) {
        if (type === 'DELETED') cache.remove(object);
        else if (type !== 'BOOKMARK') cache.put(object);
        resourceVersion = object.metadata.resourceVersion;
        failures = 0;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isReason(error, 'Expired', 'Gone')) resourceVersion = '';
      else {
        log.warn('a watch broke and is begun again', { resource: kind.resource, error: String(error) });
        await sleep(clock, backoff(failures, 200, 30_000), signal);
        failures += 1;
      }
    }
  }
}

class Cache<T extends KubeObject> implements Informer<T> {
  readonly #objects = new Map<string, T>();
  readonly #namespaces = new Map<string, Map<string, T>>();
  readonly #owned = new Map<string, Map<string, T>>();
  readonly #listeners = new Set<(change: ObjectChange<T>) => void>();
  readonly synced: Promise<void>;
  #markSynced = (): void => {};
  #isSynced = false;

  constructor() {
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
  }

  get = (key: string): T | undefined => this.#objects.get(key);
  list = (): readonly T[] => [...this.#objects.values()];
  inNamespace = (namespace: string): readonly T[] => [...(this.#namespaces.get(namespace)?.values() ?? [])];
  ownedBy = (uid: string): readonly T[] => [...(this.#owned.get(uid)?.values() ?? [])];
  hasSynced = (): boolean => this.#isSynced;

  onChange(listener: (change: ObjectChange<T>) => void): () => void {
    for (const object of this.#objects.values()) listener({ type: 'added', object });
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  replace(objects: readonly T[]): void {
    const keep = new Set(objects.map(keyOf));
    for (const [key, object] of [...this.#objects]) if (!keep.has(key)) this.remove(object);
    for (const object of objects) this.put(object);
    this.#isSynced = true;
    this.#markSynced();
  }

  put(object: T): void {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    // A list after a break repeats what is known.
    if (old && old.metadata.resourceVersion === object.metadata.resourceVersion) return;
    if (old) this.#unindex(key, old);
    this.#objects.set(key, object);
    index(this.#namespaces, object.metadata.namespace ?? '', key, object);
    const owner = controllerOf(object)?.uid;
    if (owner) index(this.#owned, owner, key, object);
    this.#tell(old ? { type: 'modified', object, old } : { type: 'added', object });
  }

  remove(object: T): void {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (!old) return;
    this.#unindex(key, old);
    this.#objects.delete(key);
    this.#tell({ type: 'deleted', object, old });
  }

  #unindex(key: string, object: T): void {
    unindex(this.#namespaces, object.metadata.namespace ?? '', key);
    const owner = controllerOf(object)?.uid;
    if (owner) unindex(this.#owned, owner, key);
  }

  #tell(change: ObjectChange<T>): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

function index<T>(map: Map<string, Map<string, T>>, group: string, key: string, object: T): void {
  let inside = map.get(group);
  if (!inside) {
    inside = new Map();
    map.set(group, inside);
  }
  inside.set(key, object);
}

function unindex<T>(map: Map<string, Map<string, T>>, group: string, key: string): void {
  const inside = map.get(group);
  inside?.delete(key);
  if (inside?.size === 0) map.delete(group);
}
