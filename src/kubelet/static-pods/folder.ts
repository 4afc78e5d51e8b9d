import { type FSWatcher, watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { core } from '../../kinds/index.ts';
import { type Clock, seconds } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { messageOf } from '../faults.ts';
import { ManifestError, staticPod } from './manifest.ts';

type Deps = { path: string; nodeName: string; clock: Clock; log: Log; signal: AbortSignal };

/** As upstream's fileCheckFrequency: for folders that are not there yet, or that tell nothing of their changes. */
const lookAgain = seconds(20);
/** An editor writes a file in several steps. */
const calm = 100;

/**
 * Follows the pods that files of a folder describe. Resolves when the folder has been read once; `onPods` is called with
 * all of them at every look that finds something else. A file that cannot be read any more keeps its last pod.
 */
export async function followFolder(
  { path, nodeName, clock, log, signal }: Deps,
  onPods: (pods: readonly core.Pod[]) => void,
): Promise<void> {
  const known = new Map<string, { text: string; pod: core.Pod | undefined }>();
  let watcher: FSWatcher | undefined;
  let cancel = (): void => {};
  let looking: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    const names = await readdir(path).catch(() => undefined);
    if (names) watcher ??= follow();
    const files = (names ?? []).filter((it) => !it.startsWith('.')).sort();
    let changed = false;
    for (const name of [...known.keys()]) if (!files.includes(name)) changed = known.delete(name) || changed;
    for (const name of files) {
      // A folder, or one that has just gone: the next look tells.
      const text = await readFile(join(path, name), 'utf8').catch(() => undefined);
      const was = known.get(name);
      if (text === undefined || text === was?.text) continue;
      const pod = read(name, text);
      known.set(name, { text, pod: pod ?? was?.pod });
      changed ||= pod !== undefined;
    }
    if (changed) onPods([...known.values()].flatMap((it) => (it.pod ? [it.pod] : [])));
  }

  function read(name: string, text: string): core.Pod | undefined {
    try {
      return staticPod(text, { file: join(path, name), nodeName, at: clock.now() });
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      log.warn('a file describes no pod that can be run', { file: join(path, name), error: error.message });
      return undefined;
    }
  }

  function follow(): FSWatcher | undefined {
    try {
      const it = watch(path, () => lookIn(calm));
      // The folder has gone: looked for again.
      it.on('error', () => {
        it.close();
        watcher = undefined;
      });
      return it;
    } catch (error) {
      log.debug('a folder is not told of by the system', { path, error: messageOf(error) });
      return undefined;
    }
  }

  function lookIn(after: number): void {
    cancel();
    if (signal.aborted) return;
    cancel = clock.schedule(after, () => {
      looking = looking.then(look).catch((error: unknown) => log.warn('static pods could not be read', { path, error: messageOf(error) }));
      void looking.then(() => lookIn(lookAgain));
    });
  }

  signal.addEventListener(
    'abort',
    () => {
      cancel();
      watcher?.close();
    },
    { once: true },
  );
  await look();
  lookIn(lookAgain);
}
