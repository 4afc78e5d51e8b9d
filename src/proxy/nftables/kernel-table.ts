import { backoff } from '../../lib/backoff.ts';
import { type Clock, seconds } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { culpritsAmong } from './culprits.ts';
import type { Programs } from './nft.ts';
import { batchOf, type Change, idOf, isSame, type Piece } from './pieces.ts';
import { skeleton, type TableFacts } from './skeleton.ts';

/** Our table in the kernel, kept at what its owners want. */
export interface KernelTable {
  /**
   * Replaces what one owner wants; what it wants refers to nothing of others. Resolves when the kernel has it, or with
   * what keeps the kernel from taking it. Where that is the owner's own fault, it keeps what it had, the others have
   * theirs, and it is tried when it is asked for again; else what is wanted stays wanted, and is tried again.
   */
  want(owner: string, pieces: readonly Piece[]): Promise<string | undefined>;
  /** Makes the whole table anew, in one step: after somebody else has changed it. */
  rebuild(facts?: Partial<Pick<TableFacts, 'bridge'>>): Promise<void>;
  /** Whether a process is one of ours that wrote to the table. */
  isOurs(pid: number): boolean;
  /** Why the kernel does not have what is wanted; undefined when it has. */
  fault(): string | undefined;
  /** Resolves when the table is gone. */
  close(): Promise<void>;
}

type Deps = { programs: Programs; clock: Clock; log: Log };
/** A piece as it is wanted, by how many, and as the kernel has it. */
type Entry = { id: string; wanted: Piece | undefined; owners: number; applied: Piece | undefined };
/** What the kernel does not take of an owner. */
type Refused = { pieces: readonly Piece[]; message: string };

/** Processes remembered as ours: events of the kernel come a moment after the process has ended. */
const mostPids = 64;

/**
 * Writes nothing before an owner has said what it wants: what an earlier run left carries traffic on until then, and is
 * replaced in one step.
 */
