import { type Branch, branchOf, notThere, together } from '../tree/index.ts';
import type { Facts } from '../why/index.ts';

/** What one demo runs: names of its Deployments and of Pods without an owner, all in one namespace each. */
export type Workload = { kind: 'Deployment' | 'Pod'; namespace: string; name: string };
export type Show = { demo: string; workloads: readonly Workload[] };

/** Demo, and below it what it runs. */
export const treeOf = (shows: readonly Show[], facts: Facts): Branch[] =>
  shows
    .filter(({ workloads }) => workloads.length > 0)
    .map(({ demo, workloads }) => {
      const children = workloads.map((it) => workloadBranch(it, facts));
      return { title: demo, state: '', mood: together(children), children };
    });

export const isReady = (tree: readonly Branch[]): boolean => tree.every(({ mood }) => mood === 'ok');

function workloadBranch({ kind, namespace, name }: Workload, facts: Facts): Branch {
  const all = kind === 'Pod' ? facts.pods : facts.deployments;
  const found = all.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  return found ? branchOf(facts, found) : notThere(`${kind.toLowerCase()}/${name}`);
}
