import type { AnyKind } from '../kinds/index.ts';
import type { KubeObject } from '../meta/types.ts';

/** An object's place: its namespace ('' or absent for cluster-wide kinds) and name. */
export type ObjectKey = { namespace?: string; name: string };

export type ListOptions = {
  /** Absent: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan';
};

export type List<T = KubeObject> = { items: readonly T[]; resourceVersion: string; continue?: string; remainingItemCount?: number };

/** BOOKMARK carries an object with nothing but a resourceVersion (and the initial-events-end annotation). */
export type WatchEvent<T = KubeObject> = { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: T };

export type WatchOptions = Omit<ListOptions, 'limit' | 'continue'> & {
  allowWatchBookmarks?: boolean;
  sendInitialEvents?: boolean;
};

export type WriteOptions = {
  dryRun?: boolean;
  /** Who comes to own what is written (managedFields). An apply needs one. */
  fieldManager?: string;
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
};

export type DeleteOptions = {
  dryRun?: boolean;
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  preconditions?: { uid?: string; resourceVersion?: string };
};

/** `apply` is server-side apply: the body is what the applier wants of the object, which need not be there yet. */
export type Patch = { type: 'json' | 'merge' | 'strategic' | 'apply'; body: unknown };

export type PatchOptions = WriteOptions & {
  subresource?: 'status' | 'scale' | 'resize' | 'ephemeralcontainers';
  /** Apply alone: takes over what others own. */
  force?: boolean;
};

/**
 * Requests to the API server. The in-process one (built by `api`, joined in `main.ts`) hands objects over without
 * serialising them: what comes out is shared and must not be changed. The HTTPS one is for joined nodes and the CLI.
 * Every call fails with a StatusError, as the server words it.
 */
export interface Transport {
  get(kind: AnyKind, key: ObjectKey): Promise<KubeObject>;
  list(kind: AnyKind, options: ListOptions): Promise<List>;
  /** Ends when `signal` aborts (quietly) or the server ends it; fails with Expired (410) when `resourceVersion` is too old. */
  watch(kind: AnyKind, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent>;
  create(kind: AnyKind, object: unknown, options?: WriteOptions & { namespace?: string }): Promise<KubeObject>;
  /** Replaces; conditioned on metadata.resourceVersion when the object has one. */
  update(kind: AnyKind, object: KubeObject, options?: WriteOptions & { subresource?: 'status' }): Promise<KubeObject>;
  patch(kind: AnyKind, key: ObjectKey, patch: Patch, options?: PatchOptions): Promise<KubeObject>;
  /** Resolves with the object in its last state, or as it now is when it only started to go (grace, finalizers). */
  delete(kind: AnyKind, key: ObjectKey, options?: DeleteOptions): Promise<KubeObject>;
  /** POST to a subresource: binding, eviction, token, finalize. */
  post(kind: AnyKind, key: ObjectKey, subresource: string, body: unknown): Promise<KubeObject>;
}
