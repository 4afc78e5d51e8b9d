import type { apps, core } from '../../kinds/index.ts';
import { selectorText } from '../../meta/selector.ts';
import { CommandError } from '../command.ts';
import { putTemplate } from '../describe/workloads.ts';
import { Sheet } from '../describe/sheet.ts';
import { aligned, describeLayout } from '../printers/index.ts';
import { type AnyObject, listObjects, resourceNamed } from '../resources/index.ts';
import type { Session } from './session.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const cause = 'kubernetes.io/change-cause';

export const revisionOf = (it: apps.ReplicaSet): number => Number(it.metadata.annotations?.[revisionAnnotation] ?? 0);

/** The replica sets of a deployment, the oldest revision first. */
export async function replicaSetsOf(session: Session, deployment: AnyObject): Promise<apps.ReplicaSet[]> {
  const resource = resourceNamed(await session.served(), 'replicasets.apps');
  const labelSelector = selectorText((deployment as unknown as apps.Deployment).spec.selector);
  const { items } = await listObjects(session.requests, resource, deployment.metadata.namespace, { labelSelector });
  return (items as unknown as apps.ReplicaSet[])
    .filter((it) => it.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === deployment.metadata.uid))
    .sort((a, b) => revisionOf(a) - revisionOf(b));
}

export function templateWithoutHash(template: core.PodTemplateSpec | undefined): core.PodTemplateSpec {
  const { 'pod-template-hash': _, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } } as core.PodTemplateSpec;
}

/** The table of revisions, or one of them in detail. Fails when there is none of that number. */
export function historyOf(sets: readonly apps.ReplicaSet[], revision: number): string {
  if (revision > 0) {
    const set = sets.find((it) => revisionOf(it) === revision);
    if (!set) throw new CommandError('unable to find the specified revision');
    const sheet = new Sheet();
    const reason = set.metadata.annotations?.[cause];
    const { template } = set.spec;
    const annotations = { ...template?.metadata?.annotations, ...(reason && { [cause]: reason }) };
    putTemplate(sheet, template && ({ ...template, metadata: { ...template.metadata, annotations } } as core.PodTemplateSpec));
    return sheet.unaligned();
  }
  const rows = sets.filter((it) => revisionOf(it) > 0).map((it) => `${revisionOf(it)}\t${it.metadata.annotations?.[cause] || '<none>'}`);
  if (rows.length === 0) return 'No rollout history found.';
  return aligned(`REVISION\tCHANGE-CAUSE\n${rows.join('\n')}\n`, describeLayout);
}
