import { type apps, deployment as deploymentKind, pod, replicaSet } from '../../kinds/index.ts';
import { controllerOf, keyOf } from '../../meta/owner.ts';
import { matchesSelector } from '../../meta/selector.ts';
import type { KubeObject } from '../../meta/types.ts';
import { claim } from '../claim.ts';
import { again, type Controller, type ControllerContext, done } from '../run.ts';
import { revisionKey } from './annotations.ts';
import { applySets } from './apply.ts';
import * as conditions from './conditions.ts';
import { isRolling } from './fenceposts.ts';
import { noteProgress, planDeployment, withConditions } from './plan.ts';
import { sortSets } from './sets.ts';
import { countedStatus, hasDeadline, judgeAgainIn, rolloutStatus } from './status.ts';

const selects = (deployment: apps.Deployment) => (object: KubeObject) => matchesSelector(deployment.spec.selector, object.metadata.labels);

/** Rolls a template out: a replica set for each template, sized step by step. */
export const deployments: Controller = {
  name: 'deployment',
  for: deploymentKind,
  owns: [replicaSet],
  also: [
    {
      kind: replicaSet,
      keys: (it, { informers }) =>
        controllerOf(it)
          ? []
          : informers
              .of(deploymentKind)
              .inNamespace(it.metadata.namespace ?? '')
              .filter((one) => selects(one)(it))
              .map(keyOf),
    },
    // The end of the last old pod is what a Recreate rollout waits for; its set says nothing of pods that are going.
    { kind: pod, keys: recreateOf },
  ],
  async reconcile(key, context) {
    const { informers, client, clock, expectations } = context;
    const found = informers.of(deploymentKind).get(key);
    if (!found) {
      expectations.forget(key);
      return done;
    }
    // Sizes are counted over several sets: with one of them outdated the sum would be wrong.
    const wait = expectations.pending(key);
    if (wait !== undefined) return again(wait);

    const known = informers.of(replicaSet);
    const orphans = known.ownedBy('').filter((it) => it.metadata.namespace === found.metadata.namespace);
    const claimer = { kind: deploymentKind, owner: found, selects: selects(found) };
    const before = sortSets(found, await claim(claimer, replicaSet, [...known.ownedBy(found.metadata.uid), ...orphans], client));
    const deployment = noteProgress(found, before, clock.now());
    const plan = planDeployment(deployment, before, (set) => informers.of(pod).ownedBy(set.metadata.uid));
    const { sets, isNew } = await applySets(deployment, before, plan, context);

    const created = isNew && sets.current && hasDeadline(deployment) ? conditions.progress.created(sets.current.metadata.name) : undefined;
    const noted = created
      ? withConditions(deployment, conditions.set(deployment.status?.conditions ?? [], created, clock.now()))
      : deployment;
    const status = plan.isRollout ? rolloutStatus(noted, sets, clock.now()) : countedStatus(noted, sets, clock.now());
    const revision = sets.current?.metadata.annotations?.[revisionKey];
    const written = await client.changeStatus(deploymentKind, found, (draft) => {
      draft.status = status;
      if (revision) draft.metadata.annotations = { ...draft.metadata.annotations, [revisionKey]: revision };
    });
    // Progress is judged by what was known before: against an outdated status it would be seen twice.
    if (written) expectations.wrote(key, deploymentKind, written);
    const next = plan.isRollout ? judgeAgainIn(deployment, status, clock.now()) : undefined;
    return next === undefined ? done : again(next);
  },
};

/** The deployment behind a pod, through its set, if it wants no overlap. */
function recreateOf(it: KubeObject, { informers }: ControllerContext): string[] {
  const namespace = it.metadata.namespace ?? '';
  const owner = controllerOf(it);
  const set = owner?.kind === replicaSet.kind ? informers.of(replicaSet).get(`${namespace}/${owner.name}`) : undefined;
  const above = set && controllerOf(set);
  const deployment = above?.kind === deploymentKind.kind ? informers.of(deploymentKind).get(`${namespace}/${above.name}`) : undefined;
  return deployment && !isRolling(deployment) ? [keyOf(deployment)] : [];
}
