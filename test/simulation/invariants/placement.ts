import {
  type AnyKind,
  type core,
  isPodFinished,
  matchesNodeSelector,
  node,
  pod,
  podRequests,
  untolerated,
} from '../../../src/kinds/index.ts';
import { isDeleting, keyOf } from '../../../src/meta/owner.ts';
import { milliValue, quantityValue } from '../../../src/meta/quantity.ts';
import { matchesSelector } from '../../../src/meta/selector.ts';
import type { World } from '../world.ts';
import { type Invariant, nameOf } from './invariant.ts';

const amount = (resource: string, value: string | undefined): number =>
  resource === 'cpu' ? milliValue(value ?? '0') : quantityValue(value ?? '0');
const on = (name: string, { state }: World): core.Pod[] => state.list(pod).filter((it) => it.spec.nodeName === name && !isPodFinished(it));

function requested(pods: readonly core.Pod[], resource: string): number {
  return pods.reduce((sum, it) => sum + (resource === 'pods' ? 1 : amount(resource, podRequests(it.spec)[resource])), 0);
}

const hostPorts = (it: core.Pod): number[] =>
  it.spec.containers.flatMap((one) => (one.ports ?? []).map((port) => port.hostPort ?? 0)).filter((port) => port > 0);

/** The rules, worked out here on their own; undefined when the node would take the pod beside `others`. */
function objection(it: core.Pod, where: core.Node, others: readonly core.Pod[]): string | undefined {
  const { spec } = it;
  if (!Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => where.metadata.labels?.[key] === value)) return 'its selector';
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required && !matchesNodeSelector(required, { labels: where.metadata.labels ?? {}, name: where.metadata.name } as never))
    return 'its affinity';
  if (untolerated(where.spec?.taints, spec.tolerations)) return 'a taint';
  for (const resource of ['cpu', 'memory', 'pods']) {
    if (requested([...others, it], resource) > amount(resource, where.status?.allocatable?.[resource])) return `too little ${resource}`;
  }
  const taken = new Set(others.flatMap(hostPorts));
  if (hostPorts(it).some((port) => taken.has(port))) return 'a port that is taken';
  const apart = spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const term of apart) {
    if (others.some((one) => one.metadata.namespace === it.metadata.namespace && matchesSelector(term.labelSelector, one.metadata.labels)))
      return 'a pod it keeps away from';
  }
  for (const one of others) {
    const theirs = one.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    if (theirs.some((term) => matchesSelector(term.labelSelector, it.metadata.labels)))
      return `${one.metadata.name}, which keeps away from it`;
  }
  return undefined;
}

export const placesAreRight: Invariant = {
  name: 'a pod comes to a node that suits it, and stays there',
  begin: ({ seen }) => seen.want(node as never),
  *after({ kind, now, was }, world) {
    if (kind !== (pod as AnyKind) || !now || !was) return;
    const [it, before] = [now as core.Pod, was as core.Pod];
    if (before.spec.nodeName && before.spec.nodeName !== it.spec.nodeName) yield `${nameOf(it)} was moved`;
    if (!it.spec.nodeName || before.spec.nodeName) return;
    if (it.spec.schedulingGates?.length) yield `${nameOf(it)} is gated, and was bound`;
    if (isDeleting(it)) yield `${nameOf(it)} was on its way out, and was bound`;
    const name = it.spec.nodeName;
    const others = on(name, world).filter((one) => one !== it);
    // A node that was changed a moment ago was another when the decision was made.
    const versions = world.nodesChangedLately()
      ? world.nodeVersions(name)
      : [world.state.get(node, name)].filter((one) => one !== undefined);
    const objections = versions.map((one) => objection(it, one, others));
    if (objections.length === 0) yield `${nameOf(it)} was bound to ${name}, which is not there`;
    else if (objections.every((one) => one !== undefined)) yield `${nameOf(it)} was bound to ${name} against ${objections.at(-1)}`;
  },
  *quiet(world) {
    for (const it of world.state.list(pod)) {
      if (it.spec.nodeName || it.spec.schedulingGates?.length || isDeleting(it)) continue;
      const free = world.state.list(node).filter((where) => objection(it, where, on(where.metadata.name, world)) === undefined);
      if (free.length > 0) yield `${nameOf(it)} waits, and ${free.map(keyOf)} would take it`;
      const said = it.status?.conditions?.find((one) => one.type === 'PodScheduled');
      if (said?.status !== 'False' || said.reason !== 'Unschedulable' || !/^0\/\d+ nodes are available: /.test(said.message ?? ''))
        yield `${nameOf(it)} waits and does not say why: ${said?.message}`;
    }
  },
};

export const lesserGiveWay: Invariant = {
  name: 'only pods of less importance make room, and only for one that waits',
  *after({ kind, now, was }, world) {
    if (kind !== (pod as AnyKind) || !now || !was || isDeleting(was) || !isDeleting(now)) return;
    const it = now as core.Pod;
    if (world.deletedBy(it.metadata.uid) !== 'scheduler') return;
    const highest = Math.max(...world.state.list(pod).map((one) => one.spec.priority ?? 0), ...world.pastPriorities());
    if ((it.spec.priority ?? 0) >= highest) yield `${nameOf(it)} made room, and nobody is more important`;
    if (!it.status?.conditions?.some((one) => one.type === 'DisruptionTarget' && one.reason === 'PreemptionByScheduler'))
      yield `${nameOf(it)} made room and does not say so`;
  },
};
