import type { core, policy } from '../kinds/index.ts';
import { findCondition } from '../meta/condition.ts';
import { isDeleting } from '../meta/owner.ts';
import { matchesSelector } from '../meta/selector.ts';
import type { ClusterView } from './cluster.ts';
import { fitMessage } from './fit-message.ts';
import type { NodeInfo } from './node-info.ts';
import type { Context } from './plugins/index.ts';
import type { PodInfo } from './pod-info.ts';
import { refusalFor } from './schedule.ts';

export type Preemption =
  | { type: 'none'; message: string }
  /** Room is being made on that node already. */
  | { type: 'waits'; node: string; message: string }
  | { type: 'victims'; node: NodeInfo; victims: readonly PodInfo[] };

/** `violations`: how many victims go against the word of their budget. That is avoided where it can be, and no more. */
type Victims = { victims: PodInfo[]; violations: number };
type Candidate = Victims & { node: NodeInfo };

// Upstream asks its plugin of device claims before it thinks of preemption; of a pod without such claims it always says this.
const start = 'no new claims to deallocate, preemption:';
const noVictims = 'No preemption victims found for incoming pod';
const noHelp = 'Preemption is not helpful for scheduling';

/**
 * Which less important pods would have to go so that this one fits somewhere: on the node where the most important of
 * them is least important. `mightFit` are the nodes whose refusal had to do with pods.
 */
export function preempt(pod: PodInfo, mightFit: readonly NodeInfo[], context: Context): Preemption {
  if (pod.pod.spec.preemptionPolicy === 'Never') {
    return { type: 'none', message: `${start} not eligible due to preemptionPolicy=Never.` };
  }
  const waitsFor = mightFit.find((node) => isGivingWay(node, pod));
  if (waitsFor) {
    const message = `${start} not eligible due to a terminating pod on the nominated node.`;
    return { type: 'waits', node: waitsFor.name, message };
  }
  const reasons: string[] = [];
  const candidates: Candidate[] = [];
  for (const node of mightFit) {
    const found = victimsOn(pod, node, context);
    if ('reasons' in found) reasons.push(...found.reasons);
    else candidates.push({ node, ...found });
  }
  const best = candidates.sort((a, b) => a.violations - b.violations || compareVictims(a.victims, b.victims))[0];
  if (best) return { type: 'victims', node: best.node, victims: best.victims };
  const all = context.cluster.nodes.length;
  for (let rest = all - mightFit.length; rest > 0; rest--) reasons.push(noHelp);
  return { type: 'none', message: `${start} ${fitMessage(all, reasons)}` };
}

/** The node is promised to the pod, and a less important pod is leaving it to make room. */
const isGivingWay = (node: NodeInfo, { pod, priority }: PodInfo): boolean =>
  node.name === pod.status?.nominatedNodeName &&
  [...node.pods.values()].some((it) => it.priority < priority && isDeleting(it.pod) && isPreempted(it.pod));

const isPreempted = ({ status }: core.Pod): boolean => {
  const why = findCondition(status?.conditions, 'DisruptionTarget');
  return why?.status === 'True' && why.reason === 'PreemptionByScheduler';
};

/** The fewest that have to go: those whose budget is spent are spared first, then the important ones; or why that would not do. */
function victimsOn(pod: PodInfo, node: NodeInfo, context: Context): Victims | { reasons: readonly string[] } {
  const lesser = [...node.pods.values()].filter((it) => it.priority < pod.priority);
  if (lesser.length === 0) return { reasons: [noVictims] };
  const gone = new Set(lesser.map((it) => it.uid));
  const refusal = (): readonly string[] | undefined => {
    const changed = node.without(gone);
    return refusalFor(pod, changed, { ...context, cluster: withNode(context.cluster, changed) });
  };
  const reasons = refusal();
  if (reasons) return { reasons };
  lesser.sort((a, b) => b.priority - a.priority || (startOf(a) < startOf(b) ? -1 : 1));
  const spent = overBudget(lesser, context.budgets?.() ?? []);
  for (const it of [...lesser.filter((one) => spent.has(one)), ...lesser.filter((one) => !spent.has(one))]) {
    gone.delete(it.uid);
    if (refusal()) gone.add(it.uid);
  }
  const victims = lesser.filter((it) => gone.has(it.uid));
  return { victims, violations: victims.filter((it) => spent.has(it)).length };
}

/**
 * The pods that a budget would not let go, were all of them to go in this order (upstream: filterPodsWithPDBViolation).
 * Whom a budget has let go already is no loss to it again; a budget that selects nothing in particular selects nobody.
 */
export function overBudget(pods: readonly PodInfo[], budgets: readonly policy.PodDisruptionBudget[]): ReadonlySet<PodInfo> {
  const left = new Map(budgets.map((it) => [it, it.status?.disruptionsAllowed ?? 0]));
  const spent = new Set<PodInfo>();
  for (const info of pods) {
    const { namespace, name, labels } = info.pod.metadata;
    for (const it of budgets) {
      const { matchLabels = {}, matchExpressions = [] } = it.spec.selector ?? {};
      if (it.metadata.namespace !== namespace || Object.keys(matchLabels).length + matchExpressions.length === 0) continue;
      if (!matchesSelector(it.spec.selector, labels) || it.status?.disruptedPods?.[name] !== undefined) continue;
      const rest = (left.get(it) ?? 0) - 1;
      left.set(it, rest);
      if (rest < 0) spent.add(info);
    }
  }
  return spent;
}

/** The cluster as it would be with another state of one node. */
function withNode(cluster: ClusterView, changed: NodeInfo): ClusterView {
  const swap = (it: NodeInfo): NodeInfo => (it.name === changed.name ? changed : it);
  return {
    nodes: cluster.nodes.map(swap),
    node: (name) => (name === changed.name ? changed : cluster.node(name)),
    nodesWithAffinity: [...cluster.nodesWithAffinity].map(swap),
    nodesKeepingAway: [...cluster.nodesKeepingAway].map(swap),
    namespaceLabels: cluster.namespaceLabels,
  };
}

const startOf = ({ pod }: PodInfo): string => pod.status?.startTime ?? pod.metadata.creationTimestamp;

/** Upstream's order: the least important chief victim, then the least sum of importance, the fewest, the youngest. */
function compareVictims(a: readonly PodInfo[], b: readonly PodInfo[]): number {
  const chief = (it: readonly PodInfo[]): number => Math.max(...it.map(({ priority }) => priority));
  const sum = (it: readonly PodInfo[]): number => it.reduce((total, { priority }) => total + priority + 2 ** 31, 0);
  const oldest = (it: readonly PodInfo[]): string =>
    it
      .filter(({ priority }) => priority === chief(it))
      .map(startOf)
      .sort()[0] ?? '';
  return chief(a) - chief(b) || sum(a) - sum(b) || a.length - b.length || (oldest(a) > oldest(b) ? -1 : 1);
}
