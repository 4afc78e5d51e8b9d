import { type apps, type core, controllerRevision, daemonSet, node, pod } from '../../kinds/index.ts';
import { backoff } from '../../lib/backoff.ts';
import { type Milliseconds, minutes, seconds } from '../../lib/clock.ts';
import { controllerOf, isDeleting, keyOf } from '../../meta/owner.ts';
import { matchesSelector } from '../../meta/selector.ts';
import type { KubeObject } from '../../meta/types.ts';
import { applyPods } from '../apply-pods.ts';
import { nextAvailableIn } from '../available.ts';
import { claim } from '../claim.ts';
import { keepRevision, truncateHistory } from '../history/keep.ts';
import { revisionsOf } from '../history/revision.ts';
import { perRun } from '../per-run.ts';
import { again, type Controller, type ControllerContext, done } from '../run.ts';
import { placesOf } from './places.ts';
import { planDaemonSet } from './plan.ts';
import { daemonPodDraft, hashLabel, hashOf } from './pod.ts';
import { statusOf } from './status.ts';

const selects = (set: apps.DaemonSet) => (object: KubeObject) => matchesSelector(set.spec.selector, object.metadata.labels);

/** By node: what about it decides where pods go, as text. Heartbeats change nothing in it. */
const nodesKnown = perRun(() => new Map<string, string>());
/** By set and node: how often in a row pods have failed, and when the last one was given up. */
const failures = perRun(() => new Map<string, { count: number; at: Milliseconds }>());
const [firstPatience, longestPatience] = [seconds(1), minutes(15)];

/** Keeps one pod of a template on each node that the template fits. */
export const daemonSets: Controller = {
  name: 'daemonset',
  for: daemonSet,
  owns: [pod, controllerRevision],
  also: [
    {
      kind: pod,
      keys: (it, { informers }) =>
        controllerOf(it)
          ? []
          : informers
              .of(daemonSet)
              .inNamespace(it.metadata.namespace ?? '')
              .filter((set) => selects(set)(it))
              .map(keyOf),
    },
    { kind: node, keys: setsAfterChange },
  ],
  async reconcile(key, context) {
    const { informers, client, clock, expectations, recorder } = context;
    const set = informers.of(daemonSet).get(key);
    if (!set) {
      expectations.forget(key);
      return done;
    }
    if (isDeleting(set)) return done;
    // Until the cache shows what was done last time, counting its pods would make too many.
    const wait = expectations.pending(key);
    if (wait !== undefined) return again(wait);

    const claimer = { kind: daemonSet, owner: set, selects: selects(set) };
    const inReach = <T extends KubeObject>(of: { ownedBy(uid: string): readonly T[] }): T[] => [
      ...of.ownedBy(set.metadata.uid),
      ...of.ownedBy('').filter((it) => it.metadata.namespace === set.metadata.namespace),
    ];
    const history = await claim(claimer, controllerRevision, inReach(informers.of(controllerRevision)), client);
    const pods = await claim(claimer, pod, inReach(informers.of(pod)), client);
    const { revision, collisionCount } = await keepRevision(set, history, { kind: daemonSet, hashLabel }, context);
    const hash = hashOf(revision);
    if (await relabel(set, pods, history, hash, context)) return done;

    const nodes = informers.of(node).list();
    const now = clock.now();
    const plan = planDaemonSet(set, { nodes, pods, hash, patience: (name) => patienceFor(set, name, context) }, now);
    for (const it of plan.ended) tellOfEnd(set, it, context);
    const create = plan.create.map((name) => daemonPodDraft(set, name, hash));
    const fault = await applyPods(set, { create, remove: plan.remove }, context);

    const written = await client.changeStatus(daemonSet, set, (draft) => {
      // Conditions are somebody else's: there are none that we know of.
      const { conditions } = draft.status ?? {};
      draft.status = { ...statusOf(set, placesOf(set, { nodes, pods }), { hash, collisionCount }, now), ...(conditions && { conditions }) };
    });
    if (written) expectations.wrote(key, daemonSet, written);
    const live = new Set(pods.map(hashOf));
    const inUse = [...history, revision].filter((it) => it.metadata.name === revision.metadata.name || live.has(hashOf(it)));
    await truncateHistory(set, history, new Set(inUse.map((it) => it.metadata.name)), context);
    if (fault !== undefined) throw fault;
    const spans = [nextAvailableIn(pods, set.spec.minReadySeconds ?? 0, now), plan.retryIn].filter((it) => it !== undefined);
    return spans.length > 0 ? again(Math.min(...spans)) : done;

    function tellOfEnd(owner: apps.DaemonSet, it: core.Pod, from: ControllerContext): void {
      const what = `daemon pod ${keyOf(it)} on node ${it.spec.nodeName ?? ''}`;
      if (it.status?.phase !== 'Failed') {
        recorder.record(owner, 'Normal', 'SucceededDaemonPod', `Found succeeded ${what}, will try to delete it`);
        return;
      }
      recorder.record(owner, 'Warning', 'FailedDaemonPod', `Found failed ${what}, will try to kill it`);
      const place = `${owner.metadata.uid}/${it.spec.nodeName}`;
      const before = failures(from).get(place);
      failures(from).set(place, { count: isRecent(before, now) ? before.count + 1 : 1, at: now });
    }
  },
};

/**
 * Of several revisions with the set's template the newest counts. Pods of the others are like its own, and get its hash
 * instead of being replaced (upstream: dedupCurHistories). Tells whether there were any: their news bring us back.
 */
async function relabel(
  set: apps.DaemonSet,
  pods: readonly core.Pod[],
  history: readonly apps.ControllerRevision[],
  hash: string,
  { client, expectations }: ControllerContext,
): Promise<boolean> {
  const same = new Set(revisionsOf(set.spec.template, history).map(hashOf));
  const others = pods.filter((it) => hashOf(it) !== hash && same.has(hashOf(it)));
  for (const it of others) {
    const written = await client.change(pod, it, (draft) => {
      draft.metadata.labels = { ...draft.metadata.labels, [hashLabel]: hash };
    });
    if (written) expectations.wrote(keyOf(set), pod, written);
  }
  return others.length > 0;
}

type Failure = { count: number; at: Milliseconds };
/** After twice the longest wait without a failure all is forgotten (client-go, flowcontrol.Backoff). */
const isRecent = (it: Failure | undefined, now: Milliseconds): it is Failure => it !== undefined && now - it.at <= 2 * longestPatience;

function patienceFor(set: apps.DaemonSet, name: string, context: ControllerContext): Milliseconds {
  const now = context.clock.now();
  const before = failures(context).get(`${set.metadata.uid}/${name}`);
  if (!isRecent(before, now)) return 0;
  return Math.max(0, before.at + backoff(before.count - 1, firstPatience, longestPatience) - now);
}

/** All sets, when a node has come, gone, or become another place for pods. */
function setsAfterChange({ metadata: { name } }: KubeObject, context: ControllerContext): string[] {
  const known = nodesKnown(context);
  const found = context.informers.of(node).get(name);
  const text = found && JSON.stringify([found.metadata.uid, found.metadata.labels, found.spec?.taints]);
  if (text !== undefined && known.get(name) === text) return [];
  if (text === undefined) known.delete(name);
  else known.set(name, text);
  return context.informers.of(daemonSet).list().map(keyOf);
}
