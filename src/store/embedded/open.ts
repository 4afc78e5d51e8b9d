import { type Database, open, type RootDatabase } from 'lmdb';
import { type Disk, type HistoryBudget, Revisions } from '../revisions.ts';
import type { Change, Entry, Revision, Store } from '../store.ts';
import { decodeRecord, encodeRecord, entryOf, recordLength, revisionKey, revisionOf } from './record.ts';

export type EmbeddedOptions = {
  /** The folder of the database; made if it is not there. One process at a time (the caller's lock). */
  dir: string;
  /** Bytes of history kept in memory and on disk. */
  history?: Partial<HistoryBudget>;
};

const defaultBudget: HistoryBudget = { memoryBytes: 16 << 20, diskBytes: 128 << 20 };
const oldestKey = Buffer.from('oldest');
const revisionNameKey = Buffer.from('revision');

/** Opens (or makes) the store in `dir`. Acknowledged writes are synced to disk and survive the death of the process. */
export function openEmbeddedStore(options: EmbeddedOptions): Store {
  const root = open<Buffer, Buffer>({
    path: options.dir,
    maxDbs: 4,
    // The promise of a write then means "on disk", not "visible".
    overlappingSync: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    // Unused pages of the map cost address space alone.
    mapSize: 1 << 30,
    noMemInit: true,
  });
  return new Revisions(new LmdbDisk(root), { ...defaultBudget, ...options.history });
}

/**
 * Three tables. `revisions`: every kept change by revision. `current`: key → revision of its newest version.
 * `facts`: the oldest kept revision, and the newest one (it may be a compacted deletion).
 */
class LmdbDisk implements Disk {
  readonly revision: Revision;
  readonly oldest: Revision;
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #revisions: Database<Buffer, Buffer>;
  readonly #current: Database<Buffer, Buffer>;
  readonly #facts: Database<Buffer, Buffer>;
  #bytes = 0;

  constructor(root: RootDatabase<Buffer, Buffer>) {
    this.#root = root;
    const table = (name: string): Database<Buffer, Buffer> => root.openDB({ name, encoding: 'binary', keyEncoding: 'binary' });
    this.#revisions = table('revisions');
    this.#current = table('current');
    this.#facts = table('facts');
    this.revision = this.#fact(revisionNameKey);
    this.oldest = this.#fact(oldestKey);
  }

  #fact(key: Buffer): number {
    const value = this.#facts.getBinary(key);
    return value ? revisionOf(value) : 0;
  }

  get current(): Iterable<Entry> {
    return this.#load();
  }

  *#load(): Iterable<Entry> {
    let currentBytes = 0;
    for (const { key, value } of this.#current.getRange()) {
      const revision = revisionOf(value);
      const bytes = this.#revisions.getBinary(revisionKey(revision));
      if (!bytes) throw new Error(`the store is damaged: ${key.toString()} has no revision ${revision}`);
      currentBytes += bytes.length;
      yield entryOf(decodeRecord(bytes), revision);
    }
    this.#bytes = this.#historyBytes() - currentBytes;
  }

  /** From the table's own statistics: no scan at start-up. */
  #historyBytes(): number {
    const stats = this.#revisions.getStats() as { treeLeafPageCount?: number; overflowPages?: number; pageSize?: number };
    return ((stats.treeLeafPageCount ?? 0) + (stats.overflowPages ?? 0)) * (stats.pageSize ?? 4096);
  }

  async commit(changes: readonly Change[]): Promise<void> {
    const last = changes.at(-1);
    if (!last) return;
    let bytes = 0;
    await this.#root.transaction(() => {
      for (const change of changes) {
        const record = encodeRecord(change);
        // A first version is no history yet; what a change replaces is, and so is a deletion itself.
        if (change.previous) bytes += recordLength(change.previous);
        if (change.type === 'delete') bytes += record.length;
        const revision = revisionKey(change.revision);
        this.#revisions.put(revision, record);
        if (change.type === 'put') this.#current.put(Buffer.from(change.entry.key), revision);
        else this.#current.remove(Buffer.from(change.previous.key));
      }
      this.#facts.put(revisionNameKey, revisionKey(last.revision));
    });
    this.#bytes += bytes;
  }

  changes(since: Revision, until: Revision): Change[] {
    const found: Change[] = [];
    for (const { key, value } of this.#revisions.getRange({ start: revisionKey(since + 1), end: revisionKey(until + 1) })) {
      const revision = revisionOf(key);
      const record = decodeRecord(value);
      const previous = record.previous ? this.#entry(record.previous) : undefined;
      if (record.type === 'put') found.push({ type: 'put', revision, entry: entryOf(record, revision), previous });
      else if (previous) found.push({ type: 'delete', revision, entry: undefined, previous });
    }
    return found;
  }

  #entry(revision: Revision): Entry | undefined {
    const bytes = this.#revisions.getBinary(revisionKey(revision));
    return bytes && entryOf(decodeRecord(bytes), revision);
  }

  /** A version is forgotten when its successor is no newer than `revision`: changes after it still find what they replaced. */
  async compact(oldest: Revision, revision: Revision): Promise<void> {
    let freed = 0;
    await this.#root.transaction(() => {
      const passed = [...this.#revisions.getRange({ start: revisionKey(oldest + 1), end: revisionKey(revision + 1) })];
      for (const { key, value } of passed) {
        const record = decodeRecord(value);
        if (record.previous) freed += this.#forget(revisionKey(record.previous));
        if (record.type === 'delete') freed += this.#forget(key);
      }
      this.#facts.put(oldestKey, revisionKey(revision));
    });
    this.#bytes -= freed;
  }

  #forget(key: Buffer): number {
    const bytes = this.#revisions.getBinary(key);
    if (!bytes) return 0;
    const { length } = bytes;
    this.#revisions.remove(key);
    return length;
  }

  bytes(): number {
    return this.#bytes;
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}
