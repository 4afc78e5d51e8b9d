import { decode } from '../../src/api/codec.ts';
import { type AnyKind, event, isPodFinished, kinds, lease, type Kind } from '../../src/kinds/index.ts';
import type { Clock, Milliseconds } from '../../src/lib/clock.ts';
import { controllerOf, isDeleting, keyOf } from '../../src/meta/owner.ts';
import type { KubeObject } from '../../src/meta/types.ts';
import type { core } from '../../src/kinds/index.ts';
import type { Change, Store } from '../../src/store/index.ts';

/** One change of the store, told in the order in which they were made. */
export type Happening = { kind: AnyKind; now: KubeObject | undefined; was: KubeObject | undefined; revision: number };

type Version = { object: KubeObject; revision: number };

const stored = kinds.filter((it) => !it.viewOf);
const byResource = new Map(stored.map((it) => [it.resource, it]));
/** Versions of one object that are kept, to know what a part with an old cache goes by. */
const mostVersions = 40;

/** Everything that is stored, kept change by change: what is really so, whatever caches say. */
export class State {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #owned = new Map<string, Map<string, KubeObject>>();
  readonly #versions = new Map<string, Version[]>();
  readonly #clock: Clock;
  readonly #listeners: Array<(happening: Happening) => void> = [];
  /** When something last changed that is no sign of life. */
  changedAt: Milliseconds;
  revision = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.changedAt = clock.now();
  }

  follow(store: Store): Promise<() => void> {
    return store.watch('/registry/', 0, (changes) => {
      for (const change of changes) this.#take(change);
    });
  }

  onChange(listener: (happening: Happening) => void): void {
    this.#listeners.push(listener);
  }

  get<T extends KubeObject>(kind: Kind<T>, key: string): T | undefined {
    return this.#objects.get(kind.resource)?.get(key) as T | undefined;
  }

  list<T extends KubeObject>(kind: Kind<T>): T[] {
    return [...(this.#objects.get(kind.resource)?.values() ?? [])] as T[];
  }

  /** Objects of a kind that this one manages. */
  owned<T extends KubeObject>(kind: Kind<T>, uid: string): T[] {
    return [...(this.#owned.get(uid)?.values() ?? [])].filter((it) => it.kind === kind.kind) as T[];
  }

  /** What was wanted of an object at `since` and at any time after, oldest first. */
  versions<T extends KubeObject>(kind: Kind<T>, key: string, since: number): T[] {
    const all = this.#versions.get(`${kind.resource} ${key}`) ?? [];
    const first = all.findLastIndex((it) => it.revision <= since);
    return all.slice(Math.max(0, first)).map((it) => it.object as T);
  }

  #take(change: Change): void {
    const entry = change.entry ?? change.previous;
    const resource = entry?.key.split('/')[2] ?? '';
    const kind = byResource.get(resource);
    if (!kind) return;
    const now = change.entry && decode(change.entry);
    const was = change.previous && decode(change.previous);
    const key = keyOf((now ?? was) as KubeObject);
    this.revision = change.revision;
    let inside = this.#objects.get(resource);
    if (!inside) {
      inside = new Map();
      this.#objects.set(resource, inside);
    }
    if (now) inside.set(key, now);
    else inside.delete(key);
    if (was) this.#owned.get(controllerOf(was)?.uid ?? '')?.delete(was.metadata.uid);
    if (now) this.#own(now);
    if (kind !== lease && kind !== event) {
      if (resource !== 'nodes') this.changedAt = this.#clock.now();
      this.#keep(`${resource} ${key}`, now, was, change.revision);
    }
    const happening = { kind, now, was, revision: change.revision };
    for (const listener of this.#listeners) listener(happening);
  }

  #own(object: KubeObject): void {
    const uid = controllerOf(object)?.uid;
    if (uid === undefined) return;
    let group = this.#owned.get(uid);
    if (!group) {
      group = new Map();
      this.#owned.set(uid, group);
    }
    group.set(object.metadata.uid, object);
  }

  #keep(key: string, now: KubeObject | undefined, was: KubeObject | undefined, revision: number): void {
    if (!now || (was && now.metadata.generation !== undefined && now.metadata.generation === was.metadata.generation)) return;
    const all = this.#versions.get(key) ?? [];
    all.push({ object: now, revision });
    if (all.length > mostVersions) all.shift();
    this.#versions.set(key, all);
  }
}

/** A pod that counts: neither finished nor on its way out. */
export const isActive = (pod: core.Pod): boolean => !isPodFinished(pod) && !isDeleting(pod);
