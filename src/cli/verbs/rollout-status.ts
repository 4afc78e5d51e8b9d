import type { apps } from '../../kinds/index.ts';

/** How far a rollout is, in kubectl's words (polymorphichelpers/rollout_status.go). */
export function statusOf(
  { metadata, spec, status = {} }: apps.Deployment,
  revision: number,
): { text: string; done: boolean; fault?: string } {
  const name = JSON.stringify(metadata.name);
  if (revision > 0) {
    const now = Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
    if (now !== revision)
      return { text: '', done: false, fault: `desired revision (${revision}) is different from the running revision (${now})` };
  }
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0))
    return { text: 'Waiting for deployment spec update to be observed...', done: false };
  const progressing = status.conditions?.find((it) => it.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return { text: '', done: false, fault: `deployment ${name} exceeded its progress deadline` };
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  const waiting = `Waiting for deployment ${name} rollout to finish: `;
  const wanted = spec.replicas ?? 1;
  if (updatedReplicas < wanted)
    return { text: `${waiting}${updatedReplicas} out of ${wanted} new replicas have been updated...`, done: false };
  if (replicas > updatedReplicas)
    return { text: `${waiting}${replicas - updatedReplicas} old replicas are pending termination...`, done: false };
  if (availableReplicas < updatedReplicas)
    return { text: `${waiting}${availableReplicas} of ${updatedReplicas} updated replicas are available...`, done: false };
  return { text: `deployment ${name} successfully rolled out`, done: true };
}

type Progress = { text: string; done: boolean; fault?: string };

export function daemonSetStatus({ metadata, spec, status }: apps.DaemonSet): Progress {
  const name = JSON.stringify(metadata.name);
  if (spec.updateStrategy?.type !== 'RollingUpdate')
    return { text: '', done: false, fault: 'rollout status is only available for RollingUpdate strategy type' };
  if ((metadata.generation ?? 0) > (status?.observedGeneration ?? 0))
    return { text: 'Waiting for daemon set spec update to be observed...', done: false };
  const { updatedNumberScheduled = 0, desiredNumberScheduled = 0, numberAvailable = 0 } = status ?? {};
  const waiting = `Waiting for daemon set ${name} rollout to finish: `;
  if (updatedNumberScheduled < desiredNumberScheduled)
    return { text: `${waiting}${updatedNumberScheduled} out of ${desiredNumberScheduled} new pods have been updated...`, done: false };
  if (numberAvailable < desiredNumberScheduled)
    return { text: `${waiting}${numberAvailable} of ${desiredNumberScheduled} updated pods are available...`, done: false };
  return { text: `daemon set ${name} successfully rolled out`, done: true };
}

export function statefulSetStatus({ metadata, spec, status }: apps.StatefulSet): Progress {
  if (spec.updateStrategy?.type !== 'RollingUpdate')
    return { text: '', done: false, fault: 'rollout status is only available for RollingUpdate strategy type' };
  if (!status?.observedGeneration || (metadata.generation ?? 0) > status.observedGeneration)
    return { text: 'Waiting for statefulset spec update to be observed...', done: false };
  const { readyReplicas = 0, updatedReplicas = 0, currentReplicas = 0, updateRevision, currentRevision } = status;
  const wanted = spec.replicas ?? 1;
  if (readyReplicas < wanted) return { text: `Waiting for ${wanted - readyReplicas} pods to be ready...`, done: false };
  const { partition } = spec.updateStrategy.rollingUpdate ?? {};
  if (partition !== undefined) {
    if (updatedReplicas < wanted - partition)
      return {
        text: `Waiting for partitioned roll out to finish: ${updatedReplicas} out of ${wanted - partition} new pods have been updated...`,
        done: false,
      };
    return { text: `partitioned roll out complete: ${updatedReplicas} new pods have been updated...`, done: true };
  }
  if (updateRevision !== currentRevision)
    return {
      text: `waiting for statefulset rolling update to complete ${updatedReplicas} pods at revision ${updateRevision}...`,
      done: false,
    };
  return { text: `statefulset rolling update complete ${currentReplicas} pods at revision ${currentRevision}...`, done: true };
}
