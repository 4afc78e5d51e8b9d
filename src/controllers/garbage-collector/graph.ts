import type { AnyKind } from '../../kinds/index.ts';
import { keyOf } from '../../meta/owner.ts';
import type { KubeObject, OwnerReference } from '../../meta/types.ts';

/** Where an object stands: enough to find it in the cache of its kind. */
export type Place = { kind: AnyKind; key: string };

export const isForeground = ({ metadata }: KubeObject): boolean => metadata.finalizers?.includes('foregroundDeletion') ?? false;
export const isOrphaning = ({ metadata }: KubeObject): boolean => metadata.finalizers?.includes('orphan') ?? false;
/** It goes when those have gone that hold it back. */
export const isDeletingDependents = (it: KubeObject): boolean => it.metadata.deletionTimestamp !== undefined && isForeground(it);

/** Who depends on whom. Objects themselves are in the caches; here is the way back, from an owner's uid to its dependents. */
export class Graph {
  readonly #places = new Map<string, Place>();
  readonly #owners = new Map<string, readonly OwnerReference[]>();
  readonly #dependents = new Map<string, Set<string>>();

  place = (uid: string): Place | undefined => this.#places.get(uid);
  dependentsOf = (uid: string): string[] => [...(this.#dependents.get(uid) ?? [])];

  put(kind: AnyKind, { metadata }: KubeObject): void {
    const { uid } = metadata;
    if (!this.#places.has(uid)) this.#places.set(uid, { kind, key: keyOf({ metadata }) });
    const owners = metadata.ownerReferences;
    if (owners === this.#owners.get(uid)) return;
    this.#unlink(uid);
    if (!owners) return;
    this.#owners.set(uid, owners);
    for (const owner of owners) {
      const known = this.#dependents.get(owner.uid);
      if (known) known.add(uid);
      else this.#dependents.set(owner.uid, new Set([uid]));
    }
  }

  remove(uid: string): void {
    this.#places.delete(uid);
    this.#unlink(uid);
  }

  #unlink(uid: string): void {
    for (const owner of this.#owners.get(uid) ?? []) {
      const known = this.#dependents.get(owner.uid);
      known?.delete(uid);
      if (known?.size === 0) this.#dependents.delete(owner.uid);
    }
    this.#owners.delete(uid);
  }
}
