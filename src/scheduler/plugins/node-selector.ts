import { type core, isWanted, matchesTerm, type Target } from '../../kinds/index.ts';
import { type Filter, final, type Score, stretched } from './plugin.ts';

/** The nodes named by matchFields, when every alternative names some: the others need not be looked at. */
function namedNodes(selector: core.NodeSelector | undefined): ReadonlySet<string> | undefined {
  if (!selector?.nodeSelectorTerms.length) return undefined;
  const all = new Set<string>();
  for (const { matchFields = [] } of selector.nodeSelectorTerms) {
    const lists = matchFields.filter((it) => it.key === 'metadata.name' && it.operator === 'In').map((it) => it.values ?? []);
    if (lists.length === 0) return undefined;
    for (const name of lists[0] ?? []) if (lists.every((it) => it.includes(name))) all.add(name);
  }
  return all;
}

const reason = "node(s) didn't match Pod's node affinity/selector";

/** Pods that name their node by a field, as those of a DaemonSet do, see that node alone. */
export const namedNodeAffinity: Filter = {
  name: 'NodeAffinity',
  wokenBy: ['node'],
  prepare({ pod: { spec } }) {
    const only = namedNodes(spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
    if (only?.size === 0) return { nowhere: 'pod affinity terms conflict' };
    return only && { only };
  },
};

export const nodeSelector: Filter = {
  name: 'NodeAffinity',
  wokenBy: ['node'],
  prepare({ pod: { spec } }) {
    if (!spec.nodeSelector && !spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution) return undefined;
    return { check: (node) => (isWanted(spec, node) ? undefined : final(reason)) };
  },
};

export const preferredNodes: Score = {
  name: 'NodeAffinity',
  weight: 2,
  rate({ pod: { spec } }, nodes) {
    const terms = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (terms.length === 0) return undefined;
    const weightOf = (node: Target): number =>
      terms.reduce((sum, { weight, preference }) => (isEmpty(preference) || matchesTerm(preference, node) ? sum + weight : sum), 0);
    return stretched(nodes.map(weightOf));
  },
};

// A preference that says nothing prefers every node, unlike a requirement (v1.PreferredSchedulingTerm).
const isEmpty = (it: core.NodeSelectorTerm): boolean => !it.matchExpressions?.length && !it.matchFields?.length;
