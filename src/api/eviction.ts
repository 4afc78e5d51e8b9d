import { type AnyKind, type core, isPodFinished, isPodReady, podDisruptionBudget, type policy } from '../kinds/index.ts';
import { toTime } from '../lib/clock.ts';
import { withCondition } from '../meta/condition.ts';
import { deepCopy } from '../meta/copy.ts';
import { isDeleting } from '../meta/owner.ts';
import { matchesSelector } from '../meta/selector.ts';
import { badRequest, isReason, StatusError } from '../meta/status-error.ts';
import { decode, storeKey } from './codec.ts';
import type { ApiContext, WriteOptions } from './context.ts';
import { deleteObject } from './verbs/delete.ts';
import { getEntry } from './verbs/read.ts';
import { updateObject } from './verbs/write.ts';

type Key = { namespace?: string | undefined; name: string };
type Budget = policy.PodDisruptionBudget;

/** So many evictions at most may be under way at a time (upstream: MaxDisruptedPodSize). */
const mostDisrupted = 2000;

/**
 * Deletes a pod if the budget that covers it allows (registry/core/pod/storage/eviction.go). Fails with TooManyRequests
 * when it does not: clients ask again later.
 */
export async function evict(api: ApiContext, kind: AnyKind, key: Key, eviction: policy.Eviction, options: WriteOptions): Promise<void> {
  const { name, namespace } = key;
  const { metadata, deleteOptions } = eviction;
  if (metadata?.name !== undefined && metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object');
  const dryRun = options.dryRun === true || (deleteOptions?.dryRun?.length ?? 0) > 0;
  const pod = decode(await getEntry(api, kind, namespace, name)) as core.Pod;
  const query = { ...deleteOptions, dryRun };
  if (!mayDisrupt(pod)) {
    await deleteObject(api, kind, namespace, name, query);
    return;
  }
  await takeFromBudget(api, pod, dryRun);
  if (!dryRun) await noteTarget(api, kind, key, pod);
  await deleteObject(api, kind, namespace, name, { ...query, preconditions: { uid: pod.metadata.uid, ...deleteOptions?.preconditions } });
}

/** Whether somebody loses something: a pod that has not begun, has ended or is on its way out disrupts nobody. */
const mayDisrupt = (pod: core.Pod): boolean => !isPodFinished(pod) && pod.status?.phase !== 'Pending' && !isDeleting(pod);

async function takeFromBudget(api: ApiContext, pod: core.Pod, dryRun: boolean): Promise<void> {
  const { namespace, labels } = pod.metadata;
  const { entries } = await api.store.range(storeKey(podDisruptionBudget, namespace));
  const covering = entries.map((it) => decode(it) as Budget).filter((it) => matchesSelector(it.spec.selector, labels));
  if (covering.length > 1) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new StatusError('InternalError', message);
  }
  const [budget] = covering;
  if (!budget || isFree(budget, pod)) return;
  const take = (was: Budget): Budget => {
    refuseBroken(was);
    const draft = deepCopy(was);
    // Newest: a conflict begins again with what is left then.
    draft.metadata.resourceVersion = '';
    draft.status = taken(draft, pod.metadata.name, api.clock.now());
    return draft;
  };
  await updateObject(api, podDisruptionBudget, namespace, budget.metadata.name, (was) => take(was as Budget), {
    subresource: 'status',
    dryRun,
  });
}

/** A pod that is not ready counts for nothing; whether it may go in any case, the budget says (KEP-3017). */
function isFree({ spec, status }: Budget, pod: core.Pod): boolean {
  if (isPodReady(pod)) return false;
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function refuseBroken({ metadata, status = {} }: Budget): void {
  const { name } = metadata;
  const refuse = (cause: string, retryAfterSeconds?: number): never => {
    const details = { causes: [{ reason: 'DisruptionBudget', message: cause }], ...(retryAfterSeconds && { retryAfterSeconds }) };
    throw new StatusError('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", { details });
  };
  const forbid = (why: string): never => {
    const message = `poddisruptionbudgets.policy "${name}" is forbidden: ${why}`;
    throw new StatusError('Forbidden', message, { details: { name, group: 'policy', kind: 'poddisruptionbudgets' } });
  };
  const { observedGeneration = 0, disruptionsAllowed = 0, disruptedPods = {}, desiredHealthy = 0, currentHealthy = 0 } = status;
  if (observedGeneration < (metadata.generation ?? 0)) refuse(`The disruption budget ${name} is still being processed by the server.`, 10);
  if (disruptionsAllowed < 0) forbid('pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > mostDisrupted)
    forbid('DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  if (disruptionsAllowed === 0)
    refuse(`The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`);
}

/** One less; the pod is named until the controller sees that it goes. */
function taken({ metadata, status = {} }: Budget, pod: string, now: number): policy.PodDisruptionBudgetStatus {
  const disruptionsAllowed = (status.disruptionsAllowed ?? 0) - 1;
  const disruptedPods = { ...status.disruptedPods, [pod]: toTime(now) };
  if (disruptionsAllowed > 0) return { ...status, disruptionsAllowed, disruptedPods };
  const condition = {
    ...{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', message: '', lastTransitionTime: toTime(now) },
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
  };
  return { ...status, disruptionsAllowed, disruptedPods, conditions: withCondition(status.conditions, condition, toTime(now)) };
}

/** The pod says why it goes (KEP-3329). */
async function noteTarget(api: ApiContext, kind: AnyKind, { namespace, name }: Key, pod: core.Pod): Promise<void> {
  const time = toTime(api.clock.now());
  const note = (was: core.Pod): core.Pod => {
    const draft = deepCopy(was);
    if (was.metadata.uid !== pod.metadata.uid) return draft;
    const condition = {
      ...{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' },
      ...(was.metadata.generation !== undefined && { observedGeneration: was.metadata.generation }),
    };
    draft.metadata.resourceVersion = '';
    draft.status = { ...draft.status, conditions: withCondition(draft.status?.conditions, condition, time) };
    return draft;
  };
  try {
    await updateObject(api, kind, namespace, name, (was) => note(was as core.Pod), { subresource: 'status' });
  } catch (error) {
    // Gone already, which is what was wanted.
    if (!isReason(error, 'NotFound')) throw error;
  }
}
