import type { Resource } from '../resources/index.ts';
import { describeBinding, describeRole } from './access.ts';
import { describeAutoscaler } from './autoscaler.ts';
import { describeConfigMap, describeNamespace, describeSecret, describeServiceAccount } from './configuration.ts';
import type { Describer } from './context.ts';
import { describeDaemonSet } from './daemon-set.ts';
import { describeDisruptionBudget, describePriorityClass } from './disruption.ts';
import { describeEndpoints, describeEndpointSlice } from './endpoints.ts';
import { describeAny } from './generic.ts';
import { describeIngress, describeIngressClass, describeIpAddress } from './ingress.ts';
import { describeCronJob, describeJob } from './job.ts';
import { describeLimitRange, describeQuota } from './limits.ts';
import { describeNetworkPolicy } from './network-policy.ts';
import { describeNode } from './node.ts';
import { describePod } from './pod.ts';
import { describeService } from './service.ts';
import { describeStatefulSet } from './stateful-set.ts';
import { describeClaim, describeStorageClass, describeVolume } from './storage.ts';
import { describeDeployment, describeReplicaSet, describeReplicationController } from './workloads.ts';

export type { Describer, Lookup } from './context.ts';

/** Kinds with a form of their own; all others show their fields. */
const describers: Readonly<Record<string, Describer>> = {
  pods: describePod,
  'deployments.apps': describeDeployment,
  'replicasets.apps': describeReplicaSet,
  replicationcontrollers: describeReplicationController,
  'statefulsets.apps': describeStatefulSet,
  'daemonsets.apps': describeDaemonSet,
  'jobs.batch': describeJob,
  'cronjobs.batch': describeCronJob,
  'horizontalpodautoscalers.autoscaling': describeAutoscaler,
  'poddisruptionbudgets.policy': describeDisruptionBudget,
  services: describeService,
  endpoints: describeEndpoints,
  'endpointslices.discovery.k8s.io': describeEndpointSlice,
  configmaps: describeConfigMap,
  secrets: describeSecret,
  serviceaccounts: describeServiceAccount,
  namespaces: describeNamespace,
  resourcequotas: describeQuota,
  limitranges: describeLimitRange,
  'roles.rbac.authorization.k8s.io': describeRole,
  'clusterroles.rbac.authorization.k8s.io': describeRole,
  'rolebindings.rbac.authorization.k8s.io': describeBinding,
  'clusterrolebindings.rbac.authorization.k8s.io': describeBinding,
  'ingresses.networking.k8s.io': describeIngress,
  'ingressclasses.networking.k8s.io': describeIngressClass,
  'ipaddresses.networking.k8s.io': describeIpAddress,
  'networkpolicies.networking.k8s.io': describeNetworkPolicy,
  nodes: describeNode,
  'priorityclasses.scheduling.k8s.io': describePriorityClass,
  persistentvolumeclaims: describeClaim,
  persistentvolumes: describeVolume,
  'storageclasses.storage.k8s.io': describeStorageClass,
};

export const describerOf = ({ plural, group }: Resource): Describer => describers[group ? `${plural}.${group}` : plural] ?? describeAny;
