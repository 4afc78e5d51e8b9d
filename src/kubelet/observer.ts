import { backoff } from '../lib/backoff.ts';
import { type Clock, seconds, sleep } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { ContainerEvent, ContainerState, Labels, Runtime } from '../runtime/index.ts';
import { label } from './names.ts';
import { isSandbox, ObservedPods } from './observed.ts';
import { readMessageFile } from './pod-files.ts';

const messageLimit = 4096;
const logFallback = { lines: 80, bytes: 2048 };

export type Observer = {
  pods: ObservedPods;
  /** Lists everything once and then follows the engine's events until the signal; resolves after the list. */
  start(): Promise<void>;
  /** Looks at one container again; resolves when `pods` has it. */
  refresh(uid: string, id: string): Promise<ContainerState | undefined>;
  /** We remove it ourselves: nothing to wonder about. */
  expectRemoval(id: string): void;
  /** Until the returned function is called nothing that happens to the container counts. */
  ignore(id: string): () => void;
};

type Deps = {
  runtime: Pick<Runtime, 'containers' | 'streams'>;
  labels: Labels;
  rootDir: string;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  /** Something about the pod's containers is not as it was. */
  onChange(uid: string): void;
  /** A container stands still, by somebody else's doing. Told at each look. */
  onPause(uid: string, paused: ContainerState): void;
  /** A container went away that nobody here removed. */
  onLoss(uid: string, lost: ContainerState): void;
};

/** Keeps what we know of the engine's containers in step with the engine, by its events. */
export function createObserver(deps: Deps): Observer {
  const { runtime, log, signal } = deps;
  const pods = new ObservedPods();
  const removing = new Set<string>();
  const ignored = new Set<string>();
  const looking = new Map<string, Promise<ContainerState | undefined>>();

  const put = async (state: ContainerState): Promise<void> => {
    if (state.status === 'exited' && !isSandbox(state) && !pods.hasMessage(state.id))
      pods.setMessage(state.id, await lastWords(deps, state));
    pods.put(state);
    if (state.status === 'paused') deps.onPause(state.labels[label.podUid] ?? '', state);
  };

  const look = async (uid: string, id: string, quiet: boolean): Promise<ContainerState | undefined> => {
    const state = await runtime.containers.inspect(id);
    if (!state) lose(uid, id);
    else {
      await put(state);
      if (!quiet) deps.onChange(uid);
    }
    return state;
  };

  // Looks at one container follow each other: an old answer must not overwrite a newer one.
  const refresh = (uid: string, id: string, quiet = false): Promise<ContainerState | undefined> => {
    const next = (looking.get(id) ?? Promise.resolve(undefined)).catch(() => undefined).then(() => look(uid, id, quiet));
    looking.set(id, next);
    const clear = (): void => {
      if (looking.get(id) === next) looking.delete(id);
    };
    next.then(clear, clear);
    return next;
  };

  const relist = async (): Promise<void> => {
    const states = await runtime.containers.list(deps.labels);
    const ids = new Set(states.map((it: ContainerState) => it.id));
    for (const uid of pods.uids()) for (const { id } of pods.states(uid)) if (!ids.has(id)) lose(uid, id);
    await Promise.all(states.map(put));
    for (const uid of new Set(pods.uids())) deps.onChange(uid);
  };

  /** Until it succeeds: what is missed now is never told again. */
  const relistSoon = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        return await relist();
      } catch (error) {
        log.warn('containers could not be listed', { error });
        await sleep(deps.clock, backoff(failures, 200, seconds(5)), signal);
      }
    }
  };
  let catchesUp = false;
  const catchUp = (): void => {
    if (catchesUp) return;
    catchesUp = true;
    void relistSoon().finally(() => {
      catchesUp = false;
    });
  };

  const lose = (uid: string, id: string): void => {
    const lost = pods.get(uid, id);
    pods.drop(uid, id);
    // Whoever has removed it goes on by himself: being woken by it he would try at once what has just failed.
    if (removing.delete(id)) return;
    if (lost) deps.onLoss(uid, lost);
    deps.onChange(uid);
  };

  const handle = (event: ContainerEvent): void => {
    const uid = event.labels[label.podUid];
    if (!uid || ignored.has(event.id)) return;
    if (event.action === 'destroy') {
      lose(uid, event.id);
      return;
    }
    // A look that is under way may see it already.
    const underway = looking.get(event.id);
    if (underway) {
      const again = (): void => handle(event);
      underway.then(again, again);
      return;
    }
    const known = pods.get(uid, event.id);
    // Our own doings come back as events; what they brought about is known already.
    if (event.action === 'create' && known) return;
    if (event.action === 'start' && known?.status === 'running') return;
    if (event.action === 'die' && known?.status === 'exited' && known.finishedAt >= event.at) return;
    // Whoever makes one starts it next: that is news, or why it could not be.
    refresh(uid, event.id, event.action === 'create').catch((error: unknown) => {
      log.warn('container could not be inspected', { id: event.id, error });
      catchUp();
    });
  };

  return {
    pods,
    refresh: (uid, id) => refresh(uid, id),
    expectRemoval: (id) => void removing.add(id),
    ignore(id) {
      ignored.add(id);
      return () => void ignored.delete(id);
    },
    async start() {
      const events = runtime.containers.events(deps.labels, signal);
      await relist();
      void (async () => {
        for await (const event of events) {
          if (event === 'resync') await relistSoon();
          else handle(event);
        }
      })().catch((error: unknown) => {
        if (!signal.aborted) log.error('container events ended', { error });
      });
    },
  };
}

/** What a container that ended left to be said of it: its message file, or the end of its log when it may be that. */
async function lastWords({ runtime, rootDir, log }: Deps, it: ContainerState): Promise<string> {
  const uid = it.labels[label.podUid] ?? '';
  const name = it.labels[label.container] ?? '';
  try {
    const message = await readMessageFile(rootDir, uid, name, Number(it.labels[label.attempt] ?? 0), messageLimit);
    if (message || it.exitCode === 0 || it.labels[label.messagePolicy] !== 'FallbackToLogsOnError') return message;
    return await tail(runtime, it.id);
  } catch (error) {
    log.warn('termination message could not be read', { container: it.name, error });
    return '';
  }
}

async function tail(runtime: Deps['runtime'], id: string): Promise<string> {
  const chunks: Buffer[] = [];
  const options = { follow: false, timestamps: false, tailLines: logFallback.lines };
  for await (const { data } of await runtime.streams.logs(id, options, new AbortController().signal)) chunks.push(data);
  const all = Buffer.concat(chunks);
  return all.subarray(Math.max(0, all.length - logFallback.bytes)).toString('utf8');
}
