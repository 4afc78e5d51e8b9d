import { statfs } from 'node:fs/promises';
import { type Clock, type Milliseconds, minutes } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Images } from '../../runtime/index.ts';
import { messageOf } from '../faults.ts';
import type { PulledImages } from './pulled.ts';

/** How full the engine's disk may be, in percent: above `high` images go until it is below `low`. 100 is never. */
export type ImageCollection = { high: number; low: number };
export type Disk = { capacityBytes: number; usedBytes: number };
export type Candidate = { name: string; id: string; sizeBytes: number; usedAt: Milliseconds };

// As upstream's image manager: looked at every five minutes, and no image goes in its first two.
const period = minutes(5);
const youngest = minutes(2);

/** How many bytes are to be freed. */
export function bytesToFree({ capacityBytes, usedBytes }: Disk, { high, low }: ImageCollection): number {
  if (high >= 100 || capacityBytes === 0 || (usedBytes * 100) / capacityBytes < high) return 0;
  return Math.max(0, Math.ceil(usedBytes - (capacityBytes * low) / 100));
}

/** Those to be tried, the longest unused first. That a container uses one is for the engine to say, who refuses then. */
export const inOrder = (candidates: readonly Candidate[], now: Milliseconds): Candidate[] =>
  candidates.filter((it) => now - it.usedAt >= youngest).sort((a, b) => a.usedAt - b.usedAt);

export type CollectionDeps = {
  limits: ImageCollection;
  images: Pick<Images, 'inspect' | 'untag'>;
  pulled: PulledImages;
  /** When a pod last asked for an image, if it did since this process began. */
  lastUse(name: string): Milliseconds | undefined;
  /** Names that pods here have: theirs stay, running or not. */
  wanted(): ReadonlySet<string>;
  disk(): Promise<Disk | undefined>;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  onFailure(message: string): void;
};

/** Removes images that this agent has pulled and nobody uses, when the disk is full. */
export async function collectImages(deps: CollectionDeps): Promise<void> {
  const room = await deps.disk();
  const needed = room ? bytesToFree(room, deps.limits) : 0;
  if (needed === 0) return;
  const freed = await removeUnused(deps, needed);
  if (freed < needed)
    deps.onFailure(
      `Failed to garbage collect required amount of images. Attempted to free ${needed} bytes, but only found ${freed} bytes eligible to free.`,
    );
}

/** Removes unused ones until so much has been freed; resolves with how much was. */
export async function removeUnused({ images, pulled, lastUse, wanted, clock, log }: CollectionDeps, needed: number): Promise<number> {
  const inUse = wanted();
  const candidates: Candidate[] = [];
  for (const { name, id, at } of pulled.all()) {
    if (inUse.has(name)) continue;
    const found = await images.inspect(name);
    // Somebody has removed it, or given the name to an image of their own.
    if (found?.id !== id) pulled.forget(name);
    else candidates.push({ name, id, sizeBytes: found.sizeBytes, usedAt: lastUse(name) ?? at });
  }
  let freed = 0;
  for (const it of inOrder(candidates, clock.now())) {
    if (freed >= needed) break;
    try {
      await images.untag(it.name);
      pulled.forget(it.name);
      freed += it.sizeBytes;
      log.info('image removed to make room', { image: it.name, bytes: it.sizeBytes });
    } catch (error) {
      log.debug('an image is in use', { image: it.name, error: messageOf(error) });
    }
  }
  return freed;
}

/** Looks now and then, where that is wanted. */
export function startImageCollection(deps: CollectionDeps): void {
  if (deps.limits.high >= 100) return;
  const { clock, log, signal } = deps;
  const next = (): void => {
    const cancel = clock.schedule(period, () => {
      collectImages(deps)
        .catch((error: unknown) => log.warn('images could not be collected', { error: messageOf(error) }))
        .finally(() => {
          if (!signal.aborted) next();
        });
    });
    signal.addEventListener('abort', cancel, { once: true });
  };
  next();
}

export async function diskAt(dir: string): Promise<Disk> {
  const { bsize, blocks, bavail } = await statfs(dir);
  return { capacityBytes: bsize * blocks, usedBytes: bsize * (blocks - bavail) };
}
