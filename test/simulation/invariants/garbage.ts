import { type core, event, kindByName, kinds, lease, namespace, type AnyKind } from '../../../src/kinds/index.ts';
import type { Milliseconds } from '../../../src/lib/clock.ts';
import { isDeleting, keyOf } from '../../../src/meta/owner.ts';
import type { KubeObject, OwnerReference } from '../../../src/meta/types.ts';
import type { World } from '../world.ts';
import { longestTurn } from '../seen.ts';
import { type Invariant, nameOf } from './invariant.ts';
import { isHeld } from './jobs.ts';

const collected = kinds.filter((it) => !it.viewOf && it !== (event as AnyKind) && it !== (lease as AnyKind));

function isThere(it: KubeObject, owner: OwnerReference, { state }: World): boolean {
  const kind = kindByName(owner.apiVersion, owner.kind);
  if (!kind) return true;
  const found = state.get(kind, kind.namespaced ? `${it.metadata.namespace}/${owner.name}` : owner.name);
  return found?.metadata.uid === owner.uid;
}

export const nothingIsLeft: Invariant = {
  name: 'nothing is left of what was deleted',
  *quiet(world) {
    for (const kind of collected) {
      for (const it of world.state.list(kind as AnyKind)) {
        const owners = it.metadata.ownerReferences ?? [];
        if (owners.length > 0 && !owners.some((owner: OwnerReference) => isThere(it, owner, world)))
          yield `${nameOf(it)} is left without its owner`;
        if (isDeleting(it) && !isHeld(it as core.Pod, world))
          yield `${nameOf(it)} is still on its way out, waiting for ${it.metadata.finalizers ?? 'its grace'}`;
      }
    }
  },
};

/** An owner that is deleted in the foreground goes after what it blocks on, but for what it got a moment ago. */
export const foregroundWaits = (): Invariant => {
  /** Since when somebody has an owner, by the uids of both. */
  const since = new Map<string, Milliseconds>();
  const pair = (owner: string, dependent: string): string => `${owner} ${dependent}`;
  return {
    name: 'who is deleted in the foreground goes last',
    *after({ kind, now, was }, world) {
      for (const { uid } of (now ?? was)?.metadata.ownerReferences ?? []) {
        const key = pair(uid, (now ?? was)?.metadata.uid ?? '');
        if (!now) since.delete(key);
        else if (!since.has(key)) since.set(key, world.clock.now());
      }
      if (now || !was?.metadata.finalizers?.includes('foregroundDeletion')) return;
      const { uid } = was.metadata;
      for (const it of dependentsOf(was, world)) {
        const blocks = it.metadata.ownerReferences?.some((one: OwnerReference) => one.uid === uid && one.blockOwnerDeletion);
        const isLong = (since.get(pair(uid, it.metadata.uid)) ?? 0) < world.clock.now() - 2 * longestTurn;
        if (blocks && isLong) yield `${kind.kind} ${keyOf(was)} went before ${nameOf(it)}`;
      }
    },
  };
};

function* dependentsOf(owner: KubeObject, { state }: World): Iterable<KubeObject> {
  for (const kind of collected)
    for (const it of state.list(kind as AnyKind))
      if (it.metadata.ownerReferences?.some((one: OwnerReference) => one.uid === owner.metadata.uid)) yield it;
}

export const namespacesGoEmpty: Invariant = {
  name: 'a namespace goes when it is empty',
  *after({ kind, now, was }, world) {
    if (kind !== (namespace as AnyKind) || now || !was) return;
    for (const one of collected) {
      if (!one.namespaced) continue;
      const left = world.state.list(one as AnyKind).filter((it) => it.metadata.namespace === was.metadata.name);
      if (left.length > 0) yield `namespace ${was.metadata.name} went with ${left.map(nameOf).join(', ')} in it`;
    }
  },
};

/** Who is deleted with its dependents orphaned leaves them behind: no collector touches them for that. */
export const orphansStay = (): Invariant => {
  /** What each owner that is being deleted leaves behind, and all that was left behind. */
  const orphaning = new Map<string, ReadonlySet<string>>();
  const left = new Set<string>();
  return {
    name: 'orphans stay',
    *after({ now, was }, world) {
      if (was && !now && orphaning.has(was.metadata.uid)) {
        for (const uid of orphaning.get(was.metadata.uid) ?? []) left.add(uid);
        orphaning.delete(was.metadata.uid);
      }
      if (now?.metadata.finalizers?.includes('orphan') && !orphaning.has(now.metadata.uid)) {
        const theirs = [...dependentsOf(now, world)].filter((it) => !isDeleting(it) && (it.metadata.ownerReferences ?? []).length === 1);
        orphaning.set(now.metadata.uid, new Set(theirs.map((it) => it.metadata.uid)));
      }
      if (was && left.has(was.metadata.uid) && (!now || isDeleting(now)) && !isDeleting(was)) {
        left.delete(was.metadata.uid);
        const by = world.deletedBy(was.metadata.uid);
        const isGoing = world.state.get(namespace, was.metadata.namespace ?? '')?.metadata.deletionTimestamp !== undefined;
        if (by === 'garbage-collector' && !isGoing && !(was.metadata.ownerReferences ?? []).length)
          yield `${nameOf(was)} was left behind on purpose, and collected`;
      }
    },
  };
};
