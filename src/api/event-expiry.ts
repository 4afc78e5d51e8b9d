import { type core, event } from '../kinds/index.ts';
import { type Milliseconds, minutes } from '../lib/clock.ts';
import { type Entry, RevisionMismatch } from '../store/index.ts';
import { decode, storeKey } from './codec.ts';
import type { ApiContext } from './context.ts';

/** How often is looked for events whose time has come: none stays longer than this beyond it. */
const interval = minutes(1);

/** When an event was last told. */
function toldAt(entry: Entry): number {
  const it = decode(entry) as core.Event;
  const times = [it.series?.lastObservedTime, it.lastTimestamp, it.eventTime, it.firstTimestamp, it.metadata.creationTimestamp];
  return Math.max(...times.map((time) => (time ? Date.parse(time) : 0)));
}

/**
 * Removes events that nobody has told again for `lifetime` (upstream: --event-ttl, one hour). Goes on until the
 * returned function is called; a store that fails is asked again at the next turn.
 */
export function expireEvents(api: ApiContext, lifetime: Milliseconds): () => void {
  let cancel = (): void => {};
  let stopped = false;
  const turn = async (): Promise<void> => {
    const last = api.clock.now() - lifetime;
    const { entries } = await api.store.range(storeKey(event));
    for (const entry of entries) if (!stopped && toldAt(entry) < last) await remove(api, entry);
  };
  const again = (): void => {
    cancel = api.clock.schedule(interval, () => {
      turn()
        .catch((error: unknown) => api.log.warn('old events could not be removed', { error: String(error) }))
        .finally(() => {
          if (!stopped) again();
        });
    });
  };
  again();
  return () => {
    stopped = true;
    cancel();
  };
}

async function remove({ store }: ApiContext, { key, revision }: Entry): Promise<void> {
  try {
    await store.delete(key, revision);
  } catch (error) {
    // Told once more, or gone already.
    if (!(error instanceof RevisionMismatch)) throw error;
  }
}
