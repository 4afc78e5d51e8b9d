import {
  type AnyKind,
  type apps,
  type core,
  isPodFinished,
  isPodReady,
  persistentVolumeClaim,
  pod,
  statefulSet,
} from '../../../src/kinds/index.ts';
import { controllerOf, isDeleting, keyOf } from '../../../src/meta/owner.ts';
import { onPodStart, type World } from '../world.ts';
import { type Invariant, nameOf } from './invariant.ts';
import { differences, isLongReady } from './replicas.ts';

const wanted = ({ spec }: apps.StatefulSet): number => spec.replicas ?? 1;
const start = ({ spec }: apps.StatefulSet): number => spec.ordinals?.start ?? 0;
const ordinalOf = (it: core.Pod): number => Number(it.metadata.name.slice(it.metadata.name.lastIndexOf('-') + 1));
const isIn = (set: apps.StatefulSet, ordinal: number): boolean => ordinal >= start(set) && ordinal < start(set) + wanted(set);
const isOrdered = ({ spec }: apps.StatefulSet): boolean => spec.podManagementPolicy !== 'Parallel';
const mayMiss = (set: apps.StatefulSet): number => {
  const value = set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  return Math.max(1, typeof value === 'number' ? value : Math.floor((Number.parseInt(value, 10) * wanted(set)) / 100));
};

function setOf(it: core.Pod, { state }: World): apps.StatefulSet | undefined {
  const owner = controllerOf(it);
  const set = owner?.kind === 'StatefulSet' ? state.get(statefulSet, `${it.metadata.namespace}/${owner.name}`) : undefined;
  return set?.metadata.uid === owner?.uid ? set : undefined;
}

const versionsOf = (set: apps.StatefulSet, world: World): apps.StatefulSet[] => [set, ...world.seen.versions(statefulSet, keyOf(set))];

/** Pods of the set that were of use until a moment ago: their loss may not be known yet. */
const lostOf = (set: apps.StatefulSet, world: World): core.Pod[] =>
  world
    .losses()
    .map((it) => it.pod)
    .filter((it) => controllerOf(it)?.uid === set.metadata.uid);

/** The machines are asked, not the API server: two pods of a name there must never be, whatever is stored. */
export const identityIsOne: Invariant = {
  name: 'an ordinal never runs twice',
  begin(world) {
    world.seen.want(statefulSet as never);
    onPodStart(world, (it) => {
      if (controllerOf(it)?.kind !== 'StatefulSet') return;
      const running = world.agents.running(keyOf(it));
      if (running.length > 1) world.blame(`${nameOf(it)} runs ${running.length} times: ${running}`);
    });
  },
};

/** The same, and those that somebody else has taken away: a collector works from its own caches. */
const missingOf = (set: apps.StatefulSet, world: World): core.Pod[] =>
  world
    .departures()
    .filter((it) => it.by !== 'statefulset' && controllerOf(it.pod)?.uid === set.metadata.uid)
    .map((it) => it.pod);

export const ordinalsInOrder: Invariant = {
  name: 'an ordered set makes a pod when all before it are well, and gives up the last one first',
  *after({ kind, now, was }, world) {
    if (kind !== (pod as AnyKind)) return;
    const it = (now ?? was) as core.Pod;
    const set = setOf(it, world);
    if (!set) return;
    const versions = versionsOf(set, world);
    if (!was && !versions.some((one) => isIn(one, ordinalOf(it)))) yield `${nameOf(it)} is outside of its set`;
    if (!isOrdered(set)) return;
    if (!was) {
      const lost = new Set(missingOf(set, world).map(ordinalOf));
      const first = Math.max(...versions.map(start));
      for (let ordinal = first; ordinal < ordinalOf(it); ordinal++) {
        const lower = world.state.get(pod, `${set.metadata.namespace}/${set.metadata.name}-${ordinal}`);
        const isWell = lower && isPodReady(lower) && !isDeleting(lower);
        if (!isWell && !lost.has(ordinal)) yield `${nameOf(it)} was made while ${ordinal} is not well`;
      }
    } else if (isDeleting(it) && !isDeleting(was) && world.deletedBy(it.metadata.uid) === 'statefulset') {
      // A pod that has ended is replaced where it is; only what is beyond the set goes from its end.
      if (versions.some((one) => isIn(one, ordinalOf(it)))) return;
      const higher = world.state
        .owned(pod, set.metadata.uid)
        .filter((one) => ordinalOf(one) > ordinalOf(it) && !versions.some((version) => isIn(version, ordinalOf(one))));
      if (higher.length > 0) yield `${nameOf(it)} was given up before ${higher.map((one) => one.metadata.name)}`;
    }
  },
};

