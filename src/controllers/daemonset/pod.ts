import { type apps, type core, daemonSet } from '../../kinds/index.ts';
import type { Draft } from '../../meta/types.ts';
import { podDraft } from '../pod-draft.ts';
import { tolerationsOf } from './fit.ts';

export const hashLabel = 'controller-revision-hash';
const generationLabel = 'pod-template-generation';
const generationKey = 'deprecated.daemonset.template.generation';

export const hashOf = ({ metadata }: core.Pod | apps.ControllerRevision): string => metadata.labels?.[hashLabel] ?? '';

/** The pod of a node. The scheduler places it like any other, but no other node will do. */
export function daemonPodDraft(set: apps.DaemonSet, node: string, hash: string): Draft<core.Pod> {
  const draft = podDraft(set.spec.template, daemonSet, set);
  const generation = set.metadata.annotations?.[generationKey];
  const { affinity } = draft.spec;
  const only: core.NodeSelector = { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] };
  return {
    metadata: {
      ...draft.metadata,
      labels: { ...draft.metadata.labels, [hashLabel]: hash, ...(generation && { [generationLabel]: generation }) },
    },
    spec: {
      ...draft.spec,
      tolerations: tolerationsOf(draft.spec),
      affinity: { ...affinity, nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: only } },
    },
  };
}

/** The node a pod is on, or is meant for. */
export function targetOf({ spec }: core.Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const fields = terms.flatMap((it) => it.matchFields ?? []);
  const field = fields.find((it) => it.key === 'metadata.name' && it.operator === 'In' && it.values?.length === 1);
  return field?.values?.[0];
}
