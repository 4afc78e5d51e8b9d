import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
export async function claim(dataDir: string, self: { pid: number; startedAt: string }): Promise<{ claimed: true } | { holder: PidRecord }> {
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
      await clearStale(dataDir);
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/** Moves the record aside first: what another process has just put in its place is given back. */
async function clearStale(dataDir: string): Promise<void> {
  const aside = `${pathOf(dataDir)}.${randomUUID()}`;
  try {
    await rename(pathOf(dataDir), aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (await isAlive(await readRecord(aside))) await link(aside, pathOf(dataDir)).catch(() => undefined);
  await rm(aside, { force: true });
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