export const rolloutIsBounded: Invariant = {
  name: 'a rollout leaves what is below the partition, and takes no more than may be missing',
  *after({ kind, now, was }, world) {
    if (kind !== (pod as AnyKind) || !was || !now) return;
    const [it, before] = [now as core.Pod, was as core.Pod];
    if (!isDeleting(it) || isDeleting(before) || world.deletedBy(it.metadata.uid) !== 'statefulset' || isPodFinished(before)) return;
    const set = setOf(it, world);
    if (!set || isDeleting(set)) return;
    const versions = versionsOf(set, world);
    if (!versions.every((one) => isIn(one, ordinalOf(it)))) return;
    const strategies = versions.map((one) => one.spec.updateStrategy);
    const partition = Math.min(...versions.map((one) => start(one) + (one.spec.updateStrategy?.rollingUpdate?.partition ?? 0)));
    if (strategies.every((one) => one?.type === 'OnDelete')) yield `${nameOf(it)} was replaced though only who deletes it may`;
    if (ordinalOf(it) < partition) yield `${nameOf(it)} was replaced below partition ${partition}`;
    if (!isLongReady(before, world)) return;
    const ready = world.state.owned(pod, set.metadata.uid).filter((one) => isPodReady(one) && !isDeleting(one)).length;
    const least = Math.min(...versions.map((one) => wanted(one) - mayMiss(one)));
    const lost = lostOf(set, world).length;
    if (ready + lost < least) yield `${nameOf(it)} was replaced: ${ready} are ready, ${lost} were lost lately, ${least} are needed`;
  },
};

export const statefulStatusIsTrue: Invariant = {
  name: 'a stateful set is as wished, and says so',
  *quiet(world) {
    const { state } = world;
    for (const set of state.list(statefulSet)) {
      const pods = state.owned(pod, set.metadata.uid);
      const ordinals = pods.map(ordinalOf).sort((a, b) => a - b);
      const should = Array.from({ length: wanted(set) }, (_, i) => start(set) + i);
      if (ordinals.join() !== should.join()) yield `${nameOf(set)} has ordinals ${ordinals} and should have ${should}`;
      const { status = { replicas: 0 } } = set;
      const ready = pods.filter(isPodReady).length;
      if (ready !== pods.length) yield `${nameOf(set)} has ${ready} ready pods of ${pods.length}`;
      yield* differences(set, { replicas: pods.length, readyReplicas: ready, availableReplicas: ready }, status);
      if (status.observedGeneration !== set.metadata.generation) yield `${nameOf(set)} has not been looked at since it changed`;
      const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
      const image = set.spec.template.spec?.containers[0]?.image;
      if (type !== 'OnDelete') {
        const old = pods.filter(
          (it) => it.spec.containers[0]?.image !== image && ordinalOf(it) - start(set) >= (rollingUpdate?.partition ?? 0),
        );
        if (old.length > 0) yield `${nameOf(set)} has pods of an old template: ${old.map((it) => it.metadata.name)}`;
      }
      for (const template of set.spec.volumeClaimTemplates ?? []) {
        for (const ordinal of should) {
          const claim = state.get(
            persistentVolumeClaim,
            `${set.metadata.namespace}/${template.metadata.name}-${set.metadata.name}-${ordinal}`,
          );
          if (!claim || isDeleting(claim)) yield `${nameOf(set)} has no claim for ${ordinal}`;
        }
      }
    }
  },
};

export const claimsAreHandedOver: Invariant = {
  name: 'claims that go with a pod belong to it before it is given up',
  *after({ kind, now, was }, world) {
    if (kind !== (pod as AnyKind) || !was || !now) return;
    const it = now as core.Pod;
    if (!isDeleting(it) || isDeleting(was) || world.deletedBy(it.metadata.uid) !== 'statefulset') return;
    const set = setOf(it, world);
    if (!set || isDeleting(set) || set.spec.persistentVolumeClaimRetentionPolicy?.whenScaled !== 'Delete') return;
    if (versionsOf(set, world).some((one) => isIn(one, ordinalOf(it)))) return;
    for (const template of set.spec.volumeClaimTemplates ?? []) {
      const claim = world.state.get(persistentVolumeClaim, `${it.metadata.namespace}/${template.metadata.name}-${it.metadata.name}`);
      const owners = claim?.metadata.ownerReferences ?? [];
      if (claim && !owners.some((one) => one.uid === it.metadata.uid)) yield `${nameOf(it)} was given up, and ${claim.metadata.name} stays`;
    }
  },
};
