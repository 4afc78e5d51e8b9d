import { isDeleting } from '../../meta/owner.ts';
import type { KubeObject, OwnerReference } from '../../meta/types.ts';
import { isDeletingDependents, isForeground, isOrphaning } from './graph.ts';

/**
 * What became of an owner: there; there but waiting for its dependents to go; gone (asked of the API itself); of a kind
 * that nobody knows, or one that cannot be an owner here.
 */
export type OwnerState = 'there' | 'waiting' | 'gone' | 'unknown';
export type Policy = 'Foreground' | 'Background' | 'Orphan';

export type Decision =
  | { do: 'nothing' }
  /** Lets these references go; the object stays. */
  | { do: 'forget'; owners: string[] }
  /** `unblock`: first let no owner wait for this object, else two would wait for each other. */
  | { do: 'delete'; policy: Policy; unblock: boolean }
  /** Takes the object out of its dependents' references, then lets it go. */
  | { do: 'orphan' }
  /** All that held it back has gone. */
  | { do: 'release' };

const nothing: Decision = { do: 'nothing' };

/** What is to be done with an object, by the states of its owners (garbagecollector.go, attemptToDeleteItem). */
export function decide(
  it: KubeObject,
  states: ReadonlyArray<{ owner: OwnerReference; state: OwnerState }>,
  dependents: readonly KubeObject[],
): Decision {
  if (isDeleting(it)) return decideGoing(it, dependents);
  if (states.length === 0 || states.some(({ state }) => state === 'unknown')) return nothing;
  const idle = states.filter(({ state }) => state !== 'there').map(({ owner }) => owner.uid);
  if (states.some(({ state }) => state === 'there')) return idle.length > 0 ? { do: 'forget', owners: idle } : nothing;
  if (states.some(({ state }) => state === 'waiting') && dependents.length > 0)
    return { do: 'delete', policy: 'Foreground', unblock: dependents.some(isDeletingDependents) };
  return { do: 'delete', policy: isOrphaning(it) ? 'Orphan' : isForeground(it) ? 'Foreground' : 'Background', unblock: false };
}

function decideGoing(it: KubeObject, dependents: readonly KubeObject[]): Decision {
  if (isOrphaning(it)) return { do: 'orphan' };
  if (!isForeground(it)) return nothing;
  return dependents.some((one) => isBlocking(one, it)) ? nothing : { do: 'release' };
}

const isBlocking = (dependent: KubeObject, { metadata: { uid } }: KubeObject): boolean =>
  dependent.metadata.ownerReferences?.some((it) => it.uid === uid && it.blockOwnerDeletion === true) ?? false;
