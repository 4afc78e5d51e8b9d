import { controllerOf, keyOf } from '../meta/owner.ts';
import type { KubeObject } from '../meta/types.ts';

export type ObjectChange<T> = { type: 'added' | 'modified' | 'deleted'; object: T; old?: T };

/** A copy of all objects of a kind that keeps itself up to date. What it hands out is shared and must not be changed. */
export interface Informer<T> {
  get(key: string): T | undefined;
  list(): readonly T[];
  inNamespace(namespace: string): readonly T[];
  /** Those whose managing controller has this uid; of '', those that have none. */
  ownedBy(uid: string): readonly T[];
  /**
   * Hears of what is there now (as added) and of every change after, in order, each once; the returned function ends
   * that. An object that another of the same name has taken the place of is told as deleted, then added.
   */
  onChange(listener: (change: ObjectChange<T>) => void): () => void;
  synced: Promise<void>;
  hasSynced(): boolean;
}

type Listener<T> = (change: ObjectChange<T>) => void;

/** What an informer knows: objects by key, by namespace and by owner, and who wants to hear of changes. */
export class Cache<T extends KubeObject> implements Informer<T> {
  readonly #objects = new Map<string, T>();
  readonly #namespaces = new Groups<T>();
  readonly #owned = new Groups<T>();
  readonly #listeners = new Set<Listener<T>>();
  readonly #onFault: (error: unknown) => void;
  readonly synced: Promise<void>;
  #all: readonly T[] | undefined;
  #markSynced = (): void => {};
  #isSynced = false;

  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
  }

  get = (key: string): T | undefined => this.#objects.get(key);
  list = (): readonly T[] => {
    this.#all ??= [...this.#objects.values()];
    return this.#all;
  };
  inNamespace = (namespace: string): readonly T[] => this.#namespaces.of(namespace);
  ownedBy = (uid: string): readonly T[] => this.#owned.of(uid);
  hasSynced = (): boolean => this.#isSynced;

  onChange(listener: Listener<T>): () => void {
    for (const object of [...this.#objects.values()]) this.#hand(listener, { type: 'added', object });
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A fresh list: what is not in it has gone. */
  replace(objects: readonly T[]): void {
    const keep = new Set(objects.map(keyOf));
    for (const [key, object] of [...this.#objects]) if (!keep.has(key)) this.#drop(key, object, object);
    for (const object of objects) this.put(object);
    this.#isSynced = true;
    this.#markSynced();
  }

  put(object: T): void {
    const key = keyOf(object);
    let old = this.#objects.get(key);
    if (old && !isNewer(object, old)) return;
    if (old && old.metadata.uid !== object.metadata.uid) {
      this.#drop(key, old, old);
      old = undefined;
    }
    if (old) this.#unindex(key, old);
    this.#all = undefined;
    this.#objects.set(key, object);
    this.#namespaces.add(object.metadata.namespace ?? '', key, object);
    this.#owned.add(ownerOf(object), key, object);
    this.#tell(old ? { type: 'modified', object, old } : { type: 'added', object });
  }

  /** `last` is the object as it went, with the revision of its going. */
  remove(last: T): void {
    const key = keyOf(last);
    const old = this.#objects.get(key);
    if (old && isNewer(last, old)) this.#drop(key, last, old);
  }

  #drop(key: string, last: T, old: T): void {
    this.#unindex(key, old);
    this.#all = undefined;
    this.#objects.delete(key);
    this.#tell({ type: 'deleted', object: last, old });
  }

  #unindex(key: string, object: T): void {
    this.#namespaces.remove(object.metadata.namespace ?? '', key);
    this.#owned.remove(ownerOf(object), key);
  }

  #tell(change: ObjectChange<T>): void {
    for (const listener of [...this.#listeners]) this.#hand(listener, change);
  }

  // One listener's fault must cost neither the others nor the watch.
  #hand(listener: Listener<T>, change: ObjectChange<T>): void {
    try {
      listener(change);
    } catch (error) {
      this.#onFault(error);
    }
  }
}

/**
 * Whether `now` is news after `was`: a list or a watch begun again may repeat what is known. Revisions of one kind can be
 * compared as numbers (KEP-5504); what is no number is taken as news when it differs.
 */
function isNewer(now: KubeObject, was: KubeObject): boolean {
  const a = now.metadata.resourceVersion;
  const b = was.metadata.resourceVersion;
  if (a === b) return false;
  const order = Number(a) - Number(b);
  return Number.isNaN(order) || order > 0;
}

const ownerOf = (object: KubeObject): string => controllerOf(object)?.uid ?? '';

class Groups<T> {
  readonly #groups = new Map<string, Map<string, T>>();

  of = (group: string): readonly T[] => {
    const inside = this.#groups.get(group);
    return inside ? [...inside.values()] : [];
  };

  add(group: string, key: string, object: T): void {
    let inside = this.#groups.get(group);
    if (!inside) {
      inside = new Map();
      this.#groups.set(group, inside);
    }
    inside.set(key, object);
  }

  remove(group: string, key: string): void {
    const inside = this.#groups.get(group);
    inside?.delete(key);
    if (inside?.size === 0) this.#groups.delete(group);
  }
}
