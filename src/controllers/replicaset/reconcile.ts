import { type AnyKind, type apps, type core, isPodFinished, type Kind, pod, replicaSet } from '../../kinds/index.ts';
import { seconds } from '../../lib/clock.ts';
import { controllerOf, isDeleting, keyOf } from '../../meta/owner.ts';
import { matchesRequirements, requirementsOf } from '../../meta/selector.ts';
import type { KubeObject } from '../../meta/types.ts';
import { applyPods } from '../apply-pods.ts';
import { nextAvailableIn } from '../available.ts';
import { claim } from '../claim.ts';
import { createPace } from '../pace.ts';
import { perRun } from '../per-run.ts';
import { podDraft } from '../pod-draft.ts';
import { again, type Controller, type ControllerContext, done } from '../run.ts';
import { isActive, planReplicas, type ReplicaPlan } from './plan.ts';
import { statusOf } from './status.ts';

/** Pods and status are awaited apart: the one must not hold up the other. */
const statusOfKey = (key: string): string => `status of ${key}`;

const nothing: ReplicaPlan = { create: 0, remove: [] };

function selects(set: apps.ReplicaSet): (object: KubeObject) => boolean {
  const requirements = requirementsOf(set.spec.selector);
  return ({ metadata }) => matchesRequirements(requirements, metadata.labels);
}

/** Every change of a pod asks for a look at all of its set: large sets are looked at less often. */
const paceOf = perRun(() => createPace(0.06, seconds(1)));

/** A kind that keeps replicas, and how one of it reads as a ReplicaSet. */
export type Replicated<T extends KubeObject> = {
  name: string;
  kind: Kind<T>;
  asSet: (it: T) => apps.ReplicaSet;
  setStatus: (draft: T, status: apps.ReplicaSetStatus) => void;
};

/** Keeps as many pods of a template as were asked for. */
export function replicaController<T extends KubeObject>({ name, kind, asSet, setStatus }: Replicated<T>): Controller {
  return {
    name,
    for: kind,
    owns: [pod],
    // A pod that nobody owns may be wanted by a set that selects it.
    also: [
      {
        kind: pod,
        keys: (it, { informers }) =>
          controllerOf(it)
            ? []
            : informers
                .of(kind)
                .inNamespace(it.metadata.namespace ?? '')
                .filter((one) => selects(asSet(one))(it))
                .map(keyOf),
      },
    ],
    async reconcile(key, context) {
      const { informers, client, clock, expectations } = context;
      const pace = paceOf(context);
      const found = informers.of(kind).get(key);
      if (!found) {
        expectations.forget(key);
        expectations.forget(statusOfKey(key));
        pace.forget(key);
        return done;
      }
      const turn = pace.wait(key, clock.now());
      if (turn > 0) return again(turn);
      const set = asSet(found);
      const { uid } = set.metadata;
      // Until the cache shows what was done last time, counting its pods would make too many. Asked before they are
      // read: what the cache comes to show while pods are claimed is not among them.
      const wait = expectations.pending(key);
      const owned = informers.of(pod).ownedBy(uid);
      pace.worked(key, owned.length, clock.now());
      const orphans = informers
        .of(pod)
        .ownedBy('')
        .filter((it) => it.metadata.namespace === set.metadata.namespace);
      const isOurs = selects(set);
      const active = await claim({ kind, owner: found, selects: isOurs }, pod, [...owned, ...orphans].filter(isActive), client);

      const plan = wait === undefined ? planReplicas(set, active, () => related(set, active, context), clock.now()) : nothing;
      const create = Array.from({ length: plan.create }, () => podDraft(set.spec.template, kind, set));
      const fault = await applyPods(set, { create, remove: plan.remove }, context);

      const terminating = owned.filter((it) => isDeleting(it) && !isPodFinished(it) && isOurs(it)).length;
      const status = statusOf(set, { active, terminating, fault }, clock.now());
      // Pods that are not in the cache yet must be in the count: who rolls a template out goes by it. And the set's own
      // news come soon and bring us back here; to write on what is outdated would be a conflict, for nothing.
      if (wait === undefined && expectations.pending(statusOfKey(key)) === undefined) {
        const written = await client.changeStatus(kind, found, (draft) => setStatus(draft, status));
        if (written) expectations.wrote(statusOfKey(key), kind as AnyKind, written);
      }
      if (fault !== undefined) throw fault;
      const next = nextAvailableIn(active, set.spec.minReadySeconds ?? 0, clock.now());
      if (next === undefined && wait === undefined) return done;
      return again(Math.min(next ?? Number.POSITIVE_INFINITY, wait ?? Number.POSITIVE_INFINITY));
    },
  };
}

export const replicaSets = replicaController<apps.ReplicaSet>({
  name: 'replicaset',
  kind: replicaSet,
  asSet: (it) => it,
  setStatus: (draft, status) => {
    draft.status = status;
  },
});

/** The active pods of all sets with the same owner: an old and a new set of one Deployment share its nodes. */
function related(set: apps.ReplicaSet, active: readonly core.Pod[], { informers }: ControllerContext): readonly core.Pod[] {
  const owner = controllerOf(set);
  if (!owner) return active;
  const others = informers
    .of(replicaSet)
    .ownedBy(owner.uid)
    .filter((it) => it.metadata.uid !== set.metadata.uid);
  return [...active, ...others.flatMap((it) => informers.of(pod).ownedBy(it.metadata.uid)).filter(isActive)];
}