export function createKernelTable(start: TableFacts, { programs, clock, log }: Deps): KernelTable {
  const { name } = start;
  let changed: Partial<TableFacts> = {};
  const entries = new Map<string, Entry>();
  const byOwner = new Map<string, readonly Piece[]>();
  const refused = new Map<string, Refused>();
  /** What owners had that have changed it since the kernel last took everything. */
  const before = new Map<string, readonly Piece[]>();
  const dirty = new Set<Entry>();
  const pids: number[] = [];
  /** Nothing is known of what the kernel has: all of it is made anew. */
  let isUnknown = true;
  let isClosed = false;
  let fault: string | undefined;
  let failures = 0;
  let cancelRetry = (): void => {};
  let writing: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  /** Trials of those that were refused, one after the other: there may be many of them. */
  let trying: Promise<unknown> = Promise.resolve();

  const remember = (pid: number): void => {
    pids.push(pid);
    if (pids.length > mostPids) pids.shift();
  };

  /** Those that ask while one batch is being written share the next. */
  function write(): Promise<void> {
    next ??= (async () => {
      await writing;
      // Ports are being opened for the same change: they go along.
      await new Promise((resolve) => setImmediate(resolve));
      next = undefined;
      if (isClosed) return;
      writing = apply();
      await writing;
    })();
    return next;
  }

  /** The whole table, with these pieces. */
  const anew = (changes: readonly Change[]): string =>
    `table ip ${name}\ndelete table ip ${name}\n${skeleton({ ...start, ...changed })}${batchOf(name, changes)}`;

  async function apply(): Promise<void> {
    const isAnew = isUnknown;
    isUnknown = false;
    if (isAnew) for (const it of entries.values()) it.applied = undefined;
    const changes: Array<Change & { entry: Entry }> = [];
    for (const entry of isAnew ? entries.values() : dirty) {
      const { applied, wanted } = entry;
      if (applied && wanted ? isSame(applied, wanted) : applied === wanted) settle(entry, applied);
      else changes.push({ entry, before: applied, after: wanted });
    }
    dirty.clear();
    const changing = [...before];
    before.clear();
    if (!isAnew && changes.length === 0) return;
    const began = clock.now();
    try {
      await programs.nft(isAnew ? anew(changes) : batchOf(name, changes), { onStart: remember });
    } catch (error) {
      isUnknown = true;
      for (const [owner, had] of changing) before.set(owner, had);
      if (!isAnew) {
        // Not what we think it is any more: made anew, once.
        log.warn('the kernel did not take a change of services, the table is made anew', { table: name, error: (error as Error).message });
        return apply();
      }
      return (await refuseCulprits()) ? apply() : failed(error as Error);
    }
    for (const { entry, after } of changes) settle(entry, after);
    failures = 0;
    fault = undefined;
    cancelRetry();
    log.debug('the kernel carries services', { table: name, changes: changes.length, ms: clock.now() - began });
  }

  function settle(entry: Entry, applied: Piece | undefined): void {
    entry.applied = applied;
    if (!applied && !entry.wanted) entries.delete(entry.id);
  }

  /** Looks for owners whose pieces the kernel does not take, and gives them back what they had. False: it is none of them. */
  async function refuseCulprits(): Promise<boolean> {
    const trial = async (owners: readonly string[]): Promise<string | undefined> =>
      faultOf(new Set(owners.flatMap((it) => byOwner.get(it) ?? [])));
    const found = await culpritsAmong([...before.keys()], [...byOwner.keys()], trial);
    for (const [owner, message] of found) {
      const pieces = byOwner.get(owner) ?? [];
      log.error('the kernel does not take what one asks for, which is left out', { table: name, owner, error: message });
      const had = before.get(owner) ?? [];
      before.delete(owner);
      refused.set(owner, { pieces, message });
      set(owner, had);
    }
    return found.size > 0;
  }

  /** What the kernel says of a table with these pieces alone; it changes nothing. */
  async function faultOf(pieces: Iterable<Piece>): Promise<string | undefined> {
    const byId = new Map<string, Piece>();
    for (const it of pieces) byId.set(idOf(it), it);
    try {
      await programs.nft(anew([...byId.values()].map((after) => ({ before: undefined, after }))), { isTrial: true });
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  function failed(error: Error): void {
    if (fault !== error.message) log.error('the kernel does not take the table of services', { table: name, error: error.message });
    fault = error.message;
    failures += 1;
    cancelRetry();
    cancelRetry = clock.schedule(backoff(failures - 1, seconds(1), seconds(30)), () => void write());
  }

  /** The new ones first: what stays has an owner all the time. */
  function set(owner: string, pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      const id = idOf(piece);
      const known = entries.get(id);
      if (!known) {
        const entry: Entry = { id, wanted: piece, owners: 1, applied: undefined };
        entries.set(id, entry);
        dirty.add(entry);
        continue;
      }
      known.owners += 1;
      if (known.wanted === piece || (known.wanted && isSame(known.wanted, piece))) continue;
      known.wanted = piece;
      dirty.add(known);
    }
    for (const piece of byOwner.get(owner) ?? []) {
      const known = entries.get(idOf(piece));
      if (!known || --known.owners > 0) continue;
      known.wanted = undefined;
      dirty.add(known);
    }
    if (pieces.length > 0) byOwner.set(owner, pieces);
    else byOwner.delete(owner);
  }

  return {
    async want(owner, pieces) {
      if (refused.has(owner) && pieces.length > 0) {
        const again: Refused = { pieces, message: refused.get(owner)?.message ?? '' };
        refused.set(owner, again);
        const trial = trying.then(() => faultOf(pieces));
        trying = trial;
        const message = await trial;
        // Asked for something else meanwhile: that one sees to it.
        if (refused.get(owner) !== again) return message;
        again.message = message ?? '';
        if (message !== undefined) return message;
      }
      refused.delete(owner);
      if (!before.has(owner)) before.set(owner, byOwner.get(owner) ?? []);
      set(owner, pieces);
      await write();
      return refused.get(owner)?.message ?? fault;
    },
    async rebuild(facts = {}) {
      changed = { ...changed, ...facts };
      isUnknown = true;
      await write();
    },
    isOurs: (pid) => pids.includes(pid),
    fault: () => fault,
    async close() {
      if (isClosed) return;
      isClosed = true;
      cancelRetry();
      await writing;
      await removeTable(name, programs);
    },
  };
}

/** One that is not there counts as removed. */
export async function removeTable(name: string, { nft }: Programs): Promise<void> {
  await nft(`table ip ${name}\ndelete table ip ${name}`);
}
