import type { core } from '../kinds/index.ts';
import { deepEqual } from '../meta/copy.ts';
import { admit } from './admission/admit.ts';
import { messageOf } from './faults.ts';
import { label, podKey } from './names.ts';
import { isSandbox } from './observed.ts';
import type { Parts } from './parts.ts';
import { podsWithFiles, removePodFiles } from './pod-files.ts';
import { groupName } from './pod-group.ts';
import { PodWorker } from './pod-worker.ts';
import { referencesOf } from './references.ts';
import type { PodSource } from './static-pods/index.ts';

type Pod = core.Pod;

/** All pods of the node, each with its worker. */
export type Pods = {
  /** Something about a pod's containers or probes is new. */
  wake(uid: string): void;
  find(uid: string): PodWorker | undefined;
  all(): PodWorker[];
  /** A ConfigMap or Secret came, changed or went. */
  sourceChanged(kind: 'configMaps' | 'secrets', namespace: string, name: string): void;
  /** Brings the files of its volumes up to date. */
  refresh(uid: string): void;
  stop(): void;
};

/** Gives every pod bound to the node a worker, as the informer tells of them, and takes down what has no pod any more. */
export function startPods(parts: Parts, informer: PodSource, onEnded: (uid: string) => void = () => {}): Pods {
  const workers = new Map<string, PodWorker>();
  // Pods taken down that the API still shows, held by a finalizer.
  const finished = new Set<string>();

  const see = (pod: Pod): void => {
    const { uid } = pod.metadata;
    if (pod.spec.nodeName !== parts.config.nodeName || finished.has(uid)) return;
    const known = workers.get(uid);
    if (known) {
      if (known.mounts && dressDiffers(known.pod, pod)) refresh(parts, pod);
      known.update(pod);
      return;
    }
    const onEnd = (): void => {
      workers.delete(uid);
      finished.add(uid);
      onEnded(uid);
    };
    const others = [...workers.values()].filter((it) => it.counts).map((it) => it.pod);
    const worker = new PodWorker(parts, pod, onEnd, isNew(parts, pod) ? admit(pod, { ...parts.nodeState(), others }) : undefined);
    workers.set(uid, worker);
    // It runs already: its files may be behind, and tokens in them run out.
    if (parts.observer.pods.pod(uid).containers.length > 0 && worker.mounts) refresh(parts, pod);
    worker.update(pod);
    worker.wake();
  };

  const unsubscribe = informer.onChange(({ type, object, old }) => {
    // The same name can come back as another pod between two looks: then the first one has gone.
    if (old && old.metadata.uid !== object.metadata.uid) workers.get(old.metadata.uid)?.removed();
    if (type !== 'deleted') return see(object);
    finished.delete(object.metadata.uid);
    workers.get(object.metadata.uid)?.removed();
  });

  return {
    wake: (uid) => workers.get(uid)?.wake(),
    find: (uid) => workers.get(uid),
    all: () => [...workers.values()],
    sourceChanged(kind, namespace, name) {
      for (const worker of workers.values()) {
        const { pod } = worker;
        if (pod.metadata.namespace !== namespace || !referencesOf(pod)[kind].has(name)) continue;
        // What it waits for may be there now.
        if (worker.struggles) worker.wake();
        // A pod that is just starting may have mounted what was there before.
        if (worker.mounts) refresh(parts, pod);
      }
    },
    refresh(uid) {
      const worker = workers.get(uid);
      if (worker?.mounts) refresh(parts, worker.pod);
    },
    stop: () => {
      unsubscribe();
      for (const worker of workers.values()) worker.stop();
    },
  };
}

/** It has not been here before: neither the engine nor the API knows of anything that was done for it. */
const isNew = ({ observer }: Parts, { metadata, status }: Pod): boolean =>
  !status?.startTime && !metadata.deletionTimestamp && observer.pods.states(metadata.uid).length === 0;

/** Labels, annotations and resources, which files of the downward API show. */
const dressDiffers = (a: Pod, b: Pod): boolean =>
  !deepEqual(a.metadata.labels, b.metadata.labels) ||
  !deepEqual(a.metadata.annotations, b.metadata.annotations) ||
  !deepEqual(resourcesIn(a), resourcesIn(b));

const resourcesIn = ({ spec }: Pod): unknown => [...(spec.initContainers ?? []), ...spec.containers].map((it) => it.resources);

function refresh(parts: Parts, pod: Pod): void {
  parts.volumes
    .refresh(pod)
    .catch((error: unknown) => parts.log.warn('volumes could not be refreshed', { pod: podKey(pod), error: messageOf(error) }));
}

/** Removes containers, volumes and files of pods that the API no longer has. Only to be called once all pods are known. */
export async function removeOrphans(parts: Parts, informer: PodSource, pods: Pods): Promise<void> {
  const { observer, runtime, config, volumes, addresses, log } = parts;
  const onDisk = await Promise.all([podsWithFiles(config.rootDir), volumes.podsOnDisk()]);
  // Looked at only now: a pod may have come, or begun to go, while the disk was read.
  const here = informer.list().filter((it) => it.spec.nodeName === config.nodeName);
  const living = new Set([...here, ...pods.all().map((it) => it.pod)].map((it) => it.metadata.uid));
  const uids = new Set([...observer.pods.uids(), ...onDisk.flat()].filter((it) => !living.has(it)));
  await Promise.all(
    [...uids].map(async (uid) => {
      const states = observer.pods.states(uid);
      try {
        const apps = states.filter((it) => !isSandbox(it) && it.status !== 'exited');
        await Promise.all(apps.map((it) => runtime.containers.stop(it.id, Number(it.labels[label.grace] ?? 30))));
        for (const it of [...states].sort((a, b) => Number(isSandbox(a)) - Number(isSandbox(b)))) {
          observer.expectRemoval(it.id);
          await runtime.containers.remove(it.id);
          observer.pods.drop(uid, it.id);
          const address = it.labels[label.address];
          if (address !== undefined) addresses.release(address);
        }
        await volumes.remove(uid);
        await removePodFiles(config.rootDir, uid);
        await runtime.groups?.remove(groupName(uid));
        log.info('pod without an object removed', { uid, containers: states.length });
      } catch (error) {
        log.warn('pod without an object could not be removed', { uid, error: messageOf(error) });
      }
    }),
  );
}
