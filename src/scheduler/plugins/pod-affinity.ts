import { type AffinityTerm, termMatches, type Weighted } from '../affinity-term.ts';
import type { ClusterView } from '../cluster.ts';
import { type NodeInfo, raise } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import { type Filter, final, passing, type Score } from './plugin.ts';

/** How many pods (or how much weight) there is in each domain: a node label with one of its values. */
class Domains {
  readonly #sums = new Map<string, Map<string, number>>();

  raise(key: string, node: NodeInfo, by: number): void {
    const value = node.labels[key];
    if (value === undefined) return;
    let values = this.#sums.get(key);
    if (!values) {
      values = new Map();
      this.#sums.set(key, values);
    }
    raise(values, value, by);
  }

  at(key: string, node: NodeInfo): number {
    const value = node.labels[key];
    return value === undefined ? 0 : (this.#sums.get(key)?.get(value) ?? 0);
  }

  get isEmpty(): boolean {
    for (const values of this.#sums.values()) if (values.size > 0) return false;
    return true;
  }

  sum(node: NodeInfo): number {
    let total = 0;
    for (const key of this.#sums.keys()) total += this.at(key, node);
    return total;
  }
}

/** Domains with pods that keep away from this one. */
function keptAway(pod: PodInfo, cluster: ClusterView): Domains {
  const domains = new Domains();
  for (const node of cluster.nodesKeepingAway) {
    if (!node.node) continue;
    for (const other of node.keepingAway) {
      for (const term of other.affinity.apart) {
        if (termMatches(term, pod.pod, cluster.namespaceLabels)) domains.raise(term.topologyKey, node, 1);
      }
    }
  }
  return domains;
}

/** Domains with pods that `matches`; they are looked for only when there is something to look for. */
function count(terms: readonly AffinityTerm[], cluster: ClusterView, matches: (term: AffinityTerm, other: PodInfo) => boolean): Domains {
  const domains = new Domains();
  if (terms.length === 0) return domains;
  for (const node of cluster.nodes) {
    for (const other of node.pods.values()) {
      for (const term of terms) if (matches(term, other)) domains.raise(term.topologyKey, node, 1);
    }
  }
  return domains;
}

export const podAffinity: Filter = {
  name: 'InterPodAffinity',
  wokenBy: ['node', 'pod gone', 'pod placed'],
  prepare(pod, { cluster }) {
    const { near, apart } = pod.affinity;
    const labelsOf = cluster.namespaceLabels;
    const away = keptAway(pod, cluster);
    if (near.length + apart.length === 0 && away.isEmpty) return undefined;
    const isMeant = (other: PodInfo): boolean => near.every((term) => termMatches(term, other.pod, labelsOf));
    // A pod counts as company only when it matches all terms together.
    const company = count(near, cluster, (_, other) => isMeant(other));
    const foes = count(apart, cluster, (term, other) => termMatches(term, other.pod, labelsOf));
    // The first of a group that wants to be together has nobody to join.
    const isFirst = near.length > 0 && company.isEmpty && isMeant(pod);
    return {
      check(node) {
        if (near.some((term) => node.labels[term.topologyKey] === undefined)) return final("node(s) didn't match pod affinity rules");
        if (!isFirst && near.some((term) => company.at(term.topologyKey, node) === 0))
          return final("node(s) didn't match pod affinity rules");
        if (apart.some((term) => foes.at(term.topologyKey, node) > 0)) return passing("node(s) didn't match pod anti-affinity rules");
        if (away.sum(node) > 0) return passing("node(s) didn't satisfy existing pods anti-affinity rules");
        return undefined;
      },
    };
  },
};

// What a required term of a pod that is there already weighs (kube-scheduler: hardPodAffinityWeight).
const requiredWeight = 1;

export const preferredCompany: Score = {
  name: 'InterPodAffinity',
  weight: 2,
  rate(pod, nodes, { cluster }) {
    const domains = new Domains();
    const labelsOf = cluster.namespaceLabels;
    const { preferNear, preferApart } = pod.affinity;
    const apply = (terms: readonly Weighted[], sign: number, target: PodInfo, node: NodeInfo): void => {
      for (const { term, weight } of terms) {
        if (termMatches(term, target.pod, labelsOf)) domains.raise(term.topologyKey, node, sign * weight);
      }
    };
    // What those who are there wish of the newcomer counts as much as what it wishes.
    for (const node of cluster.nodesWithAffinity) {
      if (!node.node) continue;
      for (const { affinity } of node.withAffinity) {
        const near = affinity.near.map((term) => ({ term, weight: requiredWeight }));
        apply(near, 1, pod, node);
        apply(affinity.preferNear, 1, pod, node);
        apply(affinity.preferApart, -1, pod, node);
      }
    }
    if (preferNear.length + preferApart.length > 0) {
      for (const node of cluster.nodes) {
        for (const other of node.pods.values()) {
          apply(preferNear, 1, other, node);
          apply(preferApart, -1, other, node);
        }
      }
    }
    if (domains.isEmpty) return undefined;
    const sums = nodes.map((node) => domains.sum(node));
    const least = Math.min(...sums);
    const span = Math.max(...sums) - least;
    return sums.map((it) => (span === 0 ? 0 : Math.floor(((it - least) * 100) / span)));
  },
};
