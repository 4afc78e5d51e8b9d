import type { Client, Informer, ObjectChange } from '../../client/index.ts';
import type { core } from '../../kinds/index.ts';
import { type Clock, seconds, toTime } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { podKey } from '../names.ts';
import { followFolder } from './folder.ts';
import { mirroredBy } from './marks.ts';
import { syncMirrors } from './mirrors.ts';

export { isStatic, mirroredBy } from './marks.ts';

type Pod = core.Pod;
type Listener = (change: ObjectChange<Pod>) => void;
/** What the workers of pods are fed by. */
export type PodSource = Pick<Informer<Pod>, 'onChange' | 'list'>;

export type StaticPods = {
  /** The API's pods and the node's own; what shows the latter in the API is left out. */
  source: PodSource;
  /** The worker of a pod has ended: one that waits for its name can start. */
  ended(uid: string): void;
  /** The uid under which the node knows a pod of the API, and the other way round. */
  uidOfNode(uid: string): string;
  uidOfApi(uid: string): string;
};

type Deps = {
  path: string;
  nodeName: string;
  client: Client;
  informer: Informer<Pod>;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  /** What shows a static pod is there (again), and does not know yet how it is. */
  onMirror(uid: string): void;
};

const noPods = (informer: Informer<Pod>): StaticPods => ({
  source: informer,
  ended: () => {},
  uidOfNode: (uid) => uid,
  uidOfApi: (uid) => uid,
});

/**
 * Pods that files of a folder describe: they run whatever the API says, which only shows them, each by a mirror pod.
 * Resolves when the folder has been read. Without a path there are none.
 */
export async function startStaticPods(deps: Deps): Promise<StaticPods> {
  const { path, nodeName, informer, clock, log, signal } = deps;
  if (path === '') return noPods(informer);
  /** Those that run or should, by uid, and those that wait until an earlier one of their name has ended. */
  const running = new Map<string, Pod>();
  let wanted: readonly Pod[] = [];
  const listeners = new Set<Listener>();
  const tell = (change: ObjectChange<Pod>): void => {
    for (const it of listeners) it(change);
  };
  const isMirror = (pod: Pod): boolean => pod.spec.nodeName === nodeName && mirroredBy(pod) !== undefined;

  let syncing: Promise<void> = Promise.resolve();
  const sync = (): void => {
    syncing = syncing.then(() => (signal.aborted ? undefined : syncMirrors(deps, wanted)));
    syncing.catch((error: unknown) => log.warn('mirror pods could not be brought in line', { error: String(error) }));
  };

  function take(pods: readonly Pod[]): void {
    wanted = pods;
    for (const it of running.values())
      if (!it.metadata.deletionTimestamp && !pods.some((one) => one.metadata.uid === it.metadata.uid)) leave(it);
    for (const it of pods) begin(it);
    sync();
  }

  function begin(pod: Pod): void {
    if (running.has(pod.metadata.uid) || [...running.values()].some((it) => podKey(it) === podKey(pod))) return;
    // How it was before this process, as far as the API knows.
    const status = informer.list().find((it) => mirroredBy(it) === pod.metadata.uid)?.status;
    const object = status ? { ...pod, status } : pod;
    running.set(pod.metadata.uid, object);
    tell({ type: 'added', object });
  }

  /** Its file has gone or is another: it ends as a pod does that is deleted. */
  function leave(pod: Pod): void {
    const grace = pod.spec.terminationGracePeriodSeconds ?? 30;
    const metadata = { ...pod.metadata, deletionTimestamp: toTime(clock.now() + seconds(grace)), deletionGracePeriodSeconds: grace };
    const object = { ...pod, metadata };
    running.set(pod.metadata.uid, object);
    tell({ type: 'modified', object, old: pod });
  }

  const stop = informer.onChange(({ type, object }) => {
    if (!isMirror(object)) return;
    if (type === 'added') deps.onMirror(mirroredBy(object) ?? '');
    if (type === 'deleted' || object.metadata.deletionTimestamp) sync();
  });
  signal.addEventListener('abort', stop, { once: true });
  await followFolder({ path, nodeName, clock, log, signal }, take);

  return {
    source: {
      list: () => [...informer.list().filter((it) => !isMirror(it)), ...running.values()],
      onChange(listener) {
        for (const object of running.values()) listener({ type: 'added', object });
        listeners.add(listener);
        const end = informer.onChange((change) => {
          if (!isMirror(change.object)) listener(change);
        });
        return () => {
          listeners.delete(listener);
          end();
        };
      },
    },
    ended(uid) {
      const pod = running.get(uid);
      if (!pod) return;
      running.delete(uid);
      tell({ type: 'deleted', object: pod });
      for (const it of wanted) begin(it);
    },
    uidOfNode: (uid) => mirroredBy(informer.list().find((it) => it.metadata.uid === uid) ?? blank) ?? uid,
    uidOfApi: (uid) => (running.has(uid) ? (informer.list().find((it) => mirroredBy(it) === uid)?.metadata.uid ?? uid) : uid),
  };
}

const blank: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: '', uid: '', resourceVersion: '', creationTimestamp: '' },
  spec: { containers: [] },
};
