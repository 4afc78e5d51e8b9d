import { KeyIndex } from './key-index.ts';
import { type Change, Compacted, type Entry, type Range, type Revision, RevisionMismatch, type Store } from './store.ts';
import { keyOfChange, Watchers } from './watchers.ts';

/** Where revisions outlive the process. `commit` is called with one batch at a time. */
export interface Disk {
  /** What was there at opening: the newest versions in key order, the newest revision and the oldest that is kept. */
  readonly current: Iterable<Entry>;
  readonly revision: Revision;
  readonly oldest: Revision;
  /** Resolves when all of `changes` are on disk; fails when none of them is. */
  commit(changes: readonly Change[]): Promise<void>;
  /** The changes after `since` up to and including `until`, oldest first. */
  changes(since: Revision, until: Revision): Change[];
  /** Forgets what only revisions before `revision` need. */
  compact(oldest: Revision, revision: Revision): Promise<void>;
  /** Bytes that kept history takes; the store compacts when they exceed the budget. */
  bytes(): number;
  close(): Promise<void>;
}

export type HistoryBudget = {
  /** Bytes of changes kept in memory, from which watches resume quickly. */
  memoryBytes: number;
  /** Bytes of changes kept in all. */
  diskBytes: number;
};

type Write = { change: Change; resolve: () => void; reject: (error: unknown) => void };
/** `entry` undefined marks a deletion; `settled` resolves when it is on disk, or failed to get there. */
type Ahead = { entry: Entry | undefined; settled: Promise<unknown> };

const sizeOf = (change: Change): number => (change.type === 'put' ? change.entry.value.byteLength : 0) + 200;

/**
 * The store's contract over any disk. Writes are checked at once against everything accepted so far, gathered while
 * the disk is busy, and committed together; readers and watchers see them, in order, when they are on disk.
 */
export class Revisions implements Store {
  readonly #disk: Disk;
  readonly #budget: HistoryBudget;
  readonly #index = new KeyIndex();
  readonly #watchers = new Watchers();
  /** Newest versions that are accepted but not on disk yet. */
  readonly #ahead = new Map<string, Ahead>();
  #waiting: Write[] = [];
  #committing: Promise<void> | undefined;
  #visible: Revision;
  #accepted: Revision;
  #oldest: Revision;
  /** The last changes, gap-free up to `#visible`. */
  #recent: Change[] = [];
  #recentBytes = 0;
  #compacting: Promise<void> | undefined;
  #closed = false;

  constructor(disk: Disk, budget: HistoryBudget) {
    this.#disk = disk;
    this.#budget = budget;
    this.#visible = disk.revision;
    this.#accepted = disk.revision;
    this.#oldest = disk.oldest;
    for (const entry of disk.current) this.#index.set(entry);
  }

  revision(): Revision {
    return this.#visible;
  }

  oldest(): Revision {
    return this.#oldest;
  }

  async get(key: string): Promise<Entry | undefined> {
    return this.#index.get(key);
  }

  async range(prefix: string, options: { after?: string; limit?: number; revision?: Revision } = {}): Promise<Range> {
    const revision = options.revision ?? this.#visible;
    const all = revision === this.#visible ? this.#index.range(prefix, options.after) : this.#rangeAt(prefix, revision, options.after);
    const limit = options.limit || all.length;
    const entries = all.length > limit ? all.slice(0, limit) : all;
    return { entries, revision, more: all.length > entries.length, remaining: all.length - entries.length };
  }

