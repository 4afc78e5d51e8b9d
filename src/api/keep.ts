import type { Log } from '../lib/log.ts';
import type { Store } from '../store/index.ts';

type Keep = {
  /** What is kept, by its key in the store. */
  keys: readonly string[];
  /** Makes what is missing; what is there is left as it is. */
  ensure: () => Promise<void>;
};

/** Makes objects of the server's own anew when somebody deletes them, until the returned function is called. */
export async function keepObjects(store: Store, { keys, ensure }: Keep, log: Log): Promise<() => void> {
  let isStopped = false;
  let isAsked = false;
  let working = ensure();
  await working;
  const again = (): void => {
    if (isAsked || isStopped) return;
    isAsked = true;
    working = working.then(async () => {
      isAsked = false;
      if (isStopped) return;
      try {
        await ensure();
      } catch (error) {
        log.error('an object that the cluster needs was deleted, and is not made anew', { keys: keys.join(' '), error: String(error) });
      }
    });
  };
  const since = store.revision();
  const stops = await Promise.all(
    keys.map((key) =>
      store.watch(key, since, (changes) => {
        if (changes.some((it) => it.type === 'delete' && it.previous.key === key)) again();
      }),
    ),
  );
  return () => {
    isStopped = true;
    for (const stop of stops) stop();
  };
}
