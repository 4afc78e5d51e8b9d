import { type apps, controllerRevision, persistentVolumeClaim, pod, statefulSet } from '../../kinds/index.ts';
import { controllerOf, isDeleting, keyOf } from '../../meta/owner.ts';
import { matchesSelector } from '../../meta/selector.ts';
import type { KubeObject } from '../../meta/types.ts';
import { nextAvailableIn } from '../available.ts';
import { claim } from '../claim.ts';
import { keepRevision, truncateHistory } from '../history/keep.ts';
import { again, type Controller, type ControllerContext, done } from '../run.ts';
import { applyPlan } from './apply.ts';
import { setsOfClaim } from './claims.ts';
import { isMember, type Revisions } from './identity.ts';
import { liveRevisions, planStatefulSet } from './plan.ts';
import { statusOf } from './status.ts';

const selects = (set: apps.StatefulSet) => (object: KubeObject) => matchesSelector(set.spec.selector, object.metadata.labels);
const hasMember = (set: apps.StatefulSet) => (object: KubeObject) => isMember(set, object.metadata.name) && selects(set)(object);
const hashLabel = 'controller.kubernetes.io/hash';

const setsIn = (object: KubeObject, { informers }: ControllerContext): readonly apps.StatefulSet[] =>
  informers.of(statefulSet).inNamespace(object.metadata.namespace ?? '');

/** Keeps pods that are not alike: each has a name, a host name and storage of its own, and gets them back. */
export const statefulSets: Controller = {
  name: 'statefulset',
  for: statefulSet,
  owns: [pod, controllerRevision],
  also: [
    {
      kind: pod,
      keys: (it, context) =>
        controllerOf(it)
          ? []
          : setsIn(it, context)
              .filter((set) => hasMember(set)(it))
              .map(keyOf),
    },
    // A claim that has gone makes room for its successor.
    { kind: persistentVolumeClaim, keys: (it, context) => setsOfClaim(it, setsIn(it, context)).map(keyOf) },
  ],
  async reconcile(key, context) {
    const { informers, client, clock, expectations } = context;
    const set = informers.of(statefulSet).get(key);
    if (!set) {
      expectations.forget(key);
      return done;
    }
    // Whether a pod is there or not, and which template is the newest, must not be answered by an outdated cache.
    const wait = expectations.pending(key);
    if (wait !== undefined) return again(wait);

    const inReach = <T extends KubeObject>(of: { ownedBy(uid: string): readonly T[] }): T[] => [
      ...of.ownedBy(set.metadata.uid),
      ...of.ownedBy('').filter((it) => it.metadata.namespace === set.metadata.namespace),
    ];
    const claimer = { kind: statefulSet, owner: set };
    const history = await claim(
      { ...claimer, selects: selects(set) },
      controllerRevision,
      inReach(informers.of(controllerRevision)),
      client,
    );
    const pods = await claim({ ...claimer, selects: hasMember(set) }, pod, inReach(informers.of(pod)), client);
    const kept = isDeleting(set) ? lastKept(set, history) : await keepRevision(set, history, { kind: statefulSet, hashLabel }, context);
    if (!kept) return done;
    const { revision: update, collisionCount } = kept;
    const current = history.find((it) => it.metadata.name === set.status?.currentRevision) ?? update;
    const revisions: Revisions = { current, update };
    const claimOf = (name: string) => informers.of(persistentVolumeClaim).get(`${set.metadata.namespace}/${name}`);
    const plan = planStatefulSet(set, revisions, { pods, claim: claimOf }, clock.now());
    const fault = await applyPlan(set, plan, context);

    const written = await client.changeStatus(statefulSet, set, (draft) => {
      // Conditions are somebody else's: there are none that we know of.
      const { conditions } = draft.status ?? {};
      draft.status = { ...statusOf(set, revisions, { pods, collisionCount }, clock.now()), ...(conditions && { conditions }) };
    });
    if (written) expectations.wrote(key, statefulSet, written);
    await truncateHistory(set, history, liveRevisions(revisions, pods), context);
    if (fault !== undefined) throw fault;
    const next = nextAvailableIn(pods, set.spec.minReadySeconds ?? 0, clock.now());
    return next === undefined ? done : again(next);
  },
};

/** One that is being deleted gets no new history. */
function lastKept({ status }: apps.StatefulSet, history: readonly apps.ControllerRevision[]) {
  const revision = history.find((it) => it.metadata.name === status?.updateRevision);
  return revision && { revision, collisionCount: status?.collisionCount ?? 0 };
}
