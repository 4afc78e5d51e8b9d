import {
  type AnyKind,
  type apps,
  type core,
  daemonSet,
  isPodFinished,
  isPodReady,
  node,
  pod,
  untolerated,
} from '../../../src/kinds/index.ts';
import { controllerOf, isDeleting, keyOf } from '../../../src/meta/owner.ts';
import type { IntOrString } from '../../../src/meta/types.ts';
import type { World } from '../world.ts';
import { type Invariant, nameOf } from './invariant.ts';
import { differences, isLongReady } from './replicas.ts';

function setOf(it: core.Pod, { state }: World): apps.DaemonSet | undefined {
  const owner = controllerOf(it);
  const set = owner?.kind === 'DaemonSet' ? state.get(daemonSet, `${it.metadata.namespace}/${owner.name}`) : undefined;
  return set?.metadata.uid === owner?.uid ? set : undefined;
}

const nodeOf = (it: core.Pod): string | undefined =>
  it.spec.nodeName ??
  it.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0];

const rolling = (set: apps.DaemonSet): apps.RollingUpdateDaemonSet =>
  set.spec.updateStrategy?.type === 'OnDelete' ? {} : (set.spec.updateStrategy?.rollingUpdate ?? {});
const part = (value: IntOrString | undefined, total: number): number =>
  typeof value === 'number' ? value : Math.ceil((Number.parseInt(value ?? '0', 10) * total) / 100);
const surges = (set: apps.DaemonSet): boolean => part(rolling(set).maxSurge, 100) > 0;
const versionsOf = (set: apps.DaemonSet, world: World): apps.DaemonSet[] => [set, ...world.seen.versions(daemonSet, keyOf(set))];
const imageOf = (it: core.Pod | undefined): string | undefined => it?.spec.containers[0]?.image;

export const onePerNode: Invariant = {
  name: 'a daemon set has one pod on a node, and with a surge an old and a new one',
  begin: ({ seen }) => seen.want(daemonSet as never),
  *after({ kind, now, was }, world) {
    if (kind !== (pod as AnyKind) || was || !now) return;
    const it = now as core.Pod;
    const set = setOf(it, world);
    if (!set) return;
    const here = world.state.owned(pod, set.metadata.uid).filter((one) => one !== it && nodeOf(one) === nodeOf(it) && !isPodFinished(one));
    const staying = here.filter((one) => !isDeleting(one));
    if (versionsOf(set, world).some(surges)) {
      if (staying.length > 1) yield `${nameOf(it)} is the third on ${nodeOf(it)}, beside ${staying.map((one) => one.metadata.name)}`;
    } else if (here.length > 0) yield `${nameOf(it)} comes to ${nodeOf(it)} beside ${here.map((one) => one.metadata.name)}`;
  },
};

export const daemonRolloutIsBounded: Invariant = {
  name: 'a daemon set takes no more pods away than may be missing',
  *after({ kind, now, was }, world) {
    if (kind !== (pod as AnyKind) || !was || !now) return;
    const [it, before] = [now as core.Pod, was as core.Pod];
    if (!isDeleting(it) || isDeleting(before) || world.deletedBy(it.metadata.uid) !== 'daemonset' || !isLongReady(before, world)) return;
    const set = setOf(it, world);
    if (!set || isDeleting(set)) return;
    // From a node that is not to have one, every pod goes at once.
    const where = world.state.get(node, nodeOf(it) ?? '');
    if (!where || !isPlace(set, where) || world.nodesChangedLately()) return;
    const versions = versionsOf(set, world);
    const pods = world.state.owned(pod, set.metadata.uid);
    const covered = new Set(pods.filter((one) => isPodReady(one) && !isDeleting(one)).map(nodeOf));
    // Its successor has taken over.
    if (covered.has(nodeOf(it))) return;
    const places = world.state.list(node).filter((one) => isPlace(set, one)).length;
    const may = Math.max(
      ...versions.map((one) => {
        const missing = part(rolling(one).maxUnavailable ?? 1, places);
        return missing === 0 && !surges(one) ? 1 : missing;
      }),
    );
    const lost = world.losses().filter((one) => controllerOf(one.pod)?.uid === set.metadata.uid).length;
    if (covered.size + lost < places - may)
      yield `${nameOf(it)} was taken away: ${covered.size} of ${places} nodes have one, ${lost} were lost lately, ${may} may be without`;
  },
};

/** Where a set would not go now, a pod that is there stays as long as no taint drives it out. */
const mayStay = (set: apps.DaemonSet, where: core.Node | undefined): boolean =>
  where !== undefined &&
  isPlace(set, { ...where, spec: { ...where.spec, taints: (where.spec?.taints ?? []).filter((it) => it.effect === 'NoExecute') } });

/** Whether the set wants to be there, as far as the simulation makes nodes differ: by a label and by taints. */
function isPlace({ spec }: apps.DaemonSet, where: core.Node): boolean {
  const { nodeSelector = {}, tolerations = [] } = spec.template.spec ?? {};
  const fits = Object.entries(nodeSelector).every(([key, value]) => where.metadata.labels?.[key] === value);
  // Who is there when a node is lost stays; nobody comes to one that is (upstream: AddOrUpdateDaemonPodTolerations).
  const bears = (effect: 'NoExecute' | 'NoSchedule', names: string[]) =>
    names.map((it) => ({ key: `node.kubernetes.io/${it}`, operator: 'Exists' as const, effect }));
  const own = [
    ...bears('NoExecute', ['not-ready', 'unreachable']),
    ...bears('NoSchedule', ['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable']),
  ];
  return fits && untolerated(where.spec?.taints, [...tolerations, ...own]) === undefined;
}

export const daemonStatusIsTrue: Invariant = {
  name: 'a daemon set covers its nodes, and says so',
  *quiet({ state }) {
    for (const set of state.list(daemonSet)) {
      const places = state.list(node).filter((one) => isPlace(set, one));
      const all = state.owned(pod, set.metadata.uid).filter((one) => !isPodFinished(one) && !isDeleting(one));
      const pods = all.filter((one) => places.some((it) => it.metadata.name === nodeOf(one)));
      const others = all.filter((one) => !pods.includes(one));
      for (const one of others) if (!mayStay(set, state.get(node, nodeOf(one) ?? ''))) yield `${nameOf(one)} is where it should not be`;
      const image = set.spec.template.spec?.containers[0]?.image;
      for (const { metadata } of places) {
        const here = pods.filter((one) => nodeOf(one) === metadata.name);
        if (here.length !== 1 || !here.every(isPodReady)) yield `${nameOf(set)} has ${here.length} pods on ${metadata.name}`;
        if (set.spec.updateStrategy?.type !== 'OnDelete' && here.some((one) => imageOf(one) !== image))
          yield `${nameOf(set)} has a pod of an old template on ${metadata.name}`;
      }
      if (pods.length !== places.length) yield `${nameOf(set)} has ${pods.length} pods, and ${places.length} nodes are for it`;
      const updated = pods.filter((one) => imageOf(one) === image).length;
      const counts = { desiredNumberScheduled: places.length, currentNumberScheduled: places.length, numberReady: pods.length };
      const more = { numberAvailable: pods.length, numberMisscheduled: new Set(others.map(nodeOf)).size, updatedNumberScheduled: updated };
      yield* differences(set, { ...counts, ...more }, set.status ?? {});
      if (set.status?.observedGeneration !== set.metadata.generation) yield `${nameOf(set)} has not been looked at since it changed`;
    }
  },
};
