import type { Entry } from './store.ts';

/** The newest version of every key, in key order. Keys are ASCII, so that string order is byte order. */
export class KeyIndex {
  readonly #entries = new Map<string, Entry>();
  readonly #keys: string[] = [];

  get size(): number {
    return this.#keys.length;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  set(entry: Entry): void {
    if (!this.#entries.has(entry.key)) this.#keys.splice(this.#lowerBound(entry.key), 0, entry.key);
    this.#entries.set(entry.key, entry);
  }

  remove(key: string): void {
    if (this.#entries.delete(key)) this.#keys.splice(this.#lowerBound(key), 1);
  }

  /** Entries whose keys start with `prefix` and come after `after`. */
  range(prefix: string, after?: string): Entry[] {
    const from = after === undefined ? this.#lowerBound(prefix) : Math.max(this.#lowerBound(prefix), this.#lowerBound(`${after}\0`));
    const found: Entry[] = [];
    for (let i = from; i < this.#keys.length; i++) {
      const key = this.#keys[i] as string;
      if (!key.startsWith(prefix)) break;
      found.push(this.#entries.get(key) as Entry);
    }
    return found;
  }

  #lowerBound(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
