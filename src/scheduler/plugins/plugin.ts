import type { policy } from '../../kinds/index.ts';
import type { ClusterView } from '../cluster.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import type { VolumeFacts } from '../volumes.ts';

/** News that may make room for a pod that found none. */
export type News = 'node' | 'pod gone' | 'pod placed' | 'claim' | 'volume' | 'class';

export type Context = {
  cluster: ClusterView;
  volumes: VolumeFacts;
  /** Disruption budgets: preemption spares pods whose budget is spent, if it can. */
  budgets?: () => readonly policy.PodDisruptionBudget[];
};

/** Why a node will not do. `isFinal`: taking pods away from it would not help. */
export type Refusal = { reasons: readonly string[]; isFinal: boolean };

/**
 * What a filter has to say about a pod: nothing (undefined), a check to be made of every node, that only some nodes come
 * into question at all, or that no node will do whatever it is like.
 */
export type Verdict = undefined | { check: (node: NodeInfo) => Refusal | undefined } | { only: ReadonlySet<string> } | { nowhere: string };

export type Filter = {
  /** Upstream's name of the plugin; it stands in messages. */
  name: string;
  /** Which news are worth another try after this filter refused. */
  wokenBy: readonly News[];
  /** Pure. Called once for a decision; what depends on the pod alone is worked out here. */
  prepare(pod: PodInfo, context: Context): Verdict;
};

export type Score = {
  name: string;
  weight: number;
  /** 0 to 100 for each of `nodes`, in their order; undefined when it does not care. Pure. */
  rate(pod: PodInfo, nodes: readonly NodeInfo[], context: Context): readonly number[] | undefined;
};

export const final = (...reasons: string[]): Refusal => ({ reasons, isFinal: true });
export const passing = (...reasons: string[]): Refusal => ({ reasons, isFinal: false });

/** Stretches raw scores so that the highest becomes 100; turned over when less is better. */
export function stretched(raw: readonly number[], lessIsBetter = false): number[] {
  const highest = Math.max(0, ...raw);
  if (highest === 0) return raw.map(() => (lessIsBetter ? 100 : 0));
  return raw.map((it) => {
    const score = Math.floor((it * 100) / highest);
    return lessIsBetter ? 100 - score : score;
  });
}
