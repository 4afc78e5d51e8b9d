import type { Informers } from '../../src/client/index.ts';
import type { Kind } from '../../src/kinds/index.ts';
import { type Milliseconds, seconds } from '../../src/lib/clock.ts';
import type { VirtualClock } from '../../src/lib/virtual-clock.ts';
import { keyOf } from '../../src/meta/owner.ts';
import type { KubeObject } from '../../src/meta/types.ts';
import type { State } from './state.ts';

/** From the moment in which a part looks into its caches to the last write that follows from that. */
export const longestTurn: Milliseconds = seconds(10);

/**
 * Which versions of an object the control plane may be acting on: those in its caches now or within the longest turn,
 * and all that came after. Who is held to what it cannot know is held to too much.
 */
export class Seen {
  readonly #clock: VirtualClock;
  readonly #state: State;
  readonly #left = new Map<string, Array<{ revision: number; at: Milliseconds }>>();
  readonly #kinds = new Set<Kind>();
  #informers: Informers | undefined;

  constructor(clock: VirtualClock, state: State) {
    this.#clock = clock;
    this.#state = state;
  }

  /** A control plane has begun; what the one before had in its caches is remembered. */
  follow(informers: Informers | undefined): void {
    if (this.#informers) {
      for (const kind of this.#kinds) for (const it of this.#informers.of(kind).list()) this.#leave(kind, it);
    }
    this.#informers = informers;
    for (const kind of this.#kinds) this.#listen(kind);
  }

  /** Kinds must be named before the first control plane begins. */
  want(...kinds: Kind[]): void {
    for (const kind of kinds) this.#kinds.add(kind);
  }

  /** What was wanted of the object according to each version that may still be acted on, oldest first. */
  versions<T extends KubeObject>(kind: Kind<T>, key: string): T[] {
    const now = this.#clock.now();
    const left = (this.#left.get(`${kind.resource} ${key}`) ?? []).filter((it) => it.at >= now - longestTurn);
    const cached = this.#informers?.of(kind).get(key)?.metadata.resourceVersion;
    const revisions = [...left.map((it) => it.revision), ...(cached ? [Number(cached)] : [])];
    return this.#state.versions(kind, key, revisions.length > 0 ? Math.min(...revisions) : 0);
  }

  #listen(kind: Kind): void {
    this.#informers?.of(kind).onChange(({ old }) => {
      if (old) this.#leave(kind, old);
    });
  }

  #leave(kind: Kind, old: KubeObject): void {
    const key = `${kind.resource} ${keyOf(old)}`;
    const all = this.#left.get(key) ?? [];
    const now = this.#clock.now();
    while (all[0] && all[0].at < now - longestTurn) all.shift();
    all.push({ revision: Number(old.metadata.resourceVersion), at: now });
    this.#left.set(key, all);
  }
}
