import { type apps, type core, isPodFinished } from '../../kinds/index.ts';
import { isDeleting } from '../../meta/owner.ts';
import { fitter } from './fit.ts';
import { targetOf } from './pod.ts';

/** A node as the set sees it: what it is to have, and what it has. */
export type Place = { name: string; runs: boolean; stays: boolean; pods: readonly core.Pod[] };

export type Facts = { hash: string; isThere: (pod: core.Pod) => boolean };

/** The pods by the node they are on or meant for, nodes in the order of their names. */
export function placesOf(set: apps.DaemonSet, { nodes, pods }: { nodes: readonly core.Node[]; pods: readonly core.Pod[] }): Place[] {
  const fitOf = fitter(set);
  const byNode = new Map<string, core.Pod[]>();
  for (const pod of pods) {
    const target = targetOf(pod);
    if (target === undefined || (isPodFinished(pod) && isDeleting(pod))) continue;
    byNode.set(target, [...(byNode.get(target) ?? []), pod]);
  }
  const inOrder = [...nodes].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return inOrder.map((it) => ({ name: it.metadata.name, ...fitOf(it), pods: byAge(byNode.get(it.metadata.name) ?? []) }));
}

const byAge = (pods: readonly core.Pod[]): core.Pod[] =>
  [...pods].sort((a, b) => {
    if (!a.spec.nodeName !== !b.spec.nodeName) return a.spec.nodeName ? -1 : 1;
    const [first, second] = [`${a.metadata.creationTimestamp} ${a.metadata.name}`, `${b.metadata.creationTimestamp} ${b.metadata.name}`];
    return first < second ? -1 : 1;
  });
