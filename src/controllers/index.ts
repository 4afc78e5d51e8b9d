import { clusterRoleAggregation } from './cluster-role-aggregation/reconcile.ts';
import { daemonSets } from './daemonset/reconcile.ts';
import { cronJobs } from './cronjob/reconcile.ts';
import { deployments } from './deployment/reconcile.ts';
import { disruptionBudgets } from './disruption/reconcile.ts';
import { staleDisruptions } from './disruption/stale-target.ts';
import { endpointsOfServices } from './endpoints/reconcile.ts';
import { endpointSlices } from './endpointslice/reconcile.ts';
import { mirroredEndpoints } from './endpointslice-mirroring/reconcile.ts';
import { ephemeralVolumes } from './ephemeral-volume/reconcile.ts';
import { garbageCollector } from './garbage-collector/reconcile.ts';
import { autoscalers } from './horizontal-pod-autoscaler/reconcile.ts';
import { ipAddresses } from './ip-address/reconcile.ts';
import { jobOrphans } from './job/orphans.ts';
import { jobs } from './job/reconcile.ts';
import { namespaces } from './namespace/reconcile.ts';
import { nodeLifecycle } from './node-lifecycle/reconcile.ts';
import { podCollector } from './pod-gc/reconcile.ts';
import { replicaSets } from './replicaset/reconcile.ts';
import { replicationControllers } from './replicationcontroller/reconcile.ts';
import { resourceQuotas } from './resource-quota/reconcile.ts';
import { rootCaPublisher } from './root-ca/reconcile.ts';
import type { Controller } from './run.ts';
import { defaultServiceAccounts } from './service-account/reconcile.ts';
import { serviceAccountTokens } from './service-account-token/reconcile.ts';
import { serviceCidrs } from './service-cidr/reconcile.ts';
import { statefulSets } from './statefulset/reconcile.ts';
import { swaps } from './swap/reconcile.ts';
import { taintEviction } from './taint-eviction/reconcile.ts';
import { finishedJobs } from './ttl-after-finished/reconcile.ts';
import { claimBinder } from './volume-binder/reconcile-claim.ts';
import { volumeReclaimer } from './volume-binder/reconcile-volume.ts';
import { claimProtection, volumeProtection } from './volume-protection/reconcile.ts';
import { volumeProvisioner } from './volume-provisioner/reconcile.ts';

export { type Controller, type ControllersConfig, runControllers } from './run.ts';

/** Every controller; the order does not matter. */
export const controllers: readonly Controller[] = [
  replicaSets,
  replicationControllers,
  deployments,
  statefulSets,
  daemonSets,
  jobs,
  jobOrphans,
  finishedJobs,
  cronJobs,
  disruptionBudgets,
  staleDisruptions,
  autoscalers,
  resourceQuotas,
  endpointSlices,
  endpointsOfServices,
  mirroredEndpoints,
  ipAddresses,
  serviceCidrs,
  swaps,
  namespaces,
  garbageCollector,
  defaultServiceAccounts,
  serviceAccountTokens,
  clusterRoleAggregation,
  rootCaPublisher,
  claimBinder,
  volumeReclaimer,
  volumeProvisioner,
  ephemeralVolumes,
  claimProtection,
  volumeProtection,
  nodeLifecycle,
  taintEviction,
  podCollector,
];
