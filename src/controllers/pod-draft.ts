import type { core, Kind } from '../kinds/index.ts';
import { deepCopy } from '../meta/copy.ts';
import { ownerReference } from '../meta/owner.ts';
import type { Draft, KubeObject } from '../meta/types.ts';

/** A pod as a template says, owned by `owner`; the server finds the rest of its name. */
export function podDraft(
  template: core.PodTemplateSpec | undefined,
  kind: Pick<Kind, 'apiVersion' | 'kind'>,
  owner: KubeObject,
): Draft<core.Pod> {
  const { metadata, spec } = deepCopy(template ?? {});
  const { labels, annotations, finalizers } = metadata ?? {};
  return {
    metadata: {
      generateName: `${owner.metadata.name}-`,
      ...(owner.metadata.namespace && { namespace: owner.metadata.namespace }),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers?.length && { finalizers }),
      ownerReferences: [ownerReference(kind, owner)],
    },
    spec: spec ?? { containers: [] },
  };
}
