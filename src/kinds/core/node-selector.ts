import { matchesMap, matchesRequirements, requirementsOf } from '../../meta/selector.ts';
import type { NodeSelector, NodeSelectorTerm, PodSpec } from '../generated/core-v1.ts';

/** What a node selector looks at. */
export type Target = { name: string; labels: { [key: string]: string } };

/** Terms are alternatives; one that says nothing means no node (v1.NodeSelectorTerm). */
export const matchesNodeSelector = (selector: NodeSelector, node: Target): boolean =>
  selector.nodeSelectorTerms.some((it) => matchesTerm(it, node));

export function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Target): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchesRequirements(requirementsOf({ matchExpressions }), node.labels) &&
    matchesRequirements(requirementsOf({ matchExpressions: matchFields }), { 'metadata.name': node.name })
  );
}

/** Whether the pod's nodeSelector and required node affinity accept the node. */
export function isWanted({ nodeSelector, affinity }: PodSpec, node: Target): boolean {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return matchesMap(nodeSelector, node.labels) && (!required || matchesNodeSelector(required, node));
}
