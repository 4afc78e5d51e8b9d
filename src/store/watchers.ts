import type { Change } from './store.ts';

type Listener = (changes: readonly Change[]) => void;

export const keyOfChange = (change: Change): string => (change.type === 'put' ? change.entry.key : change.previous.key);

/** Who wants to hear of which keys. Changes are sifted once per prefix, however many watch it. */
export class Watchers {
  readonly #byPrefix = new Map<string, Set<Listener>>();

  add(prefix: string, listener: Listener): () => void {
    let group = this.#byPrefix.get(prefix);
    if (!group) {
      group = new Set();
      this.#byPrefix.set(prefix, group);
    }
    // A wrapper of its own, so that one function may watch twice.
    const own: Listener = (changes) => listener(changes);
    group.add(own);
    return () => {
      group.delete(own);
      if (group.size === 0 && this.#byPrefix.get(prefix) === group) this.#byPrefix.delete(prefix);
    };
  }

  tell(changes: readonly Change[]): void {
    for (const [prefix, group] of [...this.#byPrefix]) {
      const wanted = changes.filter((it) => keyOfChange(it).startsWith(prefix));
      if (wanted.length === 0) continue;
      for (const listener of [...group]) listener(wanted);
    }
  }
}
