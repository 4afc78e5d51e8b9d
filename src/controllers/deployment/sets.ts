import type { apps } from '../../kinds/index.ts';
import { sameTemplate } from '../template.ts';

export type Sets = {
  /** The one with the deployment's template. */
  current: apps.ReplicaSet | undefined;
  old: readonly apps.ReplicaSet[];
};

export const wantedReplicas = (it: { spec: { replicas?: number } }): number => it.spec.replicas ?? 1;
export const isActive = (set: apps.ReplicaSet): boolean => wantedReplicas(set) > 0;
export const allOf = ({ current, old }: Sets): apps.ReplicaSet[] => (current ? [...old, current] : [...old]);

const sum = (sets: readonly apps.ReplicaSet[], count: (set: apps.ReplicaSet) => number | undefined): number =>
  sets.reduce((total, set) => total + (count(set) ?? 0), 0);
export const wantedOf = (sets: readonly apps.ReplicaSet[]): number => sum(sets, wantedReplicas);
export const actualOf = (sets: readonly apps.ReplicaSet[]): number => sum(sets, (it) => it.status?.replicas);
export const readyOf = (sets: readonly apps.ReplicaSet[]): number => sum(sets, (it) => it.status?.readyReplicas);
export const availableOf = (sets: readonly apps.ReplicaSet[]): number => sum(sets, (it) => it.status?.availableReplicas);
/** Undefined as long as one of them has not said. */
export const terminatingOf = (sets: readonly apps.ReplicaSet[]): number | undefined =>
  sets.some((it) => it.status?.terminatingReplicas === undefined) ? undefined : sum(sets, (it) => it.status?.terminatingReplicas);

/**
 * How many pods a set may have until it says otherwise: those it wants, those it has yet to give up, and any number while
 * it has not said that it knows its size. Only a set that never had another size is known to have no more than that.
 */
export function mayHave(set: apps.ReplicaSet): number {
  const { generation = 1 } = set.metadata;
  const knowsSize = generation === 1 || (set.status?.observedGeneration ?? 0) >= generation;
  return knowsSize ? Math.max(wantedReplicas(set), set.status?.replicas ?? 0) : Number.POSITIVE_INFINITY;
}

/** Oldest first; of one second, by name. */
export const byAge = (a: apps.ReplicaSet, b: apps.ReplicaSet): number =>
  compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || compare(a.metadata.name, b.metadata.name);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Of several sets with the deployment's template the oldest counts, so that the choice does not change with time. */
export function sortSets(deployment: apps.Deployment, sets: readonly apps.ReplicaSet[]): Sets {
  const inOrder = [...sets].sort(byAge);
  const current = inOrder.find((it) => sameTemplate(it.spec.template, deployment.spec.template));
  return { current, old: inOrder.filter((it) => it !== current) };
}
