/** Position in the one history of the store. Rises by one with every change; 0 is before the first. */
export type Revision = number;

/** One version of one key. Immutable; while it is the newest version, the same object is handed out every time. */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** The change that made this version. */
  readonly revision: Revision;
  /** The change that made the key exist. */
  readonly created: Revision;
}

export type Change =
  | { readonly type: 'put'; readonly revision: Revision; readonly entry: Entry; readonly previous: Entry | undefined }
  | { readonly type: 'delete'; readonly revision: Revision; readonly entry: undefined; readonly previous: Entry };

/** A page of a range, as of `revision`. */
export type Range = { readonly entries: readonly Entry[]; readonly revision: Revision; readonly more: boolean; readonly remaining: number };

/** The write was conditioned on another revision than the one found. `found` is the newest version, if the key exists. */
export class RevisionMismatch extends Error {
  readonly found: Entry | undefined;
  constructor(key: string, found: Entry | undefined) {
    super(`${key} is at revision ${found?.revision ?? 0}`);
    this.name = 'RevisionMismatch';
    this.found = found;
  }
}

/** The revision asked for is older than what is kept. */
export class Compacted extends Error {
  readonly oldest: Revision;
  constructor(asked: Revision, oldest: Revision) {
    super(`revision ${asked} is compacted, the oldest kept is ${oldest}`);
    this.name = 'Compacted';
    this.oldest = oldest;
  }
}

/**
 * Keys, values and revisions, after etcd's contract. Knows nothing of what the bytes mean.
 * Keys are ordered by their bytes. All changes form one gap-free sequence, the same for every reader.
 */
export interface Store {
  /** The newest revision that reads and watches can see. */
  revision(): Revision;
  /** The newest version; undefined when the key does not exist. Sees every write that was acknowledged before the call. */
  get(key: string): Promise<Entry | undefined>;
  /**
   * Keys that start with `prefix`, after `after` (excluded) if given, at most `limit`.
   * At `revision` if given: fails with Compacted when that is no longer kept.
   */
  range(prefix: string, options?: { after?: string; limit?: number; revision?: Revision }): Promise<Range>;
  /**
   * Resolves when the change is on disk. `expected` is the revision the key must have now, 0 for "must not exist",
   * undefined for "whatever": otherwise RevisionMismatch, and nothing is changed.
   */
  put(key: string, value: Uint8Array, expected?: Revision): Promise<Entry>;
  /** Resolves with the deleting revision when the change is on disk. A key that does not exist is a RevisionMismatch. */
  delete(key: string, expected?: Revision): Promise<Revision>;
  /**
   * Every change after revision `since` to a key that starts with `prefix`, in order, each once, batch by batch.
   * `onChanges` is called synchronously and must not throw; changes are on disk before they are seen.
   * Fails with Compacted when changes after `since` are no longer kept. The returned function ends the watch.
   */
  watch(prefix: string, since: Revision, onChanges: (changes: readonly Change[]) => void): Promise<() => void>;
  /** Oldest revision at which range and watch still work. */
  oldest(): Revision;
  /** Forgets history before `revision`; the newest versions stay. */
  compact(revision: Revision): Promise<void>;
  /** Waits for what was acknowledged, then lets go of files and sockets. */
  close(): Promise<void>;
}
