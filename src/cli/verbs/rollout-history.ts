import type { apps, core } from '../../kinds/index.ts';
import { selectorText } from '../../meta/selector.ts';
import { CommandError } from '../command.ts';
import { putTemplate } from '../describe/workloads.ts';
import { Sheet } from '../describe/sheet.ts';
import { aligned, describeLayout } from '../printers/index.ts';
import { type AnyObject, listObjects, resourceNamed } from '../resources/index.ts';
import type { Selected } from './selection.ts';
import type { Session } from './session.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const cause = 'kubernetes.io/change-cause';

/** One revision of a workload's template. */
export type Revision = {
  number: number;
  template: core.PodTemplateSpec | undefined;
  /** What keeps it: the ReplicaSet of a Deployment, the ControllerRevision of others. */
  keeper: AnyObject;
  /** What `-o` shows of it: the ReplicaSet, or the workload as it was. */
  shown: AnyObject;
};

type Workload = { spec: { selector: apps.DeploymentSpec['selector']; template?: core.PodTemplateSpec } };

/** The revisions of a deployment, daemon set or stateful set, the oldest first. */
export async function revisionsOf(session: Session, { resource, object }: Selected): Promise<Revision[]> {
  const workload = object as unknown as AnyObject & Workload;
  const isDeployment = resource.plural === 'deployments';
  const keepers = resourceNamed(await session.served(), isDeployment ? 'replicasets.apps' : 'controllerrevisions.apps');
  const labelSelector = selectorText(workload.spec.selector);
  const { items } = await listObjects(session.requests, keepers, workload.metadata.namespace, { labelSelector });
  return items
    .filter((it) => it.metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === workload.metadata.uid))
    .map(isDeployment ? ofReplicaSet : (it) => ofControllerRevision(it, workload))
    .sort((a, b) => a.number - b.number);
}

function ofReplicaSet(keeper: AnyObject): Revision {
  const { metadata, spec } = keeper as unknown as apps.ReplicaSet;
  const reason = metadata.annotations?.[cause];
  const annotations = { ...spec.template?.metadata?.annotations, ...(reason && { [cause]: reason }) };
  const template = spec.template && ({ ...spec.template, metadata: { ...spec.template.metadata, annotations } } as core.PodTemplateSpec);
  return { number: Number(metadata.annotations?.[revisionAnnotation] ?? 0), template, keeper, shown: keeper };
}

/** Its data is a patch that puts the whole template back. */
function ofControllerRevision(keeper: AnyObject, workload: AnyObject & Workload): Revision {
  const { revision, data } = keeper as unknown as apps.ControllerRevision;
  const { $patch: _, ...template } = ((data as { spec?: { template?: object } } | undefined)?.spec?.template ?? {}) as { $patch?: string };
  const shown = { ...workload, spec: { ...workload.spec, template } };
  return { number: revision, template: template as core.PodTemplateSpec, keeper, shown };
}

export function templateWithoutHash(template: core.PodTemplateSpec | undefined): core.PodTemplateSpec {
  const { 'pod-template-hash': _, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } } as core.PodTemplateSpec;
}

export function revisionNumbered(revisions: readonly Revision[], number: number): Revision {
  const found = revisions.find((it) => it.number === number);
  if (!found) throw new CommandError('unable to find the specified revision');
  return found;
}

export function templateText(template: core.PodTemplateSpec | undefined): string {
  const sheet = new Sheet();
  putTemplate(sheet, template);
  return sheet.unaligned();
}

/** The table of revisions. */
export function historyOf(revisions: readonly Revision[]): string {
  const rows = revisions.filter((it) => it.number > 0).map((it) => `${it.number}\t${it.keeper.metadata.annotations?.[cause] || '<none>'}`);
  if (rows.length === 0) return 'No rollout history found.';
  return aligned(`REVISION\tCHANGE-CAUSE\n${rows.join('\n')}\n`, describeLayout);
}
