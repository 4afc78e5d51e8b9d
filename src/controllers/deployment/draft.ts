import { type apps, deployment as deploymentKind } from '../../kinds/index.ts';
import { deepCopy, deepEqual } from '../../meta/copy.ts';
import { ownerReference } from '../../meta/owner.ts';
import type { Draft } from '../../meta/types.ts';
import { currentAnnotations, maxRevision, sizeAnnotations } from './annotations.ts';
import type { Sets } from './sets.ts';
import { hashLabel, templateHash, withoutHash } from '../template.ts';

/** The set that makes the deployment's pods; its name follows from the template, so that making it twice makes one. */
export function setDraft(
  deployment: apps.Deployment,
  old: Sets['old'],
  replicas: number,
): Draft<apps.ReplicaSet> & { metadata: { name: string } } {
  const { name, namespace } = deployment.metadata;
  const { selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(deployment.spec.template, deployment.status?.collisionCount);
  const template = deepCopy(withoutHash(deployment.spec.template));
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  template.metadata = { ...template.metadata, labels } as typeof template.metadata;
  const annotations = { ...currentAnnotations(deployment, undefined, maxRevision(old) + 1n), ...sizeAnnotations(deployment) };
  return {
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace && { namespace }),
      labels: { ...labels },
      annotations,
      ownerReferences: [ownerReference(deploymentKind, deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds && { minReadySeconds }),
      selector: { ...deepCopy(selector), matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template,
    },
  };
}

/** The set with what the deployment asks of it; undefined when it is like that already. */
export function revisedSet(
  deployment: apps.Deployment,
  sets: Sets,
  set: apps.ReplicaSet,
  replicas: number | undefined,
): apps.ReplicaSet | undefined {
  const draft = deepCopy(set);
  if (set === sets.current) {
    draft.metadata.annotations = currentAnnotations(deployment, draft.metadata.annotations, maxRevision(sets.old) + 1n);
    if ((draft.spec.minReadySeconds ?? 0) !== (deployment.spec.minReadySeconds ?? 0)) {
      draft.spec.minReadySeconds = deployment.spec.minReadySeconds ?? 0;
    }
  }
  if (replicas !== undefined) {
    draft.spec.replicas = replicas;
    draft.metadata.annotations = { ...draft.metadata.annotations, ...sizeAnnotations(deployment) };
  }
  return deepEqual(draft, set) ? undefined : draft;
}
