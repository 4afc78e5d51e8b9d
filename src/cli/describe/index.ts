import type { Resource } from '../resources/index.ts';
import { describeConfigMap, describeNamespace, describeSecret, describeServiceAccount } from './configuration.ts';
import type { Describer } from './context.ts';
import { describeEndpoints, describeEndpointSlice } from './endpoints.ts';
import { describeAny } from './generic.ts';
import { describeNode } from './node.ts';
import { describePod } from './pod.ts';
import { describeService } from './service.ts';
import { describeClaim, describeStorageClass, describeVolume } from './storage.ts';
import { describeDeployment, describeReplicaSet } from './workloads.ts';

export type { Describer, Lookup } from './context.ts';

/** Kinds with a form of their own; all others show their fields. */
const describers: Readonly<Record<string, Describer>> = {
  pods: describePod,
  'deployments.apps': describeDeployment,
  'replicasets.apps': describeReplicaSet,
  services: describeService,
  endpoints: describeEndpoints,
  'endpointslices.discovery.k8s.io': describeEndpointSlice,
  configmaps: describeConfigMap,
  secrets: describeSecret,
  serviceaccounts: describeServiceAccount,
  namespaces: describeNamespace,
  nodes: describeNode,
  persistentvolumeclaims: describeClaim,
  persistentvolumes: describeVolume,
  'storageclasses.storage.k8s.io': describeStorageClass,
};

export const describerOf = ({ plural, group }: Resource): Describer => describers[group ? `${plural}.${group}` : plural] ?? describeAny;
