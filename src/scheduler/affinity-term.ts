import type { core } from '../kinds/index.ts';
import { matchesRequirements, type Requirement, requirementsOf } from '../meta/selector.ts';

type Labels = { [key: string]: string };

/** Which pods a term of pod affinity means, and over which node label it counts. */
export type AffinityTerm = {
  readonly topologyKey: string;
  readonly namespaces: ReadonlySet<string>;
  /** Further namespaces by their labels; undefined means none. */
  readonly namespaceSelector: readonly Requirement[] | undefined;
  /** Undefined means no pod at all. */
  readonly pods: readonly Requirement[] | undefined;
};
export type Weighted = { readonly term: AffinityTerm; readonly weight: number };

/** The labels of a namespace; undefined for one that is not known (yet). */
export type NamespaceLabels = (name: string) => Labels | undefined;

export const affinityTerms = (pod: core.Pod, terms: readonly core.PodAffinityTerm[] | undefined): AffinityTerm[] =>
  (terms ?? []).map((it) => termOf(pod, it));

export const weightedTerms = (pod: core.Pod, terms: readonly core.WeightedPodAffinityTerm[] | undefined): Weighted[] =>
  (terms ?? []).map((it) => ({ term: termOf(pod, it.podAffinityTerm), weight: it.weight }));

function termOf(pod: core.Pod, term: core.PodAffinityTerm): AffinityTerm {
  // The pod's own namespace stands for a term that names none.
  const isOwn = !term.namespaces?.length && !term.namespaceSelector;
  return {
    topologyKey: term.topologyKey,
    namespaces: new Set(isOwn ? [pod.metadata.namespace ?? ''] : term.namespaces),
    namespaceSelector: term.namespaceSelector && requirementsOf(term.namespaceSelector),
    pods: term.labelSelector && [
      ...requirementsOf(term.labelSelector),
      ...sameLabels(pod, term.matchLabelKeys, 'in'),
      ...sameLabels(pod, term.mismatchLabelKeys, 'notin'),
    ],
  };
}

/** What matchLabelKeys and mismatchLabelKeys add to a selector: the pod's own values; labels it lacks add nothing (KEP-3633). */
export const sameLabels = (pod: core.Pod, keys: readonly string[] | undefined, operator: 'in' | 'notin'): Requirement[] =>
  (keys ?? []).flatMap((key) => {
    const value = pod.metadata.labels?.[key];
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });

export function termMatches(term: AffinityTerm, pod: core.Pod, labelsOf: NamespaceLabels): boolean {
  if (!term.pods) return false;
  const namespace = pod.metadata.namespace ?? '';
  const isMeant =
    term.namespaces.has(namespace) || (term.namespaceSelector && matchesRequirements(term.namespaceSelector, labelsOf(namespace) ?? {}));
  return isMeant === true && matchesRequirements(term.pods, pod.metadata.labels);
}
