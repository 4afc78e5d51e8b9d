import { type apps, deployment as deploymentKind, replicaSet } from '../../kinds/index.ts';
import { controllerOf, keyOf } from '../../meta/owner.ts';
import { isReason, isRefusal } from '../../meta/status-error.ts';
import { isNamespaceGoing } from '../namespace-going.ts';
import type { ControllerContext } from '../run.ts';
import * as conditions from './conditions.ts';
import { revisedSet, setDraft } from './draft.ts';
import type { DeploymentPlan } from './plan.ts';
import { type Sets, wantedReplicas } from './sets.ts';
import { hasDeadline } from './status.ts';
import { sameTemplate } from '../template.ts';

/** Does what the plan says; resolves with the sets as they are then. A write on an outdated set fails with Conflict. */
export async function applySets(
  deployment: apps.Deployment,
  sets: Sets,
  plan: DeploymentPlan,
  context: ControllerContext,
): Promise<{ sets: Sets; isNew: boolean }> {
  const { client, recorder, expectations } = context;
  const key = keyOf(deployment);
  const sizes = new Map(plan.sizes.map(({ set, replicas }) => [set, replicas]));

  async function revise(set: apps.ReplicaSet): Promise<apps.ReplicaSet> {
    const draft = revisedSet(deployment, sets, set, sizes.get(set));
    if (!draft) return set;
    const written = await client.update(replicaSet, draft).catch((error: unknown) => {
      // It may have its new size, which the next turn has to know before it gives room to another.
      if (!isRefusal(error)) expectations.unsure(key, replicaSet, set.metadata);
      throw error;
    });
    expectations.wrote(key, replicaSet, written);
    const [before, after] = [wantedReplicas(set), wantedReplicas(draft)];
    if (before !== after) {
      const direction = before < after ? 'up' : 'down';
      const message = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${after}`;
      recorder.record(deployment, 'Normal', 'ScalingReplicaSet', message);
    }
    return written;
  }

  const current = sets.current && (await revise(sets.current));
  const old: apps.ReplicaSet[] = [];
  for (const set of sets.old) old.push(await revise(set));
  for (const set of plan.remove) {
    // Only as it was seen: somebody may have given it pods again.
    const { uid, resourceVersion } = set.metadata;
    await client.delete(replicaSet, set.metadata, { preconditions: { uid, resourceVersion } });
    expectations.deleted(key, replicaSet, set);
  }
  if (plan.create === undefined) return { sets: { current, old }, isNew: false };
  const made = await makeSet(deployment, old, plan.create, context);
  return { sets: { current: made.set, old }, isNew: made.isNew };
}

async function makeSet(
  deployment: apps.Deployment,
  old: Sets['old'],
  replicas: number,
  context: ControllerContext,
): Promise<{ set: apps.ReplicaSet; isNew: boolean }> {
  const { client, clock, recorder, expectations } = context;
  const draft = setDraft(deployment, old, replicas);
  const { name } = draft.metadata;
  try {
    const set = await client.create(replicaSet, draft);
    expectations.wrote(keyOf(deployment), replicaSet, set);
    if (replicas > 0) recorder.record(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicas}`);
    return { set, isNew: true };
  } catch (error) {
    // Without an answer it may have been made all the same. A later turn that does not know of it, since the cache is late
    // and the template is another by then, would count its pods as room for the next set.
    const place = { namespace: deployment.metadata.namespace ?? '', name };
    const set = await client.get(replicaSet, place).catch(() => {
      if (!isRefusal(error)) expectations.unsure(keyOf(deployment), replicaSet, place);
      throw error;
    });
    if (set && controllerOf(set)?.uid === deployment.metadata.uid && sameTemplate(set.spec.template, deployment.spec.template)) {
      expectations.wrote(keyOf(deployment), replicaSet, set);
      return { set, isNew: false };
    }
    if (isReason(error, 'AlreadyExists')) {
      // Gone again: there is nothing to get out of the way of.
      if (!set) throw error;
      // Somebody else's: with one more collision the hash, and so the name, is another.
      const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
      await client.changeStatus(deploymentKind, deployment, (it) => {
        it.status = { ...it.status, collisionCount };
      });
    } else if (!isNamespaceGoing(error)) {
      const condition = conditions.progress.notCreated(name, error instanceof Error ? error.message : String(error));
      recorder.record(deployment, 'Warning', 'ReplicaSetCreateError', condition.message);
      if (hasDeadline(deployment)) {
        await client.changeStatus(deploymentKind, deployment, (it) => {
          it.status = { ...it.status, conditions: [...conditions.set(deployment.status?.conditions ?? [], condition, clock.now())] };
        });
      }
    }
    throw error;
  }
}
