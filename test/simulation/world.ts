import { admissionOf } from '../../src/api/admission/admission.ts';
import { limitRanger } from '../../src/api/admission/limit-ranger.ts';
import { namespaceLifecycle } from '../../src/api/admission/namespace.ts';
import { podDefaults } from '../../src/api/admission/pod.ts';
import { podPriority } from '../../src/api/admission/priority.ts';
import { quotaAdmission } from '../../src/api/admission/quota.ts';
import { serviceAddresses } from '../../src/api/admission/service-addresses.ts';
import { defaultStorageClass, volumeProtection } from '../../src/api/admission/volume.ts';
import { createContext } from '../../src/api/context.ts';
import { localTransport } from '../../src/api/local.ts';
import { type Client, createClient, type Transport } from '../../src/client/index.ts';
import { type AnyKind, type apps, type core, lease, namespace, node, pod, replicaSet, storageClass } from '../../src/kinds/index.ts';
import { type Milliseconds, seconds } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type Random, seededRandom } from '../../src/lib/random.ts';
import { VirtualClock } from '../../src/lib/virtual-clock.ts';
import { controllerOf, isDeleting, keyOf } from '../../src/meta/owner.ts';
import type { KubeObject } from '../../src/meta/types.ts';
import { isPodReady } from '../../src/kinds/index.ts';
import { findCondition } from '../../src/meta/condition.ts';
import { deepEqual } from '../../src/meta/copy.ts';
import { openMemoryStore } from '../../src/store/index.ts';
import { type Agents, type Luck, startAgents } from './agents.ts';
import { createControlPlane, type ControlPlane, type Parts } from './control-plane.ts';
import { type Draw, drawFrom } from './draw.ts';
import { longestTurn, Seen } from './seen.ts';
import { State } from './state.ts';
import { Trace } from './trace.ts';
import { calm, stormy, unreliable, type Weather } from './weather.ts';

/** A pod that was of use and is not any more. It is lost when no controller took it away on purpose. */
export type Departure = { at: Milliseconds; pod: core.Pod; isLoss: boolean; by: string | undefined };

/** A cluster whose time, chance and machines are made up; all the rest is real. */
export type World = {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly draw: Draw;
  readonly trace: Trace;
  readonly state: State;
  /** What the parts may be acting on. */
  readonly seen: Seen;
  /** What a user of the cluster does; its requests meet no bad weather. */
  readonly user: Client;
  readonly agents: Agents;
  readonly plane: ControlPlane;
  /** Whose request the deletion of an object began with: a controller's name, `scheduler`, `kubelet`, `user` or `eviction`. */
  deletedBy(uid: string): string | undefined;
  /** Pods that were lost in the last minute, newest last. */
  losses(): readonly Departure[];
  /** All that went or were lost in the last minute. */
  departures(): readonly Departure[];
  /** Nodes have come, gone or become other places for pods, and not everybody may know yet. */
  nodesChangedLately(): boolean;
  /** A number for a name, another each time. */
  next(): number;
  /** What a node was in the last moments, newest last; whatever it was then may be what is acted on. */
  nodeVersions(name: string): readonly core.Node[];
  /** How important pods were that went lately: they may have been who room was made for. */
  pastPriorities(): readonly number[];
  /** Says that something is not as it must be, where no change of the store shows it. */
  blame(fault: string): void;
  /** Who hears of that. */
  onBlame: (fault: string) => void;
  weather: Weather;
  luck: Luck;
  close(): void;
};

export const roughLuck: Luck = { start: seconds(3), ready: seconds(4), work: seconds(20), failures: 0.25, stop: seconds(8) };
export const goodLuck: Luck = { start: seconds(1), ready: seconds(1), work: seconds(3), failures: 0, stop: seconds(1) };
/** How long a loss may be unknown to those who count: from the pod over its status, a set's and a deployment's to a decision. */
const lossesKept = seconds(60);

/** So many timers of one moment are made by somebody who asks again and again at once. */
const mostAtOnce = 20_000;

