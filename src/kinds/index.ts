import type { AnyKind } from './define.ts';
import { controllerRevision } from './apps/controller-revision.ts';
import { daemonSet } from './apps/daemon-set.ts';
import { deployment } from './apps/deployment.ts';
import { replicaSet } from './apps/replica-set.ts';
import { statefulSet } from './apps/stateful-set.ts';
import { horizontalPodAutoscaler } from './autoscaling/horizontal-pod-autoscaler.ts';
import { horizontalPodAutoscalerV1 } from './autoscaling/horizontal-pod-autoscaler-v1.ts';
import { reviews } from './authorization/reviews.ts';
import { cronJob } from './batch/cron-job.ts';
import { firstFree, hasIndex, type Indexes, mergeIndexes, readIndexes, showIndexes, totalOf, withIndexes } from './batch/job/indexes.ts';
import { job } from './batch/job/job.ts';
import { lease } from './coordination/lease.ts';
import { configMap } from './core/config-map.ts';
import { endpoints } from './core/endpoints.ts';
import { event } from './core/event.ts';
import { limitRange } from './core/limit-range.ts';
import { namespace } from './core/namespace.ts';
import { node } from './core/node.ts';
import { isWanted, matchesNodeSelector, matchesTerm, type Target } from './core/node-selector.ts';
import { persistentVolume } from './core/persistent-volume.ts';
import { persistentVolumeClaim } from './core/persistent-volume-claim.ts';
import { isPodFinished, isPodReady, pod, resolvePort } from './core/pod/pod.ts';
import { heldRequests, podAmounts, podLimits, podRequests, qosClassOf } from './core/pod/resources.ts';
import { resourceQuota } from './core/resource-quota/resource-quota.ts';
import { isInScope } from './core/resource-quota/scopes.ts';
import { addUsage, computeUsage, maskUsage, type Usage, usageOf } from './core/resource-quota/usage.ts';
import { podTemplate } from './core/pod-template.ts';
import { replicationController } from './core/replication-controller.ts';
import { secret } from './core/secret.ts';
import { service } from './core/service/service.ts';
import { type Swap, swapAnnotation, swapOf } from './core/service/swap.ts';
import { serviceAccount } from './core/service-account.ts';
import { isTolerated, tolerates, untolerated } from './core/taints.ts';
import { endpointSlice } from './discovery/endpoint-slice.ts';
import { classAnnotation, ingress } from './networking/ingress.ts';
import { ingressClass, isDefaultIngressClass } from './networking/ingress-class.ts';
import { ipAddress } from './networking/ip-address.ts';
import { networkPolicy } from './networking/network-policy.ts';
import { serviceCidr } from './networking/service-cidr.ts';
import { podDisruptionBudget } from './policy/pod-disruption-budget.ts';
import { clusterRole, clusterRoleBinding, role, roleBinding } from './rbac/roles.ts';
import { priorityClass, systemPriorityClasses } from './scheduling/priority-class.ts';
import { isDefaultClass, storageClass } from './storage/storage-class.ts';
import { eventsEvent } from './events/event.ts';
import { runtimeClass } from './node/runtime-class.ts';
import { measured, nodeMetrics, podMetrics, windowText } from './metrics/metrics.ts';
import { age } from './age.ts';

export { ageColumn, allVerbs } from './define.ts';
export type { AnyKind, Column, Kind, KindRecord, Part, Scale, Verb } from './define.ts';

export type * as apps from './generated/apps-v1.ts';
export type * as authorization from './generated/authorization-v1.ts';
export type * as authentication from './generated/authentication-v1.ts';
export type * as autoscaling from './generated/autoscaling-v1.ts';
export type * as autoscalingV2 from './generated/autoscaling-v2.ts';
export type * as batch from './generated/batch-v1.ts';
export type * as coordination from './generated/coordination-v1.ts';
export type * as core from './generated/core-v1.ts';
export type * as discovery from './generated/discovery-v1.ts';
export type * as events from './generated/events-v1.ts';
export type * as metrics from './generated/metrics-v1beta1.ts';
export type * as nodeV1 from './generated/node-v1.ts';
export type * as networking from './generated/networking-v1.ts';
export type * as policy from './generated/policy-v1.ts';
export type * as rbac from './generated/rbac-v1.ts';
export type * as scheduling from './generated/scheduling-v1.ts';
export type * as storage from './generated/storage-v1.ts';

export {
  clusterRole,
  clusterRoleBinding,
  role,
  roleBinding,
  namespace,
  node,
  pod,
  service,
  endpoints,
  configMap,
  secret,
  persistentVolumeClaim,
  persistentVolume,
  serviceAccount,
  event,
  podTemplate,
  replicationController,
  replicaSet,
  deployment,
  statefulSet,
  daemonSet,
  controllerRevision,
  job,
  cronJob,
  horizontalPodAutoscaler,
  podDisruptionBudget,
  limitRange,
  resourceQuota,
  priorityClass,
  endpointSlice,
  ingress,
  ingressClass,
  networkPolicy,
  serviceCidr,
  ipAddress,
  storageClass,
  lease,
  runtimeClass,
};

/** Every kind the server stores, in the order discovery lists them within a group. */
export const kinds: readonly AnyKind[] = [
  namespace,
  node,
  pod,
  service,
  endpoints,
  configMap,
  secret,
  persistentVolumeClaim,
  persistentVolume,
  serviceAccount,
  event,
  podTemplate,
  replicationController,
  replicaSet,
  deployment,
  statefulSet,
  daemonSet,
  controllerRevision,
  job,
  cronJob,
  horizontalPodAutoscaler,
  horizontalPodAutoscalerV1,
  podDisruptionBudget,
  limitRange,
  resourceQuota,
  priorityClass,
  endpointSlice,
  ingress,
  ingressClass,
  networkPolicy,
  serviceCidr,
  ipAddress,
  storageClass,
  lease,
  runtimeClass,
  role,
  roleBinding,
  clusterRole,
  clusterRoleBinding,
  eventsEvent,
];

export { measured, nodeMetrics, podMetrics, reviews, windowText };
export { isTolerated, isWanted, matchesNodeSelector, matchesTerm, type Target, tolerates, untolerated };
export { firstFree, hasIndex, type Indexes, mergeIndexes, readIndexes, showIndexes, totalOf, withIndexes };
export { addUsage, computeUsage, isInScope, maskUsage, podLimits, type Usage, usageOf };
export { systemPriorityClasses };
export { type Swap, swapAnnotation, swapOf };
export { classAnnotation, isDefaultIngressClass };
export { age, eventsEvent, isDefaultClass, isPodFinished, isPodReady, heldRequests, podAmounts, podRequests, qosClassOf, resolvePort };

const byPath = new Map([...kinds, ...reviews, ...measured].map((it) => [`${it.group}/${it.version}/${it.plural}`, it]));
const byName = new Map([...kinds, ...reviews, ...measured].map((it) => [`${it.apiVersion}/${it.kind}`, it]));

/** The kind behind a path: ('apps', 'v1', 'deployments'). */
export const kindByPlural = (group: string, version: string, plural: string): AnyKind | undefined =>
  byPath.get(`${group}/${version}/${plural}`);
/** The kind an object says it is: ('apps/v1', 'Deployment'). */
export const kindByName = (apiVersion: string, kind: string): AnyKind | undefined => byName.get(`${apiVersion}/${kind}`);
