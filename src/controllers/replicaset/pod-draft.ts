import { type apps, type core, replicaSet } from '../../kinds/index.ts';
import { deepCopy } from '../../meta/copy.ts';
import { ownerReference } from '../../meta/owner.ts';
import type { Draft } from '../../meta/types.ts';

/** A pod as the set's template says, owned by the set; the server finds the rest of its name. */
export function podDraft(set: apps.ReplicaSet): Draft<core.Pod> {
  const { metadata, spec } = deepCopy(set.spec.template ?? {});
  const { labels, annotations, finalizers } = metadata ?? {};
  return {
    metadata: {
      generateName: `${set.metadata.name}-`,
      ...(set.metadata.namespace && { namespace: set.metadata.namespace }),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers?.length && { finalizers }),
      ownerReferences: [ownerReference(replicaSet, set)],
    },
    spec: spec ?? { containers: [] },
  };
}