/** A clock that notices when time does not pass because somebody is always due. */
class WatchedClock extends VirtualClock {
  onStandstill: () => void = () => {};
  #made = 0;
  #moment = 0;

  override schedule(after: Milliseconds, run: () => void): () => void {
    if (this.#moment !== this.now()) this.#made = 0;
    this.#moment = this.now();
    this.#made += 1;
    if (this.#made < mostAtOnce) return super.schedule(after, run);
    this.onStandstill();
    return () => {};
  }
}

export async function createWorld(seed: number, parts?: Parts): Promise<World> {
  const clock = new WatchedClock();
  const random = seededRandom(seed);
  const draw = drawFrom(random);
  const trace = new Trace(clock);
  const state = new State(clock);
  const store = openMemoryStore();
  await state.follow(store);
  const api = createContext({
    ...{ store, clock, random, log: silentLog },
    admission: admissionOf([
      namespaceLifecycle(store),
      podPriority(store),
      podDefaults,
      limitRanger(store),
      volumeProtection,
      defaultStorageClass(store),
      await quotaAdmission(store, clock),
      await serviceAddresses(store, { serviceCidr: '10.96.0.0/16', nodePorts: { first: 30000, last: 32767 } }),
    ]),
  });
  const server = localTransport(api) as unknown as Transport;
  const deletions = new Map<string, string>();
  const departed: Departure[] = [];
  let named = 0;
  let nodesChangedAt = clock.now();
  const gone: Array<{ at: Milliseconds; priority: number }> = [];
  /** As nodes are and were; what is old is dropped when its successor comes. */
  let nodeVersions: Array<{ node: core.Node; until: Milliseconds }> = [];

  const noteDeletion = (by: string, kind: AnyKind, key: string, uid?: string): void => {
    const it = state.get(kind, key);
    // An earlier request may have been refused; once it is on its way out, others change nothing.
    if (it && !isDeleting(it) && (uid === undefined || uid === it.metadata.uid)) deletions.set(it.metadata.uid, by);
  };
  const wayOf = (actor: string, signal: AbortSignal, weather: () => Weather): Transport => {
    const inner: Transport = {
      ...server,
      delete(kind, key, options) {
        noteDeletion(actor, kind, keyOf({ metadata: key }), options?.preconditions?.uid);
        return server.delete(kind, key, options);
      },
      post(kind, key, subresource, body) {
        if (subresource === 'eviction') noteDeletion('eviction', kind, keyOf({ metadata: key }));
        return server.post(kind, key, subresource, body);
      },
    };
    return unreliable(inner, {
      ...{ clock, draw, weather, signal },
      onWrite: ({ verb, kind, name, subresource }) =>
        kind !== (lease as AnyKind) && trace.note(() => `${actor}: ${verb} ${kind.plural}${subresource ? `/${subresource}` : ''} ${name}`),
    });
  };

  function noteNode(was: core.Node | undefined, now: core.Node | undefined): void {
    if (!offersOther(was, now)) return;
    nodesChangedAt = clock.now();
    nodeVersions = nodeVersions.filter((it) => it.until > clock.now() - 2 * longestTurn);
    for (const it of nodeVersions) if (it.node.metadata.name === (now ?? was)?.metadata.name) it.until = Math.min(it.until, clock.now());
    if (now) nodeVersions.push({ node: now, until: Number.POSITIVE_INFINITY });
  }

  state.onChange(({ kind, now, was, revision }) => {
    trace.count(revision);
    if (now && was && (kind as AnyKind) === (replicaSet as AnyKind)) {
      const [before, after] = [was as apps.ReplicaSet, now as apps.ReplicaSet];
      if (before.spec.replicas !== after.spec.replicas)
        trace.note(() => `   ${after.metadata.name} is to have ${after.spec.replicas}, after ${before.spec.replicas}`);
    }
    if (kind === (node as AnyKind)) noteNode(was as core.Node | undefined, now as core.Node | undefined);
    if (kind !== (pod as AnyKind) || !was) return;
    const before = was as core.Pod;
    if (!now || isDeleting(now)) gone.push({ at: clock.now(), priority: before.spec.priority ?? 0 });
    if (gone.length > 200) gone.splice(0, 100);
    if (!isPodReady(before) || isDeleting(before)) return;
    const after = now as core.Pod | undefined;
    const isOfUse = after && isPodReady(after) && !isDeleting(after);
    if (isOfUse) return;
    // One that only is not well any more is nobody's doing, though somebody may have asked for its end in vain.
    const by = after && !isDeleting(after) ? undefined : deletions.get(before.metadata.uid);
    const isLoss = !(after && isDeleting(after) && isOnPurpose(after, by));
    departed.push({ at: clock.now(), pod: before, isLoss, by });
  });

  const ends = new AbortController();
  const world: World = {
    ...{ clock, random, draw, trace, state },
    seen: new Seen(clock, state),
    user: createClient(
      wayOf('user', ends.signal, () => calm),
      { fieldManager: 'kubectl' },
    ),
    agents: startAgents({
      ...{ clock, draw, signal: ends.signal },
      transport: wayOf('kubelet', ends.signal, () => world.weather),
      luck: () => world.luck,
      onStart: (it) => {
        for (const listener of onStart) listener(it);
      },
    }),
    plane: createControlPlane({ clock, random, trace, wayOf: (actor, signal) => wayOf(actor, signal, () => world.weather) }, parts),
    deletedBy: (uid) => deletions.get(uid),
    losses: () => world.departures().filter((it) => it.isLoss),
    departures() {
      while (departed[0] && departed[0].at < clock.now() - lossesKept) departed.shift();
      return departed;
    },
    next: () => ++named,
    nodeVersions: (name) => nodeVersions.filter((it) => it.node.metadata.name === name).map((it) => it.node),
    pastPriorities: () => gone.filter((it) => it.at > clock.now() - 2 * longestTurn).map((it) => it.priority),
    nodesChangedLately: () => nodesChangedAt > clock.now() - 2 * longestTurn,
    blame: (fault) => world.onBlame(fault),
    onBlame: () => {},
    weather: calm,
    luck: roughLuck,
    close() {
      world.plane.stop();
      ends.abort();
    },
  };
  const onStart: Array<(it: core.Pod) => void> = [];
  starts.set(world, onStart);
  clock.onStandstill = () => world.blame('time stands still: somebody asks to be called again at once, for ever');
  for (const name of ['default', 'kube-node-lease', 'kube-system']) await world.user.create(namespace, { metadata: { name }, spec: {} });
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  await world.user.create(storageClass, { metadata: { name: 'standard', annotations }, provisioner: 'volume.peapod.dev' });
  return world;
}

const starts = new WeakMap<World, Array<(it: core.Pod) => void>>();
/** Calls `listener` when a node begins to run a pod's containers. */
export const onPodStart = (world: World, listener: (it: core.Pod) => void): void => void starts.get(world)?.push(listener);

const offersOther = (was: core.Node | undefined, now: core.Node | undefined): boolean =>
  !deepEqual(
    [was?.spec?.taints, was?.metadata.labels, was?.spec?.unschedulable],
    [now?.spec?.taints, now?.metadata.labels, now?.spec?.unschedulable],
  );

/** Taken away by who keeps pods; not driven out by taints, evicted, preempted, collected with a set that a user deleted. */
const keepers = new Set(['replicaset', 'replicationcontroller', 'statefulset', 'daemonset', 'job', 'deployment']);
const isOnPurpose = (it: core.Pod, by: string | undefined): boolean =>
  by !== undefined && keepers.has(by) && findCondition(it.status?.conditions, 'DisruptionTarget')?.status !== 'True';

/** Lets the storm begin: requests fail and are late, caches lag. */
export function storm(world: World): void {
  world.weather = stormy;
  world.luck = roughLuck;
}

export const ownedBy = (owner: KubeObject, it: KubeObject): boolean => controllerOf(it)?.uid === owner.metadata.uid;
