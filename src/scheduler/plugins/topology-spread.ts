import { type core, isWanted, untolerated } from '../../kinds/index.ts';
import { isDeleting } from '../../meta/owner.ts';
import { matchesRequirements, type Requirement, requirementsOf } from '../../meta/selector.ts';
import { sameLabels } from '../affinity-term.ts';
import { type NodeInfo, raise } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import { type Filter, final, passing, type Score } from './plugin.ts';

type Constraint = {
  key: string;
  maxSkew: number;
  minDomains: number;
  /** Undefined means no pod at all. */
  selector: readonly Requirement[] | undefined;
  counts: (node: NodeInfo) => boolean;
};

function constraintsOf({ pod }: PodInfo, kind: 'DoNotSchedule' | 'ScheduleAnyway'): Constraint[] {
  const wanted = (pod.spec.topologySpreadConstraints ?? []).filter((it) => it.whenUnsatisfiable === kind);
  return wanted.map((it) => ({
    key: it.topologyKey,
    maxSkew: it.maxSkew,
    minDomains: it.minDomains ?? 1,
    selector: it.labelSelector && [...requirementsOf(it.labelSelector), ...sameLabels(pod, it.matchLabelKeys, 'in')],
    counts: (node) => takesPart(pod.spec, it, node),
  }));
}

/** Which nodes are counted at all: by default those the pod asks for, whatever their taints (KEP-3094). */
function takesPart(spec: core.PodSpec, it: core.TopologySpreadConstraint, node: NodeInfo): boolean {
  if ((it.nodeAffinityPolicy ?? 'Honor') === 'Honor' && !isWanted(spec, node)) return false;
  return it.nodeTaintsPolicy !== 'Honor' || !untolerated(node.node?.spec?.taints, spec.tolerations);
}

const isMeant = ({ selector }: Constraint, labels: { [key: string]: string } | undefined): boolean =>
  selector !== undefined && matchesRequirements(selector, labels);

/** Pods of the same namespace that the constraint means, without those that are going. */
function countPods(it: Constraint, node: NodeInfo, namespace: string | undefined): number {
  let sum = 0;
  for (const { pod } of node.pods.values()) {
    if (pod.metadata.namespace === namespace && !isDeleting(pod) && isMeant(it, pod.metadata.labels)) sum += 1;
  }
  return sum;
}

/** Pods in each domain of the constraint. A node that lacks one of the labels takes no part. */
function domainsOf(it: Constraint, all: readonly Constraint[], nodes: readonly NodeInfo[], namespace: string | undefined) {
  const domains = new Map<string, number>();
  for (const node of nodes) {
    const value = node.labels[it.key];
    if (value === undefined || !it.counts(node) || !all.every(({ key }) => node.labels[key] !== undefined)) continue;
    domains.set(value, (domains.get(value) ?? 0) + countPods(it, node, namespace));
  }
  return domains;
}

const mismatch = "node(s) didn't match pod topology spread constraints";

export const topologySpread: Filter = {
  name: 'PodTopologySpread',
  wokenBy: ['node', 'pod gone', 'pod placed'],
  prepare(info, { cluster }) {
    const { namespace, labels } = info.pod.metadata;
    const constraints = constraintsOf(info, 'DoNotSchedule');
    if (constraints.length === 0) return undefined;
    const counted = constraints.map((it) => {
      const domains = domainsOf(it, constraints, cluster.nodes, namespace);
      const least = domains.size < it.minDomains ? 0 : Math.min(...domains.values());
      return { it, domains, least, self: isMeant(it, labels) ? 1 : 0 };
    });
    return {
      check(node) {
        for (const { it, domains, least, self } of counted) {
          const value = node.labels[it.key];
          if (value === undefined) return final(`${mismatch} (missing required label)`);
          if ((domains.get(value) ?? 0) + self - least > it.maxSkew) return passing(mismatch);
        }
        return undefined;
      },
    };
  },
};

type Share = { key: string; maxSkew: number; domains: ReadonlyMap<string, number> };

// Upstream's default constraints: pods of one owner are spread over nodes, less eagerly over zones.
const defaults = [
  { key: 'kubernetes.io/hostname', maxSkew: 3 },
  { key: 'topology.kubernetes.io/zone', maxSkew: 5 },
];

function ownerShares(owner: string, nodes: readonly NodeInfo[]): Share[] {
  return defaults.map(({ key, maxSkew }) => {
    const domains = new Map<string, number>();
    for (const node of nodes) {
      const value = node.labels[key];
      if (value !== undefined) raise(domains, value, node.owners.get(owner) ?? 0);
    }
    return { key, maxSkew, domains };
  });
}

export const preferredSpread: Score = {
  name: 'PodTopologySpread',
  weight: 2,
  rate(info, nodes, { cluster }) {
    const own = constraintsOf(info, 'ScheduleAnyway');
    const hasConstraints = (info.pod.spec.topologySpreadConstraints?.length ?? 0) > 0;
    if (own.length === 0 && (hasConstraints || !info.owner)) return undefined;
    const shares: Share[] =
      own.length > 0
        ? own.map((it) => ({ ...it, domains: domainsOf(it, own, cluster.nodes, info.pod.metadata.namespace) }))
        : ownerShares(info.owner ?? '', cluster.nodes);
    const isOut = (node: NodeInfo): boolean => own.some(({ key }) => node.labels[key] === undefined);
    const taking = nodes.filter((it) => !isOut(it));
    const weights = shares.map(({ key }) => Math.log(new Set(taking.map((it) => it.labels[key])).size + 2));
    const crowd = nodes.map((node) => {
      if (isOut(node)) return undefined;
      const sum = shares.reduce((total, { key, maxSkew, domains }, i) => {
        const value = node.labels[key];
        return value === undefined ? total : total + (domains.get(value) ?? 0) * (weights[i] ?? 0) + maxSkew - 1;
      }, 0);
      return Math.round(sum);
    });
    const known = crowd.filter((it) => it !== undefined);
    const most = Math.max(0, ...known);
    const least = Math.min(...known);
    return crowd.map((it) => (it === undefined ? 0 : most === 0 ? 100 : Math.floor((100 * (most + least - it)) / most)));
  },
};
