import type { ClusterView } from './cluster.ts';
import type { NodeInfo } from './node-info.ts';
import { type Context, scores } from './plugins/index.ts';
import type { PodInfo } from './pod-info.ts';
import { prepareChecks, refusalOf } from './schedule.ts';

/** What one node is to a pod: the filter that refuses it and why, or what each score makes of it. */
export type NodeVerdict =
  | { node: string; filter: string; reasons: readonly string[] }
  | { node: string; scores: ReadonlyArray<readonly [name: string, points: number]>; total: number };

/**
 * How each node suits a pod as things are now, the best first, those that are refused last. Of a pod that has a node
 * already it tells how things would be without it: what a decision made now would go by.
 */
export function explain(pod: PodInfo, { cluster, ...context }: Context, on?: string): NodeVerdict[] {
  const view = { ...context, cluster: on === undefined ? cluster : withoutPod(cluster, on, pod.uid) };
  const checks = prepareChecks(pod, view);
  const { nodes } = view.cluster;
  if ('nowhere' in checks) return nodes.map(({ name }) => ({ node: name, filter: checks.by.name, reasons: [checks.nowhere] }));
  const refused: NodeVerdict[] = [];
  const fitting: NodeInfo[] = [];
  for (const node of nodes) {
    const refusal = refusalOf(node, checks);
    if (refusal) refused.push({ node: node.name, filter: refusal.by.name, reasons: refusal.refusal.reasons });
    else fitting.push(node);
  }
  const points = scores.map(({ name, weight, rate }) => ({ name, weight, rated: rate(pod, fitting, view) }));
  const rated = fitting.map((node, i) => {
    const each = points.map(({ name, weight, rated: of }) => [name, weight * (of?.[i] ?? 0)] as const);
    return { node: node.name, scores: each, total: each.reduce((sum, [, it]) => sum + it, 0) };
  });
  rated.sort((a, b) => b.total - a.total || (a.node < b.node ? -1 : 1));
  return [...rated, ...refused];
}

function withoutPod(cluster: ClusterView, on: string, uid: string): ClusterView {
  const changed = cluster.node(on)?.without(new Set([uid]));
  const swap = (it: NodeInfo): NodeInfo => (changed && it.name === on ? changed : it);
  return {
    nodes: cluster.nodes.map(swap),
    node: (name) => (changed && name === on ? changed : cluster.node(name)),
    nodesWithAffinity: [...cluster.nodesWithAffinity].map(swap),
    nodesKeepingAway: [...cluster.nodesKeepingAway].map(swap),
    namespaceLabels: cluster.namespaceLabels,
  };
}

/** The same as a table for people, by columns: a score with what it weighs, as it is summed up. */
export function explanation(verdicts: readonly NodeVerdict[]): string {
  const rows = verdicts.map((it) =>
    'scores' in it
      ? [it.node, 'fits', String(it.total), it.scores.map(([name, points]) => `${name}=${points}`).join(' ')]
      : [it.node, 'refused', '', `${it.filter}: ${it.reasons.join(', ')}`],
  );
  const all = [['NODE', 'VERDICT', 'SCORE', 'WHY'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => row.map((cell, i) => (i < 3 ? cell.padEnd(widths[i] ?? 0) : cell)).join('   ')).join('\n');
}
