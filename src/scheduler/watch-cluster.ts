import type { Informers } from '../client/index.ts';
import {
  type core,
  isPodFinished,
  namespace as namespaceKind,
  node as nodeKind,
  persistentVolume,
  persistentVolumeClaim,
  pod as podKind,
  podDisruptionBudget,
  storageClass,
} from '../kinds/index.ts';
import { deepEqual } from '../meta/copy.ts';
import { isDeleting } from '../meta/owner.ts';
import type { Cluster } from './cluster.ts';
import type { News } from './plugins/index.ts';
import { type PodInfo, podInfoOf } from './pod-info.ts';

export type Listener = {
  /** A pod that is to get a node, as it is now. */
  wants: (info: PodInfo) => void;
  /** A pod that does not look for a node (any more). */
  settled: (uid: string) => void;
  news: (news: News) => void;
};

/** Keeps `cluster` as the informers say, and tells what may matter to pods that wait. Resolves when all are filled. */
export async function watchCluster(informers: Informers, schedulerName: string, cluster: Cluster, to: Listener): Promise<() => void> {
  const pods = informers.of(podKind);
  const others = [
    { informer: informers.of(persistentVolumeClaim), news: 'claim' },
    { informer: informers.of(persistentVolume), news: 'volume' },
    { informer: informers.of(storageClass), news: 'class' },
  ] as const;
  const nodes = informers.of(nodeKind);
  const namespaces = informers.of(namespaceKind);

  function leave(uid: string): void {
    if (cluster.remove(uid)) to.news('pod gone');
    to.settled(uid);
  }

  function follow(pod: core.Pod, old: core.Pod | undefined): void {
    const { uid } = pod.metadata;
    const { nodeName } = pod.spec;
    if (isPodFinished(pod)) leave(uid);
    else if (nodeName) {
      to.settled(uid);
      const place = cluster.placeOf(uid);
      if (place?.node === nodeName && !place.isAssumed && old && isSame(old, pod)) return;
      cluster.place(podInfoOf(pod), nodeName);
      to.news('pod placed');
      // Less may be asked for than before.
      if (place?.node === nodeName && !place.isAssumed) to.news('pod gone');
    } else if (isDeleting(pod)) to.settled(uid);
    else if ((pod.spec.schedulerName ?? 'default-scheduler') === schedulerName) to.wants(podInfoOf(pod));
  }

  const ends = [
    nodes.onChange(({ type, object, old }) => {
      if (type === 'deleted') cluster.removeNode(object.metadata.name);
      else {
        cluster.setNode(object);
        if (!old || offersOther(old, object)) to.news('node');
      }
      // A pod may be held back by what was on the node that went.
      if (type === 'deleted') to.news('pod gone');
    }),
    pods.onChange(({ type, object, old }) => (type === 'deleted' ? leave(object.metadata.uid) : follow(object, old))),
    ...others.map(({ informer, news }) =>
      informer.onChange(({ type }) => {
        if (type !== 'deleted') to.news(news);
      }),
    ),
  ];
  const known = [nodes, pods, namespaces, informers.of(podDisruptionBudget), ...others.map((it) => it.informer)];
  await Promise.all(known.map((it) => it.synced));
  return () => {
    for (const end of ends) end();
  };
}

/** Nothing of the pod has changed that other pods are scheduled by: most changes are of its status. */
const isSame = (old: core.Pod, now: core.Pod): boolean =>
  old.metadata.generation === now.metadata.generation &&
  isDeleting(old) === isDeleting(now) &&
  deepEqual(old.metadata.labels, now.metadata.labels);

/** A node says every few seconds that it is alive; that alone is no news. */
const offersOther = (old: core.Node, now: core.Node): boolean =>
  !deepEqual(old.spec, now.spec) ||
  !deepEqual(old.metadata.labels, now.metadata.labels) ||
  !deepEqual(old.status?.allocatable, now.status?.allocatable);

export const namespaceLabels =
  (informers: Informers) =>
  (name: string): { [key: string]: string } | undefined =>
    informers.of(namespaceKind).get(name)?.metadata.labels;

/** The claims, volumes and classes as the informers have them. */
export const volumeFacts = (informers: Informers, reserved: ReadonlyMap<string, number>) => ({
  claim: (key: string) => informers.of(persistentVolumeClaim).get(key),
  volume: (name: string) => informers.of(persistentVolume).get(name),
  volumes: () => informers.of(persistentVolume).list(),
  class: (name: string) => informers.of(storageClass).get(name),
  isReserved: (volume: string) => reserved.has(volume),
});
