import { backoff } from '../../lib/backoff.ts';
import { type Clock, seconds } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Programs } from './nft.ts';
import { batchOf, type Change, idOf, isSame, type Piece } from './pieces.ts';
import { skeleton, type TableFacts } from './skeleton.ts';

/** Our table in the kernel, kept at what its owners want. */
export interface KernelTable {
  /**
   * Replaces what one owner wants. Resolves when the kernel has it, or with what keeps the kernel from taking it; what is
   * wanted then stays wanted, and is tried again.
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
type Known = { piece: Piece; owners: Set<string> };

/** Processes remembered as ours: events of the kernel come a moment after the process has ended. */
const mostPids = 64;

/**
 * Writes nothing before an owner has said what it wants: what an earlier run left carries traffic on until then, and is
 * replaced in one step.
 */
export function createKernelTable(start: TableFacts, { programs, clock, log }: Deps): KernelTable {
  const { name } = start;
  let changed: Partial<TableFacts> = {};
  const wanted = new Map<string, Known>();
  const byOwner = new Map<string, ReadonlySet<string>>();
  /** What the kernel has. */
  const applied = new Map<string, Piece>();
  const dirty = new Set<string>();
  const pids: number[] = [];
  /** Nothing is known of what the kernel has: all of it is made anew. */
  let isUnknown = true;
  let isClosed = false;
  let fault: string | undefined;
  let failures = 0;
  let cancelRetry = (): void => {};
  let writing: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

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

  async function apply(): Promise<void> {
    const changes: Change[] = [];
    const isAnew = isUnknown;
    isUnknown = false;
    const ids = isAnew ? [...wanted.keys()] : [...dirty];
    dirty.clear();
    if (isAnew) applied.clear();
    for (const id of ids) {
      const [before, after] = [applied.get(id), wanted.get(id)?.piece];
      if (before === after || (before && after && isSame(before, after))) continue;
      changes.push({ before, after });
    }
    if (!isAnew && changes.length === 0) return;
    const began = clock.now();
    const batch = batchOf(name, changes);
    try {
      await programs.nft(isAnew ? `table ip ${name}\ndelete table ip ${name}\n${skeleton({ ...start, ...changed })}${batch}` : batch, {
        onStart: remember,
      });
    } catch (error) {
      isUnknown = true;
      if (!isAnew) {
        // Not what we think it is any more: made anew, once.
        log.warn('the kernel did not take a change of services, the table is made anew', { table: name, error: (error as Error).message });
        return apply();
      }
      return failed(error as Error);
    }
    for (const { before, after } of changes) {
      if (after) applied.set(idOf(after), after);
      else if (before) applied.delete(idOf(before));
    }
    failures = 0;
    fault = undefined;
    cancelRetry();
    log.debug('the kernel carries services', { table: name, changes: changes.length, ms: clock.now() - began });
  }

  function failed(error: Error): void {
    if (fault !== error.message) log.error('the kernel does not take the table of services', { table: name, error: error.message });
    fault = error.message;
    failures += 1;
    cancelRetry();
    cancelRetry = clock.schedule(backoff(failures - 1, seconds(1), seconds(30)), () => void write());
  }

  function unown(id: string, owner: string): void {
    const known = wanted.get(id);
    known?.owners.delete(owner);
    if (known?.owners.size === 0) wanted.delete(id);
    dirty.add(id);
  }

  return {
    async want(owner, pieces) {
      const ids = new Set<string>();
      for (const piece of pieces) {
        const id = idOf(piece);
        ids.add(id);
        const known = wanted.get(id);
        if (!known) wanted.set(id, { piece, owners: new Set([owner]) });
        else {
          known.owners.add(owner);
          if (isSame(known.piece, piece)) continue;
          known.piece = piece;
        }
        dirty.add(id);
      }
      for (const id of byOwner.get(owner) ?? []) if (!ids.has(id)) unown(id, owner);
      if (ids.size > 0) byOwner.set(owner, ids);
      else byOwner.delete(owner);
      await write();
      return fault;
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
