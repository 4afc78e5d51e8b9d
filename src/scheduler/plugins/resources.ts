import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';
import type { Filter, Refusal, Score } from './plugin.ts';

function refusalOf(pod: PodInfo, node: NodeInfo): Refusal | undefined {
  const reasons: string[] = [];
  let isFinal = false;
  if (node.pods.size + 1 > (node.allocatable.get('pods') ?? 0)) reasons.push('Too many pods');
  for (const [name, amount] of pod.requests) {
    const all = node.allocatable.get(name) ?? 0;
    if (amount === 0 || amount <= all - (node.requested.get(name) ?? 0)) continue;
    reasons.push(`Insufficient ${name}`);
    // More than the whole node has: no pod that goes makes room for it.
    if (amount > all) isFinal = true;
  }
  return reasons.length > 0 ? { reasons, isFinal } : undefined;
}

export const resources: Filter = {
  name: 'NodeResourcesFit',
  wokenBy: ['node', 'pod gone'],
  prepare: (pod) => ({ check: (node) => refusalOf(pod, node) }),
};

/** Prefers nodes of which much is left after the pod. */
export const leastAllocated: Score = {
  name: 'NodeResourcesFit',
  weight: 1,
  rate: (pod, nodes) =>
    nodes.map((node) => {
      const left = (all: number, used: number): number => (all === 0 || used > all ? 0 : Math.floor(((all - used) * 100) / all));
      const cpu = left(node.allocatable.get('cpu') ?? 0, node.assumed.cpu + pod.assumed.cpu);
      const memory = left(node.allocatable.get('memory') ?? 0, node.assumed.memory + pod.assumed.memory);
      return Math.floor((cpu + memory) / 2);
    }),
};

/** Prefers nodes where CPU and memory are used to the same degree: 100 less their standard deviation in percent. */
export const balancedAllocation: Score = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  rate(pod, nodes) {
    const cpu = pod.requests.get('cpu') ?? 0;
    const memory = pod.requests.get('memory') ?? 0;
    if (cpu === 0 && memory === 0) return undefined;
    const share = (node: NodeInfo, name: string, more: number): number => {
      const all = node.allocatable.get(name) ?? 0;
      return all === 0 ? 0 : Math.min(1, ((node.requested.get(name) ?? 0) + more) / all);
    };
    // The standard deviation of two numbers is half their difference.
    return nodes.map((node) => Math.floor((1 - Math.abs(share(node, 'cpu', cpu) - share(node, 'memory', memory)) / 2) * 100));
  },
};
