import type { Listener } from './table.ts';

/** Who wants a listener. Older ones come first; ties go by name, so that a restart decides alike. */
export type Claimant = { name: string; since: string };

type Claim = { by: Claimant; listener: Listener };

const order = (a: Claim, b: Claim): number => a.by.since.localeCompare(b.by.since) || a.by.name.localeCompare(b.by.name);

/** Every listener wanted by anyone. An address and port can be had by one alone: whoever came first. */
export class Claims {
  readonly #byId = new Map<string, Claim[]>();
  readonly #byName = new Map<string, ReadonlySet<string>>();

  /** Replaces what `by` wants; none means it wants nothing any more. Returns the ids whose winner may have changed. */
  set(by: Claimant, listeners: readonly Listener[]): Set<string> {
    const wanted = new Map(listeners.map((it) => [it.id, it]));
    const touched = new Set([...(this.#byName.get(by.name) ?? []), ...wanted.keys()]);
    for (const id of touched) {
      const listener = wanted.get(id);
      const claims = (this.#byId.get(id) ?? []).filter((it) => it.by.name !== by.name);
      if (listener) claims.push({ by, listener });
      if (claims.length === 0) this.#byId.delete(id);
      else this.#byId.set(id, claims.sort(order));
    }
    if (wanted.size === 0) this.#byName.delete(by.name);
    else this.#byName.set(by.name, new Set(wanted.keys()));
    return touched;
  }

  winner(id: string): Claim | undefined {
    return this.#byId.get(id)?.[0];
  }

  /** Those who wanted it too and did not get it. */
  losers(id: string): readonly Claim[] {
    return this.#byId.get(id)?.slice(1) ?? [];
  }

  idsOf(name: string): ReadonlySet<string> {
    return this.#byName.get(name) ?? new Set();
  }
}
