import { type AnyKind, type core, isPodFinished, isPodReady, podDisruptionBudget, type policy } from '../kinds/index.ts';
import { toTime } from '../lib/clock.ts';
import { withCondition } from '../meta/condition.ts';
import { deepCopy } from '../meta/copy.ts';
import { isDeleting } from '../meta/owner.ts';
import { matchesSelector } from '../meta/selector.ts';
import { badRequest, isReason, StatusError } from '../meta/status-error.ts';
import { decode, storeKey } from './codec.ts';
import type { ApiContext, WriteOptions } from './context.ts';
import { type DeleteQuery, deleteObject } from './verbs/delete.ts';
import { getEntry } from './verbs/read.ts';
import { updateObject } from './verbs/write.ts';

type Key = { namespace?: string | undefined; name: string };
type Budget = policy.PodDisruptionBudget;

/** So many evictions at most may be under way at a time (upstream: MaxDisruptedPodSize). */
const mostDisrupted = 2000;
const mostTries = 20;

type Preconditions = NonNullable<DeleteQuery['preconditions']>;

/**
 * Deletes a pod if the budget that covers it allows (registry/core/pod/storage/eviction.go). Fails with TooManyRequests
 * when it does not: clients ask again later.
 */
export async function evict(api: ApiContext, kind: AnyKind, key: Key, eviction: policy.Eviction, options: WriteOptions): Promise<void> {
  const { name } = key;
  const { metadata, deleteOptions } = eviction;
  if (metadata?.name !== undefined && metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object');
  const dryRun = options.dryRun === true || (deleteOptions?.dryRun?.length ?? 0) > 0;
  const request: Request = { api, kind, key, query: { ...deleteOptions, dryRun } };
  const pod = await removeHarmless(request);
  if (!pod) return;
  const isFree = await takeFromBudget(api, pod, dryRun);
  // Whoever goes for free because it is not ready must not have become ready meanwhile.
  const asSeen = isFree && deleteOptions?.preconditions?.resourceVersion === undefined;
  const preconditions = {
    uid: pod.metadata.uid,
    ...(asSeen && { resourceVersion: pod.metadata.resourceVersion }),
    ...deleteOptions?.preconditions,
  };
  try {
    await markAndDelete(request, pod, preconditions);
  } catch (error) {
    if (asSeen && isReason(error, 'Conflict')) throw tooMany(`The disruption budget ${isFree} is still being processed by the server.`, 10);
    throw error;
  }
}

type Request = { api: ApiContext; kind: AnyKind; key: Key; query: DeleteQuery };

/**
 * Deletes a pod whose end costs nobody anything, whatever budgets say; resolves with any other. One that has not begun is
 * deleted only as it was seen: it may be ready the next moment. (Upstream: EvictionREST.Create, its first half.)
 */
async function removeHarmless({ api, kind, key: { namespace, name }, query }: Request): Promise<core.Pod | undefined> {
  for (let attempt = 0; ; attempt++) {
    const pod = decode(await getEntry(api, kind, namespace, name)) as core.Pod;
    if (mayDisrupt(pod)) return pod;
    const isOver = isPodFinished(pod) || isDeleting(pod);
    const asSeen = !isOver && query.preconditions?.resourceVersion === undefined;
    const preconditions = { ...query.preconditions, ...(asSeen && { resourceVersion: pod.metadata.resourceVersion }) };
    try {
      await deleteObject(api, kind, namespace, name, { ...query, preconditions });
      return undefined;
    } catch (error) {
      if (!asSeen || !isReason(error, 'Conflict') || attempt >= mostTries) throw error;
    }
  }
}

/** Whether somebody loses something: a pod that has not begun, has ended or is on its way out disrupts nobody. */
const mayDisrupt = (pod: core.Pod): boolean => !isPodFinished(pod) && pod.status?.phase !== 'Pending' && !isDeleting(pod);

/** Resolves with the name of the budget that lets the pod go for nothing, if there is one. */
async function takeFromBudget(api: ApiContext, pod: core.Pod, dryRun: boolean): Promise<string | undefined> {
  const { namespace, labels } = pod.metadata;
  const { entries } = await api.store.range(storeKey(podDisruptionBudget, namespace));
  const covering = entries.map((it) => decode(it) as Budget).filter((it) => matchesSelector(it.spec.selector, labels));
  if (covering.length > 1) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new StatusError('InternalError', message);
  }
  const [budget] = covering;
  if (!budget) return undefined;
  if (isFree(budget, pod)) return budget.metadata.name;
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
  return undefined;
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
    throw tooMany(cause, retryAfterSeconds);
  };
  const forbid = (why: string): never => {
    // In the singular, as upstream has it here.
    const message = `poddisruptionbudget.policy "${name}" is forbidden: ${why}`;
    throw new StatusError('Forbidden', message, { details: { name, group: 'policy', kind: 'poddisruptionbudget' } });
  };
  const { observedGeneration = 0, disruptionsAllowed = 0, disruptedPods = {}, desiredHealthy = 0, currentHealthy = 0 } = status;
  if (observedGeneration < (metadata.generation ?? 0)) refuse(`The disruption budget ${name} is still being processed by the server.`, 10);
  if (disruptionsAllowed < 0) forbid('pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > mostDisrupted)
    forbid('DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  if (disruptionsAllowed === 0)
    refuse(`The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`);
}

function tooMany(cause: string, retryAfterSeconds?: number): StatusError {
  const details = { causes: [{ reason: 'DisruptionBudget', message: cause }], ...(retryAfterSeconds && { retryAfterSeconds }) };
  return new StatusError('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", { details });
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

/** The pod says why it goes (KEP-3329), and goes: if it is to go as it was seen, then as it is with these words. */
async function markAndDelete({ api, kind, key: { namespace, name }, query }: Request, pod: core.Pod, preconditions: Preconditions) {
  const time = toTime(api.clock.now());
  let { resourceVersion } = preconditions;
  if (!query.dryRun) {
    const note = (was: core.Pod): core.Pod => {
      const draft = deepCopy(was);
      if (was.metadata.uid !== pod.metadata.uid) return draft;
      const condition = {
        ...{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' },
        ...(was.metadata.generation !== undefined && { observedGeneration: was.metadata.generation }),
      };
      draft.metadata.resourceVersion = resourceVersion ?? '';
      draft.status = { ...draft.status, conditions: withCondition(draft.status?.conditions, condition, time) };
      return draft;
    };
    try {
      const marked = await updateObject(api, kind, namespace, name, (was) => note(was as core.Pod), { subresource: 'status' });
      if (resourceVersion !== undefined) resourceVersion = marked.object.metadata.resourceVersion;
    } catch (error) {
      // Gone already, which is what was wanted.
      if (!isReason(error, 'NotFound')) throw error;
    }
  }
  await deleteObject(api, kind, namespace, name, {
    ...query,
    preconditions: { ...preconditions, ...(resourceVersion !== undefined && { resourceVersion }) },
  });
}
