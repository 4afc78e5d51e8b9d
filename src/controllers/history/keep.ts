import { type AnyKind, type apps, type core, controllerRevision } from '../../kinds/index.ts';
import { controllerOf, keyOf, ownerReference } from '../../meta/owner.ts';
import { isReason } from '../../meta/status-error.ts';
import type { KubeObject } from '../../meta/types.ts';
import type { ControllerContext } from '../run.ts';
import { sameTemplate, templateHash } from '../template.ts';
import { dataOf, planRevision, planTruncation, templateOf } from './revision.ts';

type Revision = apps.ControllerRevision;

/** What has a history of templates. */
export type Historic = KubeObject & {
  spec: { template: core.PodTemplateSpec; revisionHistoryLimit?: number };
  status?: { collisionCount?: number };
};

/** Upstream cuts the owner's name so that hash and dash fit into a name. */
const longestPrefix = 223;

/** The revision of the owner's template, made or renumbered when need be, and how many names were taken so far. */
export async function keepRevision(
  owner: Historic,
  revisions: readonly Revision[],
  { kind, hashLabel }: { kind: AnyKind; hashLabel: string },
  context: ControllerContext,
): Promise<{ revision: Revision; collisionCount: number }> {
  const { client, expectations } = context;
  const { template } = owner.spec;
  const { found, number } = planRevision(template, revisions);
  const collisionCount = owner.status?.collisionCount ?? 0;
  if (found) {
    if (found.revision === number) return { revision: found, collisionCount };
    const renumbered = await client.change(controllerRevision, found, (draft) => {
      draft.revision = number;
    });
    if (!renumbered) throw new Error(`revision ${keyOf(found)} is gone`);
    expectations.wrote(keyOf(owner), controllerRevision, renumbered);
    return { revision: renumbered, collisionCount };
  }

  const { annotations, namespace = '' } = owner.metadata;
  for (let collisions = collisionCount; ; collisions++) {
    const hash = templateHash(template, collisions || undefined);
    const name = `${owner.metadata.name.slice(0, longestPrefix)}-${hash}`;
    try {
      const made = await client.create(controllerRevision, {
        metadata: {
          name,
          namespace,
          labels: { ...template.metadata?.labels, [hashLabel]: hash },
          ...(annotations && { annotations: { ...annotations } }),
          ownerReferences: [ownerReference(kind, owner)],
        },
        data: dataOf(template),
        revision: number,
      });
      expectations.wrote(keyOf(owner), controllerRevision, made);
      return { revision: made, collisionCount: collisions };
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error;
      const other = await client.get(controllerRevision, { namespace, name });
      // Gone again: there is nothing to get out of the way of.
      if (!other) throw error;
      const isOurs = controllerOf(other)?.uid === owner.metadata.uid;
      if (isOurs && sameTemplate(templateOf(other), template)) {
        expectations.wrote(keyOf(owner), controllerRevision, other);
        return { revision: other, collisionCount: collisions };
      }
    }
  }
}

/** Deletes what the history limit leaves no room for. */
export async function truncateHistory(
  owner: Historic,
  revisions: readonly Revision[],
  live: ReadonlySet<string>,
  { client, expectations }: ControllerContext,
): Promise<void> {
  for (const it of planTruncation(revisions, live, owner.spec.revisionHistoryLimit ?? 10)) {
    await client.delete(controllerRevision, it.metadata, { preconditions: { uid: it.metadata.uid } });
    expectations.deleted(keyOf(owner), controllerRevision, it);
  }
}
