import type { core } from '../../kinds/index.ts';
import { controllerOf } from '../../meta/owner.ts';
import { matchesMap } from '../../meta/selector.ts';
import type { KubeObject } from '../../meta/types.ts';
import { type Facts, type Workload, workloadsIn } from './facts.ts';

const isOwnedBy = (it: KubeObject, owner: KubeObject): boolean => controllerOf(it)?.uid === owner.metadata.uid;

const revisionOf = (it: KubeObject): number => Number(it.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
const age = (a: KubeObject, b: KubeObject): number => (a.metadata.creationTimestamp > b.metadata.creationTimestamp ? -1 : 1);

/** What an object has made, workloads and pods; of ReplicaSets the newest revision first. */
export function madeBy(facts: Facts, owner: KubeObject): { workloads: Workload[]; pods: core.Pod[] } {
  const own = workloadsIn(facts)
    .filter((it) => isOwnedBy(it, owner))
    .sort((a, b) => revisionOf(b) - revisionOf(a) || age(a, b));
  const below = own.map((it) => madeBy(facts, it));
  const pods = facts.pods.filter((it) => isOwnedBy(it, owner)).sort(age);
  return {
    workloads: own.flatMap((it, i) => [it, ...(below[i]?.workloads ?? [])]),
    pods: [...pods, ...below.flatMap((it) => it.pods)],
  };
}

/** The owners of an object, the topmost first, and itself at the end. */
export function lineOf(facts: Facts, object: KubeObject): KubeObject[] {
  const above = controllerOf(object);
  const owner = above && workloadsIn(facts).find((it) => it.metadata.uid === above.uid);
  return owner ? [...lineOf(facts, owner), object] : [object];
}

/** The pods that a Service means; none when it has no selector. */
export const podsOf = (facts: Facts, { spec, metadata }: core.Service): core.Pod[] =>
  Object.keys(spec?.selector ?? {}).length === 0
    ? []
    : facts.pods.filter((it) => it.metadata.namespace === metadata.namespace && matchesMap(spec?.selector, it.metadata.labels)).sort(age);
