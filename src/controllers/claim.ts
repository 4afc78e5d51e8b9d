import type { Client } from '../client/index.ts';
import type { Kind } from '../kinds/index.ts';
import { controllerOf, isDeleting, keyOf, ownerReference } from '../meta/owner.ts';
import type { KubeObject } from '../meta/types.ts';

/** Who may own objects: the kind, one of it, what it selects, and the finalizer that what it adopts is to have. */
export type Claimer<O extends KubeObject> = { kind: Kind<O>; owner: O; selects: (object: KubeObject) => boolean; finalizer?: string };
export type Claims<T> = { keep: T[]; adopt: T[]; release: T[] };

/** What becomes of objects a selector may concern (upstream: controller_ref_manager.go, ClaimObject). */
export function planClaims<T extends KubeObject>({ owner, selects }: Claimer<KubeObject>, candidates: readonly T[]): Claims<T> {
  const claims: Claims<T> = { keep: [], adopt: [], release: [] };
  for (const object of candidates) {
    const controller = controllerOf(object);
    if (controller && controller.uid !== owner.metadata.uid) continue;
    if (controller) {
      if (selects(object)) claims.keep.push(object);
      else if (!isDeleting(owner)) claims.release.push(object);
    } else if (selects(object) && !isDeleting(owner) && !isDeleting(object)) claims.adopt.push(object);
  }
  return claims;
}

/** Adopts and releases; resolves with the objects that are the owner's after that. */
export async function claim<O extends KubeObject, T extends KubeObject>(
  claimer: Claimer<O>,
  kind: Kind<T>,
  candidates: readonly T[],
  client: Client,
): Promise<T[]> {
  const { owner, selects } = claimer;
  const { uid } = owner.metadata;
  const plan = planClaims(claimer as unknown as Claimer<KubeObject>, candidates);
  for (const object of plan.release) {
    await client.change(kind, object, (draft) => {
      if (selects(draft)) return false;
      draft.metadata.ownerReferences = (draft.metadata.ownerReferences ?? []).filter((it) => it.uid !== uid);
      return true;
    });
  }
  if (plan.adopt.length === 0) return plan.keep;
  await refuseWhenGone(claimer, client);
  const adopted = await Promise.all(
    plan.adopt.map((object) =>
      client.change(kind, object, (draft) => {
        if (controllerOf(draft) || isDeleting(draft) || !selects(draft)) return false;
        const others = (draft.metadata.ownerReferences ?? []).filter((it) => it.uid !== uid);
        draft.metadata.ownerReferences = [...others, ownerReference(claimer.kind, owner)];
        if (claimer.finalizer) draft.metadata.finalizers = [...new Set([...(draft.metadata.finalizers ?? []), claimer.finalizer])];
        return true;
      }),
    ),
  );
  return [...plan.keep, ...adopted.filter((it) => it !== undefined && controllerOf(it)?.uid === uid)] as T[];
}

// The cache may not know yet that the owner was deleted, and that its objects were left to themselves on purpose.
async function refuseWhenGone<O extends KubeObject>({ kind, owner }: Claimer<O>, client: Client): Promise<void> {
  const now = await client.get(kind, owner.metadata);
  if (now?.metadata.uid !== owner.metadata.uid) {
    throw new Error(`original ${kind.kind} ${keyOf(owner)} is gone: got uid ${now?.metadata.uid ?? 'none'}, wanted ${owner.metadata.uid}`);
  }
  if (isDeleting(now)) throw new Error(`${keyOf(owner)} has just been deleted at ${now.metadata.deletionTimestamp}`);
}
