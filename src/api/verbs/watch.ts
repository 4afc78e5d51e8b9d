import type { AnyKind } from '../../kinds/index.ts';
import { badRequest, StatusError } from '../../meta/status-error.ts';
import type { KubeObject } from '../../meta/types.ts';
import { type Change, Compacted, type Entry, type Revision } from '../../store/index.ts';
import { shown, shownBytes, storedKind, storeKey } from '../codec.ts';
import type { ApiContext } from '../context.ts';
import { selectionOf } from '../selection.ts';
import { type ListQuery, revisionOf } from './read.ts';

export type WatchQuery = ListQuery & { allowWatchBookmarks?: boolean; sendInitialEvents?: boolean | undefined };

/** One thing to tell a watcher: an entry as it looks at `revision`, a bookmark, or the error that ends the watch. */
export type Notice =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; entry: Entry; revision: Revision }
  | { type: 'BOOKMARK'; revision: Revision; initialEventsEnd: boolean }
  | { type: 'ERROR'; error: StatusError };

/**
 * Tells `onNotice`, in order and each once, what happens to the objects of the query after its resourceVersion; without
 * one (or with 0), first what is there now. An object that leaves the selection is DELETED, one that enters is ADDED.
 * The returned functions end the watch and send a bookmark.
 */
export async function startWatch(
  api: ApiContext,
  kind: AnyKind,
  query: WatchQuery,
  onNotice: (notice: Notice) => void,
): Promise<{ stop: () => void; bookmark: () => void }> {
  const selection = selectionOf(kind, query.labelSelector, query.fieldSelector);
  const prefix = storeKey(kind, query.namespace, query.name);
  const wanted = (entry: Entry | undefined): entry is Entry =>
    entry !== undefined && (query.name === undefined || entry.key === prefix) && (!selection.any || selection.matches(shown(kind, entry)));
  const asked = revisionOf(query.resourceVersion);
  if (query.sendInitialEvents && query.resourceVersionMatch !== 'NotOlderThan') {
    throw new StatusError(
      'Invalid',
      'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    );
  }
  if (query.limit) throw badRequest('limit is forbidden for watch');
  let since = asked ?? 0;
  if (since > api.store.revision()) since = api.store.revision();
  if (query.sendInitialEvents || (query.sendInitialEvents === undefined && !asked)) {
    const now = await api.store.range(prefix);
    for (const entry of now.entries) if (wanted(entry)) onNotice({ type: 'ADDED', entry, revision: entry.revision });
    since = now.revision;
    if (query.sendInitialEvents) onNotice({ type: 'BOOKMARK', revision: since, initialEventsEnd: true });
  }
  try {
    const stop = await api.store.watch(prefix, since, (changes) => {
      for (const change of changes) {
        const notice = noticeOf(change, wanted);
        if (notice) onNotice(notice);
      }
    });
    return { stop, bookmark: () => onNotice({ type: 'BOOKMARK', revision: api.store.revision(), initialEventsEnd: false }) };
  } catch (error) {
    if (!(error instanceof Compacted)) throw error;
    onNotice({ type: 'ERROR', error: new StatusError('Expired', `too old resource version: ${since} (${error.oldest})`) });
    return { stop: () => {}, bookmark: () => {} };
  }
}

function noticeOf(change: Change, wanted: (entry: Entry | undefined) => boolean): Notice | undefined {
  const { entry, previous, revision } = change;
  const is = wanted(entry);
  const was = wanted(previous);
  if (entry && is) return { type: was ? 'MODIFIED' : 'ADDED', entry, revision };
  return previous && was ? { type: 'DELETED', entry: previous, revision } : undefined;
}

const initialEventsEnd = { 'k8s.io/initial-events-end': 'true' };

export function noticeObject(kind: AnyKind, notice: Exclude<Notice, { type: 'ERROR' }>): KubeObject {
  if (notice.type !== 'BOOKMARK') return shown(kind, notice.entry, notice.revision);
  const metadata = {
    resourceVersion: String(notice.revision),
    creationTimestamp: null,
    ...(notice.initialEventsEnd && { annotations: initialEventsEnd }),
  };
  return { kind: kind.kind, apiVersion: kind.apiVersion, metadata } as unknown as KubeObject;
}

const lines = new WeakMap<Entry, Map<string, Buffer>>();

/** The line of a watch stream; the same bytes for all watchers of a revision. */
export function noticeLine(kind: AnyKind, notice: Notice): Buffer {
  if (notice.type === 'ERROR') return Buffer.from(`${JSON.stringify({ type: 'ERROR', object: notice.error.toStatus() })}\n`);
  if (notice.type === 'BOOKMARK') return Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object: noticeObject(kind, notice) })}\n`);
  let known = lines.get(notice.entry);
  if (!known) {
    known = new Map();
    lines.set(notice.entry, known);
  }
  const id = `${notice.type}${notice.revision}${kind === storedKind(kind) ? '' : kind.group}`;
  let line = known.get(id);
  if (!line) {
    line = Buffer.concat([
      Buffer.from(`{"type":"${notice.type}","object":`),
      shownBytes(kind, notice.entry, notice.revision),
      Buffer.from('}\n'),
    ]);
    known.set(id, line);
  }
  return line;
}
