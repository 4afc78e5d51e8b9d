import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, sleep } from '../../lib/clock.ts';
import type { StartStep } from '../edges.ts';
import { replaceFile } from '../replace-file.ts';
import { identityOf } from './identity.ts';

/** What a control plane says of itself: what it is starting, then where its API server answers. */
export type PidRecord = { pid: number; identity: string; startedAt: string; step?: StartStep; url?: string };

const pathOf = (dataDir: string): string => join(dataDir, 'peapod.pid');

/** The process that runs the cluster of this data directory; undefined when none does. A stale record counts as none. */
export async function runningProcess(dataDir: string): Promise<PidRecord | undefined> {
  const record = await readRecord(pathOf(dataDir));
  return (await isAlive(record)) ? record : undefined;
}

const isAlive = async (record: PidRecord | undefined): Promise<boolean> =>
  record !== undefined && (await identityOf(record.pid)) === record.identity;

/**
 * Writes down that this process runs the cluster. Of two that try at once, one gets it: the other is told who. What a
 * process that is gone has left is cleared away.
 */
export async function claim(
  dataDir: string,
  self: { pid: number; startedAt: string },
  clock: Clock,
): Promise<{ claimed: true } | { holder: PidRecord }> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const identity = (await identityOf(self.pid)) ?? '';
  const mine = `${pathOf(dataDir)}.${randomUUID()}`;
  await writeFile(mine, JSON.stringify({ ...self, identity }), { mode: 0o600 });
  try {
    for (;;) {
      try {
        // A link appears with its content: nobody ever reads half a record.
        await link(mine, pathOf(dataDir));
        return { claimed: true };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = await runningProcess(dataDir);
      if (holder) return { holder };
      await clearStale(dataDir, clock);
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/**
 * Takes a stale record away. Two may find it stale at once, and the slower one must not take what the faster one has
 * put in its place: whoever gets to make the second link to that very file removes it, and nobody else.
 */
async function clearStale(dataDir: string, clock: Clock): Promise<void> {
  const path = pathOf(dataDir);
  const inode = await inodeOf(path);
  if (inode === undefined) return;
  const mark = `${path}.${inode}`;
  try {
    await link(path, mark);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && code !== 'ENOENT') throw error;
    // Somebody else is at it; the mark of one that died meanwhile is removed by the next who comes by.
    if (code === 'EEXIST') await sleep(clock, 20);
    if ((await inodeOf(path)) === inode && (await isOld(mark, clock))) await rm(mark, { force: true });
    return;
  }
  if ((await inodeOf(mark)) === inode && !(await isAlive(await readRecord(mark)))) await rm(path, { force: true });
  await rm(mark, { force: true });
}

const inodeOf = (path: string): Promise<number | undefined> => stat(path).then(({ ino }) => ino, ifAbsent);

/** Links change the time of the file's last change: this tells when the mark was made. */
async function isOld(path: string, clock: Clock): Promise<boolean> {
  const changed = await stat(path).then(({ ctimeMs }) => ctimeMs, ifAbsent);
  return changed !== undefined && clock.now() - changed > 2_000;
}

function ifAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}

/** Adds to the record of this process how far it is. */
export async function announce(dataDir: string, pid: number, news: { step: StartStep } | { url: string }): Promise<void> {
  const record = await readRecord(pathOf(dataDir));
  if (record?.pid === pid) await replaceFile(pathOf(dataDir), JSON.stringify({ ...record, ...news }));
}

/** Takes the record away if it is still that process's. */
export async function release(dataDir: string, pid: number): Promise<void> {
  if ((await readRecord(pathOf(dataDir)))?.pid === pid) await rm(pathOf(dataDir), { force: true });
}

async function readRecord(path: string): Promise<PidRecord | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  try {
    const record = JSON.parse(text) as Partial<PidRecord> | null;
    if (typeof record?.pid === 'number' && typeof record.identity === 'string') return record as PidRecord;
  } catch {
    // Cut off while it was written: whoever did it is gone.
  }
  return undefined;
}