  /** Walks back from now: every change after `revision` is undone. */
  #rangeAt(prefix: string, revision: Revision, after: string | undefined): Entry[] {
    const state = new Map(this.#index.range(prefix).map((it) => [it.key, it]));
    const later = this.#changesAfter(revision);
    for (let i = later.length - 1; i >= 0; i--) {
      const change = later[i] as Change;
      const key = keyOfChange(change);
      if (!key.startsWith(prefix)) continue;
      if (change.previous) state.set(key, change.previous);
      else state.delete(key);
    }
    const entries = [...state.values()].filter((it) => after === undefined || it.key > after);
    return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #changesAfter(since: Revision): Change[] {
    if (since < this.#oldest) throw new Compacted(since, this.#oldest);
    const inMemoryFrom = this.#visible - this.#recent.length;
    if (since >= inMemoryFrom) return this.#recent.slice(since - inMemoryFrom);
    return [...this.#disk.changes(since, inMemoryFrom), ...this.#recent];
  }

  async put(key: string, value: Uint8Array, expected?: Revision): Promise<Entry> {
    const previous = this.#expect(key, expected);
    if (previous instanceof RevisionMismatch) return this.#refuse(previous, key);
    const revision = this.#nextRevision();
    const entry: Entry = { key, value, revision, created: previous?.created ?? revision };
    await this.#write({ type: 'put', revision, entry, previous }, entry);
    return entry;
  }

  async delete(key: string, expected?: Revision): Promise<Revision> {
    const previous = this.#expect(key, expected);
    if (previous instanceof RevisionMismatch) return this.#refuse(previous, key);
    if (!previous) return this.#refuse(new RevisionMismatch(key, undefined), key);
    const revision = this.#nextRevision();
    await this.#write({ type: 'delete', revision, entry: undefined, previous }, undefined);
    return revision;
  }

  /** The newest accepted version: what a write that is accepted now, in the same turn, will have replaced. */
  #expect(key: string, expected: Revision | undefined): Entry | undefined | RevisionMismatch {
    if (this.#closed) throw new Error('the store is closed');
    const ahead = this.#ahead.get(key);
    const found = ahead ? ahead.entry : this.#index.get(key);
    return expected !== undefined && (found?.revision ?? 0) !== expected ? new RevisionMismatch(key, found) : found;
  }

  /** Who is refused reads again and must then find what it lost against, so that is waited for. */
  async #refuse(mismatch: RevisionMismatch, key: string): Promise<never> {
    await this.#ahead.get(key)?.settled;
    throw mismatch;
  }

  #nextRevision(): Revision {
    this.#accepted += 1;
    return this.#accepted;
  }

  #write(change: Change, newest: Entry | undefined): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject });
      // The next turn of the loop, so that writes of this turn share one commit.
      this.#committing ??= Promise.resolve().then(() => this.#commitAll());
    });
    this.#ahead.set(keyOfChange(change), { entry: newest, settled: written.catch(() => {}) });
    return written;
  }

  async #commitAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      const changes = batch.map((it) => it.change);
      try {
        await this.#disk.commit(changes);
      } catch (error) {
        // What was accepted on top of the failed batch rests on versions that never came to be.
        const lost = [...batch, ...this.#waiting];
        this.#waiting = [];
        this.#ahead.clear();
        this.#accepted = this.#visible;
        for (const write of lost) write.reject(error);
        break;
      }
      this.#show(changes);
      for (const write of batch) write.resolve();
    }
    this.#committing = undefined;
  }

  #show(changes: readonly Change[]): void {
    for (const change of changes) {
      const key = keyOfChange(change);
      if (change.type === 'put') this.#index.set(change.entry);
      else this.#index.remove(key);
      if (this.#ahead.get(key)?.entry === change.entry) this.#ahead.delete(key);
      this.#recent.push(change);
      this.#recentBytes += sizeOf(change);
    }
    this.#visible = (changes.at(-1) as Change).revision;
    this.#trim();
    this.#watchers.tell(changes);
  }

  #trim(): void {
    if (this.#recentBytes > this.#budget.memoryBytes) {
      // Down to three quarters, so that the array is not cut at every write.
      let cut = 0;
      while (this.#recentBytes > this.#budget.memoryBytes * 0.75 && cut < this.#recent.length - 1) {
        this.#recentBytes -= sizeOf(this.#recent[cut] as Change);
        cut += 1;
      }
      this.#recent = this.#recent.slice(cut);
    }
    if (this.#disk.bytes() > this.#budget.diskBytes && !this.#compacting) {
      const kept = this.#visible - this.#oldest;
      this.#compacting = this.compact(this.#oldest + Math.ceil(kept / 4)).finally(() => {
        this.#compacting = undefined;
      });
    }
  }

  async watch(prefix: string, since: Revision, onChanges: (changes: readonly Change[]) => void): Promise<() => void> {
    const backlog = this.#changesAfter(since).filter((it) => keyOfChange(it).startsWith(prefix));
    if (backlog.length > 0) onChanges(backlog);
    return this.#watchers.add(prefix, onChanges);
  }

  async compact(revision: Revision): Promise<void> {
    const target = Math.min(revision, this.#visible);
    if (target <= this.#oldest) return;
    const from = this.#oldest;
    this.#oldest = target;
    const inMemoryFrom = this.#visible - this.#recent.length;
    if (target > inMemoryFrom) {
      const dropped = this.#recent.splice(0, target - inMemoryFrom);
      for (const change of dropped) this.#recentBytes -= sizeOf(change);
    }
    await this.#disk.compact(from, target);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#committing;
    await this.#compacting;
    await this.#disk.close();
  }
}
