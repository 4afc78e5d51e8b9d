import { addUsage, type AnyKind, type core, event, isInScope, kinds, maskUsage, type Usage, usageOf } from '../../kinds/index.ts';
import type { Clock } from '../../lib/clock.ts';
import { deepEqual } from '../../meta/copy.ts';
import { compareQuantities, subtractQuantities } from '../../meta/quantity.ts';
import type { KubeObject } from '../../meta/types.ts';
import type { Change, Entry, Store } from '../../store/index.ts';
import { decode, storeKey } from '../codec.ts';

type Quota = core.ResourceQuota;
type Counted = { kind: AnyKind; object: KubeObject };
/** What of a quota would be too much, and how it stands with it. */
export type Excess = { quota: Quota; names: readonly string[]; asked: Usage; used: Usage };

/** What quotas can count. */
export const counted: readonly AnyKind[] = kinds.filter((it) => it.namespaced && it !== event && !it.viewOf);
const byResource = new Map(counted.map((it) => [it.resource, it]));

/** `/registry/<resource>/<namespace>/<name>`, of a kind that counts. */
export function placeOf({ entry, previous }: Change): { key: string; kind: AnyKind; namespace: string } | undefined {
  const { key } = (entry ?? previous) as Entry;
  const [, , resource = '', namespace = '', name] = key.split('/');
  const kind = byResource.get(resource);
  return kind && name !== undefined ? { key, kind, namespace } : undefined;
}

/** What is used in one namespace. */
export class QuotaLedger {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #namespace: string;
  readonly #quotas = new Map<string, Quota>();
  /** Of each quota, what the stored objects use; reckoned anew when missing. */
  readonly #used = new Map<string, Usage>();
  /** Writes under way, by the uid of what they write. */
  readonly #held = new Map<string, Counted>();
  #objects: Map<string, Counted> | undefined;
  #loading: Promise<void> | undefined;
  #missed: Change[] = [];

  constructor(store: Store, clock: Clock, namespace: string) {
    this.#store = store;
    this.#clock = clock;
    this.#namespace = namespace;
  }

  get isEmpty(): boolean {
    return this.#quotas.size === 0;
  }

  get isLoaded(): boolean {
    return this.#objects !== undefined;
  }

  noteQuota(name: string, quota: Quota | undefined): void {
    const before = this.#quotas.get(name);
    if (quota) this.#quotas.set(name, quota);
    else this.#quotas.delete(name);
    if (!quota || !deepEqual(before?.spec, quota.spec)) this.#used.delete(name);
  }

  /** Reads what is there; changes that come meanwhile are made up for after it. */
  load(): Promise<void> {
    if (this.#objects) return Promise.resolve();
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #read(): Promise<void> {
    this.#missed = [];
    const objects = new Map<string, Counted>();
    const revisions = new Map<AnyKind, number>();
    for (const kind of counted) {
      const { entries, revision } = await this.#store.range(storeKey(kind, this.#namespace));
      revisions.set(kind, revision);
      for (const entry of entries) objects.set(entry.key, { kind, object: decode(entry) });
    }
    this.#objects = objects;
    for (const change of this.#missed) {
      const place = placeOf(change);
      if (place && change.revision > (revisions.get(place.kind) ?? 0)) this.note(change);
    }
    this.#missed = [];
  }

  note(change: Change): void {
    const place = placeOf(change);
    if (!place) return;
    if (!this.#objects) {
      if (this.#loading) this.#missed.push(change);
      return;
    }
    const was = this.#objects.get(place.key);
    const now = change.entry ? { kind: place.kind, object: decode(change.entry) } : undefined;
    if (now) {
      this.#objects.set(place.key, now);
      this.#held.delete(now.object.metadata.uid);
    } else this.#objects.delete(place.key);
    for (const [name, quota] of this.#quotas) {
      const used = this.#used.get(name);
      if (!used) continue;
      const [before, after] = [was ? this.#usage(quota, was) : {}, now ? this.#usage(quota, now) : {}];
      if (!deepEqual(before, after)) this.#used.set(name, addUsage(subtractUsage(used, before), after));
    }
  }

  /** Until the write that is under way is seen, or has failed. */
  hold(it: Counted): () => void {
    const { uid, name } = it.object.metadata;
    this.#held.set(uid, it);
    return () => {
      void this.#store.get(storeKey(it.kind, this.#namespace, name)).then((entry) => {
        const isStored = entry !== undefined && decode(entry).metadata.uid === uid;
        const isSeen = entry !== undefined && this.#objects?.get(entry.key)?.object.metadata.uid === uid;
        if (!isStored || isSeen) this.#held.delete(uid);
      });
    };
  }

  #usage(quota: Quota, { kind, object }: Counted): Usage {
    return isInScope(quota, kind, object) ? maskUsage(usageOf(kind, object, this.#clock.now()), quota.spec.hard ?? {}) : {};
  }

  #reckon(quota: Quota): Usage {
    let used: Usage = Object.fromEntries(Object.keys(quota.spec.hard ?? {}).map((it) => [it, '0']));
    for (const it of this.#objects?.values() ?? []) used = addUsage(used, this.#usage(quota, it));
    this.#used.set(quota.metadata.name, used);
    return used;
  }

  /** The first quota that `draft`, in place of `was`, would take too much of. */
  excess(kind: AnyKind, draft: KubeObject, was: KubeObject | undefined): Excess | undefined {
    for (const quota of this.quotasFor(kind, draft)) {
      const asked = beyond(this.#usage(quota, { kind, object: draft }), was ? this.#usage(quota, { kind, object: was }) : {});
      if (Object.keys(asked).length === 0) continue;
      // What is past its time gives back without a change: before refusing, all is reckoned anew.
      const known = this.#used.get(quota.metadata.name);
      if (known && this.#exceeded(quota, asked, known).length === 0) continue;
      const used = this.#reckon(quota);
      const names = this.#exceeded(quota, asked, used);
      if (names.length > 0) return { quota, names, asked, used: this.#withHeld(quota, used) };
    }
    return undefined;
  }

  /** Those that are about an object, by name. */
  quotasFor(kind: AnyKind, object: KubeObject): Quota[] {
    const all = [...this.#quotas.values()].filter((it) => isInScope(it, kind, object));
    return all.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  #withHeld(quota: Quota, used: Usage): Usage {
    let all = used;
    for (const it of this.#held.values()) all = addUsage(all, this.#usage(quota, it));
    return all;
  }

  #exceeded(quota: Quota, asked: Usage, used: Usage): string[] {
    const after = addUsage(this.#withHeld(quota, used), asked);
    return Object.keys(asked).filter((it) => compareQuantities(after[it] as string, quota.spec.hard?.[it] ?? '0') > 0);
  }
}

function subtractUsage(a: Usage, b: Usage): Usage {
  const rest = { ...a };
  for (const [name, amount] of Object.entries(b)) rest[name] = subtractQuantities(rest[name] ?? '0', amount);
  return rest;
}

/** What is asked beyond what there was. */
function beyond(asked: Usage, before: Usage): Usage {
  const result: Usage = {};
  for (const [name, amount] of Object.entries(asked)) {
    const rest = before[name] === undefined ? amount : subtractQuantities(amount, before[name]);
    if (compareQuantities(rest, '0') > 0) result[name] = rest;
  }
  return result;
}
