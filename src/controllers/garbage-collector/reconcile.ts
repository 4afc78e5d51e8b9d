import { type AnyKind, event, kindByName, kinds, namespace } from '../../kinds/index.ts';
import { isDeleting, keyOf } from '../../meta/owner.ts';
import type { KubeObject } from '../../meta/types.ts';
import { perRun } from '../per-run.ts';
import { type Controller, type ControllerContext, done, type Trigger } from '../run.ts';
import { type Decision, decide } from './decide.ts';
import { Graph, isDeletingDependents, isOrphaning } from './graph.ts';
import { stateOfOwner } from './owners.ts';

/** Events are many, own nothing and age by themselves (upstream's DefaultIgnoredResources). */
const collected: readonly AnyKind[] = kinds.filter((it) => it !== event && !it.viewOf);

// Built from the caches, which are full by now: a decision must not be made on half a graph.
const graphOf = perRun(({ informers }: ControllerContext) => {
  const graph = new Graph();
  for (const kind of collected) for (const it of informers.of<KubeObject>(kind).list()) graph.put(kind, it);
  return graph;
});

const cached = (graph: Graph, uid: string, { informers }: ControllerContext): KubeObject | undefined => {
  const place = graph.place(uid);
  const it = place && informers.of<KubeObject>(place.kind).get(place.key);
  return it?.metadata.uid === uid ? it : undefined;
};

/** Keeps the graph by a change and names whom it concerns: the object, its dependents, an owner that waits for it. */
const triggerOf = (kind: AnyKind): Trigger => ({
  kind,
  keys(object, context) {
    const graph = graphOf(context);
    const { uid } = object.metadata;
    const due: string[] = [];
    const now: KubeObject | undefined = context.informers.of<KubeObject>(kind).get(keyOf(object));
    if (now?.metadata.uid === uid) {
      graph.put(kind, now);
      if (now.metadata.ownerReferences?.length || (isDeleting(now) && (isDeletingDependents(now) || isOrphaning(now)))) due.push(uid);
      if (isDeletingDependents(now)) due.push(...graph.dependentsOf(uid));
    } else {
      graph.remove(uid);
      due.push(...graph.dependentsOf(uid));
    }
    for (const owner of object.metadata.ownerReferences ?? []) {
      const it = cached(graph, owner.uid, context);
      if (it && isDeletingDependents(it)) due.push(owner.uid);
    }
    return due;
  },
});

/**
 * Deletes what no owner needs any more, and carries out the three ways to delete an owner. Keys are uids; the names of
 * namespaces come as keys too and name no object here.
 */
export const garbageCollector: Controller = {
  name: 'garbage-collector',
  for: namespace,
  also: collected.map(triggerOf),
  workers: 8,
  async reconcile(uid, context) {
    const graph = graphOf(context);
    const it = cached(graph, uid, context);
    const kind = it && kindByName(it.apiVersion, it.kind);
    if (!it || !kind) return done;
    const states = [];
    if (!isDeleting(it)) {
      for (const owner of it.metadata.ownerReferences ?? []) states.push({ owner, state: await stateOfOwner(owner, it, graph, context) });
    }
    const dependents = graph.dependentsOf(uid).flatMap((one) => cached(graph, one, context) ?? []);
    await act(decide(it, states, dependents), it, kind, context);
    return done;
  },
};

async function act(decision: Decision, it: KubeObject, kind: AnyKind, { client, log }: ControllerContext): Promise<void> {
  const { uid } = it.metadata;
  switch (decision.do) {
    case 'nothing':
      return;
    case 'forget':
      await forgetOwners(it, kind, decision.owners, client);
      return;
    case 'delete': {
      let now: KubeObject | undefined = it;
      if (decision.unblock) {
        now = await client.change<KubeObject>(kind, it, (draft) => {
          for (const owner of draft.metadata.ownerReferences ?? []) owner.blockOwnerDeletion = false;
        });
      }
      if (!now) return;
      log.info('an object without owners is deleted', { resource: kind.resource, object: keyOf(it), policy: decision.policy });
      const { resourceVersion } = now.metadata;
      await client.delete(kind, it.metadata, { propagationPolicy: decision.policy, preconditions: { uid, resourceVersion } });
      return;
    }
    case 'orphan':
      await Promise.all(
        (await storedDependents(it, client)).map((one) =>
          forgetOwners(one, kindByName(one.apiVersion, one.kind) as AnyKind, [uid], client),
        ),
      );
      await removeFinalizer(it, kind, 'orphan', client);
      return;
    case 'release':
      await removeFinalizer(it, kind, 'foregroundDeletion', client);
      return;
  }
}

type Client = ControllerContext['client'];

/** Asked of the API: one that the caches do not show yet would be taken for left over, and deleted, later. */
async function storedDependents({ metadata: { uid, namespace: where } }: KubeObject, client: Client): Promise<KubeObject[]> {
  const asked = collected.filter((kind) => !where || kind.namespaced);
  const lists = await Promise.all(asked.map((kind) => client.list<KubeObject>(kind, where ? { namespace: where } : {})));
  return lists.flatMap(({ items }) => items.filter((it) => it.metadata.ownerReferences?.some((one) => one.uid === uid)));
}

const forgetOwners = (it: KubeObject, kind: AnyKind, owners: readonly string[], client: Client): Promise<KubeObject | undefined> =>
  client.change<KubeObject>(kind, it, ({ metadata }) => {
    const left = (metadata.ownerReferences ?? []).filter((one) => !owners.includes(one.uid));
    if (left.length > 0) metadata.ownerReferences = left;
    else delete metadata.ownerReferences;
  });

const removeFinalizer = (it: KubeObject, kind: AnyKind, finalizer: string, client: Client): Promise<KubeObject | undefined> =>
  client.change<KubeObject>(kind, it, ({ metadata }) => {
    const left = (metadata.finalizers ?? []).filter((one) => one !== finalizer);
    if (left.length > 0) metadata.finalizers = left;
    else delete metadata.finalizers;
  });
