import type { AnyKind } from '../../kinds/index.ts';
import { toTime } from '../../lib/clock.ts';
import { deepCopy, deepEqual } from '../../meta/copy.ts';
import { badRequest, conflict } from '../../meta/status-error.ts';
import type { KubeObject } from '../../meta/types.ts';
import { type Entry, RevisionMismatch } from '../../store/index.ts';
import { decode, encode, remember, shown, storedKind } from '../codec.ts';
import type { ApiContext } from '../context.ts';
import { getEntry } from './read.ts';

export type DeleteQuery = {
  dryRun?: boolean;
  gracePeriodSeconds?: number | undefined;
  propagationPolicy?: string | undefined;
  orphanDependents?: boolean | undefined;
  preconditions?: { uid?: string; resourceVersion?: string } | undefined;
};

/** What became of it: gone at once, or on its way while grace or finalizers hold it. */
export type Deleted = { object: KubeObject; entry: Entry | undefined; gone: boolean };

/** Deletes as upstream's generic registry does: grace first (pods), then finalizers, then removal. */
export async function deleteObject(
  api: ApiContext,
  kind: AnyKind,
  namespace: string | undefined,
  name: string,
  query: DeleteQuery,
): Promise<Deleted> {
  const stored = storedKind(kind);
  for (let attempt = 0; ; attempt++) {
    const entry = await getEntry(api, kind, namespace, name);
    const was = decode(entry);
    checkPreconditions(kind, was, query);
    await api.admission.delete(stored, was);
    const draft = deepCopy(was);
    const holds = applyPolicy(api, stored, draft, query);
    try {
      if (!holds) {
        if (query.dryRun) return { object: shown(kind, entry), entry, gone: true };
        const revision = await api.store.delete(entry.key, entry.revision);
        return {
          object: { ...shown(kind, entry), metadata: { ...was.metadata, resourceVersion: String(revision) } },
          entry: undefined,
          gone: true,
        };
      }
      if (query.dryRun || deepEqual(draft, was)) return { object: query.dryRun ? draft : shown(kind, entry), entry, gone: false };
      const written = await api.store.put(entry.key, encode(draft), entry.revision);
      remember(written, draft);
      return { object: shown(kind, written), entry: written, gone: false };
    } catch (error) {
      if (!(error instanceof RevisionMismatch) || attempt >= 20) throw error;
    }
  }
}

function checkPreconditions(kind: AnyKind, was: KubeObject, { preconditions }: DeleteQuery): void {
  const { uid, resourceVersion, name } = was.metadata;
  if (preconditions?.uid && preconditions.uid !== uid) {
    throw conflict(kind, name, `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${uid}`);
  }
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion) {
    throw conflict(
      kind,
      name,
      `Precondition failed: ResourceVersion in precondition: ${preconditions.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
    );
  }
}

/** Marks the draft as the request wants; true when something still holds the object. */
function applyPolicy(api: ApiContext, kind: AnyKind, draft: KubeObject, query: DeleteQuery): boolean {
  const { metadata } = draft;
  if (query.propagationPolicy !== undefined && !['Foreground', 'Background', 'Orphan'].includes(query.propagationPolicy)) {
    throw badRequest(`invalid propagationPolicy ${JSON.stringify(query.propagationPolicy)}: it must be Orphan, Background or Foreground`);
  }
  const policy =
    query.propagationPolicy ?? (query.orphanDependents === undefined ? undefined : query.orphanDependents ? 'Orphan' : 'Background');
  if (policy) {
    const others = (metadata.finalizers ?? []).filter((it) => it !== 'orphan' && it !== 'foregroundDeletion');
    const added = policy === 'Orphan' ? ['orphan'] : policy === 'Foreground' ? ['foregroundDeletion'] : [];
    metadata.finalizers = [...others, ...added];
    if (metadata.finalizers.length === 0) delete metadata.finalizers;
  }
  const asked = query.gracePeriodSeconds;
  if (asked !== undefined && asked < 0) throw badRequest(`gracePeriodSeconds must not be negative, but is ${asked}`);
  const grace = kind.graceSeconds?.(draft, asked) ?? 0;
  const already = metadata.deletionTimestamp !== undefined;
  const waitsForNamespace =
    kind.kind === 'Namespace' && ((draft as KubeObject & { spec?: { finalizers?: string[] } }).spec?.finalizers?.length ?? 0) > 0;
  if (grace > 0 || metadata.finalizers?.length || waitsForNamespace) {
    // A second request may shorten the grace, never lengthen it.
    if (!already || grace < (metadata.deletionGracePeriodSeconds ?? 0)) {
      metadata.deletionTimestamp = toTime(api.clock.now() + grace * 1000);
      metadata.deletionGracePeriodSeconds = grace;
      if (kind.generation && !already) metadata.generation = (metadata.generation ?? 0) + 1;
    }
    if (waitsForNamespace)
      Object.assign(draft, { status: { ...(draft as KubeObject & { status?: object }).status, phase: 'Terminating' } });
    return true;
  }
  return false;
}
