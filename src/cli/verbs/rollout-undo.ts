import type { apps } from '../../kinds/index.ts';
import { CommandError, messageOf } from '../command.ts';
import { type AnyObject, patchObject } from '../resources/index.ts';
import type { DryRun } from './dry-run.ts';
import { type Revision, revisionAnnotation, revisionsOf, templateText, templateWithoutHash } from './rollout-history.ts';
import type { Selected } from './selection.ts';
import type { Session } from './session.ts';

/** Goes back to a revision, 0 being the one before; resolves with what to say of it (polymorphichelpers/rollback.go). */
export async function undo(session: Session, it: Selected, toRevision: number, dryRun: DryRun): Promise<string> {
  const isDeployment = it.resource.plural === 'deployments';
  if (toRevision < 0) throw notFound(toRevision);
  const revisions = await revisionsOf(session, it);
  if (toRevision === 0 && revisions.length <= 1)
    throw new CommandError(
      isDeployment ? `no rollout history found for deployment ${JSON.stringify(it.name)}` : 'no last revision to roll back to',
    );
  const target = toRevision === 0 ? revisions.at(-2) : revisions.find(({ number }) => number === toRevision);
  if (!target) throw notFound(toRevision);
  const workload = it.object as unknown as apps.Deployment;
  if (dryRun === 'client') return isDeployment ? templateText(target.template) : `will roll back to ${templateText(target.template)}`;
  if (isDeployment && workload.spec.paused)
    throw new CommandError("you cannot rollback a paused deployment; resume it first with 'peapod rollout resume' and try again");
  if (isSame(workload, target)) return `skipped rollback (current template already matches revision ${toRevision})`;
  const [type, body] = isDeployment
    ? (['json', deploymentPatch(it.object as AnyObject, target)] as const)
    : (['strategic', (target.keeper as unknown as apps.ControllerRevision).data] as const);
  try {
    await patchObject(session.requests, it, type, body, { dryRun: dryRun === 'server' });
  } catch (cause) {
    throw new CommandError(`failed restoring revision ${toRevision}: ${messageOf(cause)}`, { cause });
  }
  return 'rolled back';
}

const notFound = (revision: number): CommandError => new CommandError(`unable to find specified revision ${revision} in history`);

const isSame = ({ spec }: apps.Deployment, { keeper, template }: Revision): boolean => {
  const there = keeper.kind === 'ReplicaSet' ? (keeper as unknown as apps.ReplicaSet).spec.template : template;
  return JSON.stringify(templateWithoutHash(spec.template)) === JSON.stringify(templateWithoutHash(there));
};

/** Annotations that stay with the deployment, whatever revision it goes back to. */
const kept = [
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
];

function deploymentPatch({ metadata }: AnyObject, { keeper }: Revision): object[] {
  const some = (from: Readonly<Record<string, string>> | undefined, stays: boolean) =>
    Object.fromEntries(Object.entries(from ?? {}).filter(([key]) => kept.includes(key) === stays));
  const annotations = { ...some(metadata.annotations, true), ...some(keeper.metadata.annotations, false) };
  const op = Object.keys(metadata.annotations ?? {}).length > 0 ? 'replace' : 'add';
  return [
    { op: 'replace', path: '/spec/template', value: templateWithoutHash((keeper as unknown as apps.ReplicaSet).spec.template) },
    { op, path: '/metadata/annotations', value: annotations },
  ];
}
