import type { Client, Informer } from '../client/index.ts';
import type { AnyKind, Kind } from '../kinds/index.ts';
import { type Clock, type Milliseconds, minutes } from '../lib/clock.ts';
import { keyOf } from '../meta/owner.ts';
import type { KubeObject } from '../meta/types.ts';

/** A write of one's own that the cache has yet to show. */
type Write = { kind: string; object: string; uid: string; until: number | 'going' | 'gone' };
/** A write of which it is not known whether it was done. */
type Unsure = { kind: Kind; namespace: string; name: string };
type Followed = { informer: Informer<KubeObject>; newest: number };

/** What a write that never shows holds up at most (upstream: ExpectationsTimeout). */
const patience: Milliseconds = minutes(5);

/**
 * Keeps a controller from acting twice: a cache may lag behind what the controller itself has just written, and who
 * counts pods in such a cache makes too many. Upstream counts creations and deletions it expects to see
 * (controller_utils.go, ControllerExpectations); as revisions of one kind are comparable and a watch is in order, it
 * is enough here to remember what was written at which revision.
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #followed = new Map<string, Followed>();
  readonly #pending = new Map<string, { until: Milliseconds; writes: Write[] }>();
  readonly #unsure = new Map<string, Unsure[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Must come before the listeners that make keys due: they are to find what this one has heard. */
  follow(kind: AnyKind, informer: Informer<KubeObject>): void {
    if (this.#followed.has(kind.resource)) return;
    const followed: Followed = { informer, newest: 0 };
    this.#followed.set(kind.resource, followed);
    informer.onChange(({ object }) => {
      followed.newest = Math.max(followed.newest, revisionOf(object));
    });
  }

  /** For `key`, `object` was created or updated; it is what the server answered. */
  wrote(key: string, kind: AnyKind, object: KubeObject): void {
    this.#add(key, { kind: kind.resource, object: keyOf(object), uid: object.metadata.uid, until: revisionOf(object) });
  }

  /** For `key`, the deletion of `object` has begun. */
  deleted(key: string, kind: AnyKind, object: KubeObject): void {
    this.#add(key, { kind: kind.resource, object: keyOf(object), uid: object.metadata.uid, until: 'going' });
  }

  /** For `key`, `object` was found to be no more. */
  gone(key: string, kind: AnyKind, object: KubeObject): void {
    this.#add(key, { kind: kind.resource, object: keyOf(object), uid: object.metadata.uid, until: 'gone' });
  }

  /**
   * For `key`, a write failed and may have been done all the same: only its answer was lost. Upstream takes it for not
   * done, and may make one too many.
   */
  unsure(key: string, kind: AnyKind, { namespace = '', name }: { namespace?: string | undefined; name: string }): void {
    const list = this.#unsure.get(key) ?? [];
    list.push({ kind: kind as Kind, namespace, name });
    this.#unsure.set(key, list);
  }

  /** Looks up what is not known about the writes for `key`; from then on the cache is to show what was found. Fails while nobody answers. */
  async lookUp(key: string, client: Client): Promise<void> {
    const list = this.#unsure.get(key) ?? [];
    for (let next = list[0]; next; next = list[0]) {
      const { kind, namespace, name } = next;
      const found = await client.get(kind, { ...(namespace && { namespace }), name });
      if (found) this.wrote(key, kind, found);
      list.shift();
    }
    this.#unsure.delete(key);
  }

  /** How long to wait at most for the cache to show what was written for `key`; undefined when it does. */
  pending(key: string): Milliseconds | undefined {
    const entry = this.#pending.get(key);
    if (!entry) return undefined;
    entry.writes = entry.writes.filter((write) => !this.#shows(write));
    const left = entry.until - this.#clock.now();
    if (entry.writes.length > 0 && left > 0) return left;
    this.#pending.delete(key);
    return undefined;
  }

  forget(key: string): void {
    this.#pending.delete(key);
    this.#unsure.delete(key);
  }

  #add(key: string, write: Write): void {
    const writes = this.#pending.get(key)?.writes ?? [];
    writes.push(write);
    this.#pending.set(key, { until: this.#clock.now() + patience, writes });
  }

  #shows({ kind, object, uid, until }: Write): boolean {
    const followed = this.#followed.get(kind);
    if (!followed) return true;
    const known = followed.informer.get(object);
    const isKnown = known?.metadata.uid === uid;
    if (typeof until === 'string') return !isKnown || (until === 'going' && known.metadata.deletionTimestamp !== undefined);
    // What was created and is gone again is no longer in the cache, but news as late as that has come.
    return (isKnown && revisionOf(known) >= until) || followed.newest >= until;
  }
}

/** A revision that is no number cannot be waited for. */
const revisionOf = (object: KubeObject): number => Number(object.metadata.resourceVersion) || 0;
