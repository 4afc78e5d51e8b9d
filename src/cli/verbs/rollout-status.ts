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
