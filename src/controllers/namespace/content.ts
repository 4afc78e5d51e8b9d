import type { Client } from '../../client/index.ts';
import { type AnyKind, kinds, pod } from '../../kinds/index.ts';
import { isDeleting } from '../../meta/owner.ts';
import type { Found } from './conditions.ts';

/** Everything that can be in a namespace; what is a view of another kind goes with that. */
export const contentKinds: readonly AnyKind[] = kinds.filter((it) => it.namespaced && !it.viewOf);

/**
 * Asks for the deletion of everything in a namespace and tells what is still there: pods first, and while one of them
 * is there nothing else is touched (KEP-5080).
 */
export async function removeContent(namespace: string, client: Client): Promise<Found & { wasEmpty: boolean }> {
  const found: Finding = { remaining: new Map(), finalizers: new Map(), faults: [], wasEmpty: true };
  await removeKind(pod, namespace, client, found);
  if (found.remaining.size > 0 || found.faults.length > 0) return found;
  for (const kind of contentKinds) if (kind !== pod) await removeKind(kind, namespace, client, found);
  return found;
}

type Finding = { remaining: Map<string, number>; finalizers: Map<string, number>; faults: string[]; wasEmpty: boolean };

async function removeKind(kind: AnyKind, namespace: string, client: Client, found: Finding): Promise<void> {
  const { items } = await client.list(kind, { namespace });
  if (items.length === 0) return;
  found.wasEmpty = false;
  const asked = items.filter((it) => !isDeleting(it));
  const outcomes = await Promise.allSettled(
    asked.map((it) => client.delete(kind, it.metadata, { propagationPolicy: 'Background', preconditions: { uid: it.metadata.uid } })),
  );
  for (const it of outcomes) if (it.status === 'rejected') found.faults.push(String((it.reason as Error).message));
  const left = asked.length === 0 ? items : (await client.list(kind, { namespace })).items;
  if (left.length > 0) found.remaining.set(`${kind.plural}.${kind.group}`, left.length);
  for (const { metadata } of left)
    for (const it of metadata.finalizers ?? []) found.finalizers.set(it, (found.finalizers.get(it) ?? 0) + 1);
}
