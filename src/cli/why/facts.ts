import type { apps, batch, core, discovery, storage } from '../../kinds/index.ts';
import type { Milliseconds } from '../../lib/clock.ts';
import type { KubeObject } from '../../meta/types.ts';

/** What there is in a namespace, and of the cluster around it. What may not be seen is empty. */
export type Facts = {
  now: Milliseconds;
  deployments: readonly apps.Deployment[];
  replicaSets: readonly apps.ReplicaSet[];
  statefulSets: readonly apps.StatefulSet[];
  daemonSets: readonly apps.DaemonSet[];
  jobs: readonly batch.Job[];
  cronJobs: readonly batch.CronJob[];
  pods: readonly core.Pod[];
  services: readonly core.Service[];
  slices: readonly discovery.EndpointSlice[];
  claims: readonly core.PersistentVolumeClaim[];
  events: readonly core.Event[];
  nodes: readonly core.Node[];
  classes: readonly storage.StorageClass[];
};

export const noFacts: Facts = {
  now: 0,
  ...{ deployments: [], replicaSets: [], statefulSets: [], daemonSets: [], jobs: [], cronJobs: [], pods: [] },
  ...{ services: [], slices: [], claims: [], events: [], nodes: [], classes: [] },
};

export type Workload = apps.Deployment | apps.ReplicaSet | apps.StatefulSet | apps.DaemonSet | batch.Job | batch.CronJob;

export const workloadsIn = (it: Facts): Workload[] => [
  ...it.deployments,
  ...it.replicaSets,
  ...it.statefulSets,
  ...it.daemonSets,
  ...it.cronJobs,
  ...it.jobs,
];

/** `deployment/web`: how an object is called here, and how it can be typed. */
export const titleOf = ({ kind, metadata }: KubeObject): string => `${(kind ?? '').toLowerCase()}/${metadata.name}`;
