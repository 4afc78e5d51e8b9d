import { type core, isPodFinished, pod as podKind } from '../../kinds/index.ts';
import { isDeleting, ownerReference } from '../../meta/owner.ts';
import type { Draft } from '../../meta/types.ts';

type Claim = core.PersistentVolumeClaim;

export type EphemeralPlan = {
  create: Array<{ volume: string; claim: Draft<Claim> }>;
  /** Claims that are there but another's. */
  conflicts: Array<{ volume: string; claim: string }>;
};

/** The claims that a pod's ephemeral volumes lack: made from their templates, gone with the pod (KEP-1698). */
export function planClaims(pod: core.Pod, claimOf: (name: string) => Claim | undefined): EphemeralPlan {
  const plan: EphemeralPlan = { create: [], conflicts: [] };
  if (isDeleting(pod) || isPodFinished(pod)) return plan;
  const { name: podName, namespace = '', uid } = pod.metadata;
  for (const { name: volumeName, ephemeral } of pod.spec.volumes ?? []) {
    const template = ephemeral?.volumeClaimTemplate;
    if (!template) continue;
    const name = `${podName}-${volumeName}`;
    const found = claimOf(name);
    if (found) {
      if (!found.metadata.ownerReferences?.some((it) => it.uid === uid && it.controller))
        plan.conflicts.push({ volume: volumeName, claim: name });
      continue;
    }
    const { labels, annotations } = template.metadata ?? {};
    const metadata = {
      ...{ name, namespace },
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ownerReferences: [ownerReference(podKind, pod)],
    };
    plan.create.push({ volume: volumeName, claim: { metadata, spec: template.spec } });
  }
  return plan;
}
