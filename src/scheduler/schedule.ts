import type { Random } from '../lib/random.ts';
import { fitMessage } from './fit-message.ts';
import type { NodeInfo } from './node-info.ts';
import { type Context, type Filter, filters, type News, type Refusal, scores } from './plugins/index.ts';
import { final } from './plugins/plugin.ts';
import type { PodInfo } from './pod-info.ts';

export type Decision =
  | { type: 'node'; node: NodeInfo }
  | {
      type: 'none';
      /** For people, in upstream's words, but for what preemption adds. */
      message: string;
      /** News after which it is worth another try. */
      wokenBy: ReadonlySet<News>;
      /** Nodes that refused for a reason that pods which go might take away. */
      mightFit: readonly NodeInfo[];
      /** False when no node was looked at: then preemption says nothing. */
      mayPreempt: boolean;
    };

/** Which node a pod goes to. `start`: where to begin among the nodes, as only so many that fit are looked for. */
export function schedule(pod: PodInfo, context: Context, random: Random, start = 0): Decision {
  const { nodes } = context.cluster;
  if (nodes.length === 0) {
    const message = 'no nodes available to schedule pods';
    return { type: 'none', message, wokenBy: new Set(['node']), mightFit: [], mayPreempt: false };
  }
  const checks = prepareChecks(pod, context);
  if ('nowhere' in checks) {
    // Upstream stumbles here over device claims it has not counted yet, and says so: "not found".
    const message = `${fitMessage(nodes.length, checks.nowhere)} not found`;
    return { type: 'none', message, wokenBy: new Set(checks.by.wokenBy), mightFit: [], mayPreempt: false };
  }
  const fitting: NodeInfo[] = [];
  const refusals: Array<{ node: NodeInfo; by: Filter; refusal: Refusal }> = [];
  const enough = enoughOf(nodes.length);
  for (let i = 0; i < nodes.length && fitting.length < enough; i++) {
    const node = nodes[(start + i) % nodes.length] as NodeInfo;
    const refused = refusalOf(node, checks);
    if (refused) refusals.push({ node, ...refused });
    else fitting.push(node);
  }
  if (fitting.length > 0) return { type: 'node', node: best(pod, fitting, context, random) };
  return {
    type: 'none',
    message: fitMessage(
      nodes.length,
      refusals.flatMap(({ refusal }) => refusal.reasons),
    ),
    wokenBy: new Set(refusals.flatMap(({ by }) => by.wokenBy)),
    mightFit: refusals.filter(({ refusal }) => !refusal.isFinal).map(({ node }) => node),
    mayPreempt: true,
  };
}

/** Why one node would not take the pod, as things are in `context`; undefined when it would. */
export function refusalFor(pod: PodInfo, node: NodeInfo, context: Context): readonly string[] | undefined {
  const checks = prepareChecks(pod, context);
  return 'nowhere' in checks ? [checks.nowhere] : refusalOf(node, checks)?.refusal.reasons;
}

export type Checks = {
  named: Array<{ by: Filter; only: ReadonlySet<string> }>;
  each: Array<{ by: Filter; check: (node: NodeInfo) => Refusal | undefined }>;
};

export function prepareChecks(pod: PodInfo, context: Context): Checks | { nowhere: string; by: Filter } {
  const checks: Checks = { named: [], each: [] };
  for (const by of filters) {
    const verdict = by.prepare(pod, context);
    if (!verdict) continue;
    if ('nowhere' in verdict) return { nowhere: verdict.nowhere, by };
    if ('only' in verdict) checks.named.push({ by, only: verdict.only });
    else checks.each.push({ by, check: verdict.check });
  }
  return checks;
}

export function refusalOf(node: NodeInfo, { named, each }: Checks): { by: Filter; refusal: Refusal } | undefined {
  for (const { by, only } of named) {
    if (!only.has(node.name)) return { by, refusal: final(`node(s) didn't satisfy plugin(s) [${by.name}]`) };
  }
  for (const { by, check } of each) {
    const refusal = check(node);
    if (refusal) return { by, refusal };
  }
  return undefined;
}

/** In large clusters a part of the nodes that fit is as good as all of them (kube-scheduler: percentageOfNodesToScore). */
export function enoughOf(nodes: number): number {
  if (nodes < 100) return nodes;
  const percent = Math.max(5, 50 - Math.floor(nodes / 125));
  return Math.max(100, Math.floor((nodes * percent) / 100));
}

function best(pod: PodInfo, nodes: readonly NodeInfo[], context: Context, random: Random): NodeInfo {
  if (nodes.length === 1) return nodes[0] as NodeInfo;
  const totals = nodes.map(() => 0);
  for (const { weight, rate } of scores) {
    for (const [i, score] of (rate(pod, nodes, context) ?? []).entries()) totals[i] = (totals[i] ?? 0) + weight * score;
  }
  const highest = Math.max(...totals);
  const equals = nodes.filter((_, i) => totals[i] === highest);
  return equals[Math.floor(random.next() * equals.length)] as NodeInfo;
}
