import type { AnyKind } from '../../kinds/index.ts';
import { StatusError } from '../../meta/status-error.ts';
import type { KubeObject } from '../../meta/types.ts';
import { type Change, Compacted, type Entry, type Revision } from '../../store/index.ts';
import { piecesOf, shown } from '../codec.ts';
import type { ApiContext } from '../context.ts';
import { selectionOf } from '../selection.ts';
import { checkListQuery, keysOf, type ListQuery, revisionOf } from './read.ts';

export type WatchQuery = ListQuery & { allowWatchBookmarks?: boolean };

/** One thing to tell a watcher: an entry as it looks at `revision`, a bookmark, or the error that ends the watch. */
export type Notice =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; entry: Entry; revision: Revision }
  | { type: 'BOOKMARK'; revision: Revision; initialEventsEnd: boolean }
  | { type: 'ERROR'; error: StatusError };

export type Watch = { stop: () => void; bookmark: () => void };

/**
 * Tells `onNotice`, in order and each once, what happens to the objects of the query after its resourceVersion; without
 * one (or with 0), first what is there now. An object that leaves the selection is DELETED, one that enters is ADDED.
 * A resourceVersion that is not kept any more, or that this store has never had, is an ERROR with Expired: list again.
 */
export async function startWatch(api: ApiContext, kind: AnyKind, query: WatchQuery, onNotice: (notice: Notice) => void): Promise<Watch> {
  checkListQuery(query, true);
  const selection = selectionOf(kind, query.labelSelector, query.fieldSelector);
  const { prefix, only } = keysOf(kind, query, selection);
  const wanted = (entry: Entry | undefined): entry is Entry =>
    entry !== undefined && (!only || entry.key === prefix) && (!selection.any || selection.matches(shown(kind, entry)));
  const asked = revisionOf(query.resourceVersion) || undefined;
  const newest = api.store.revision();
  if (asked !== undefined && asked > newest) return failed(onNotice, `resource version ${asked} is later than the newest, ${newest}`);
  let since = asked ?? newest;
  if (query.sendInitialEvents ?? asked === undefined) {
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
    return failed(onNotice, `too old resource version: ${since} (${error.oldest})`);
  }
}

function failed(onNotice: (notice: Notice) => void, why: string): Watch {
  onNotice({ type: 'ERROR', error: new StatusError('Expired', why) });
  return { stop: () => {}, bookmark: () => {} };
}

function noticeOf(change: Change, wanted: (entry: Entry | undefined) => boolean): Notice | undefined {
  const { entry, previous, revision } = change;
  const is = wanted(entry);
  const was = wanted(previous);
  if (entry && is) return { type: was ? 'MODIFIED' : 'ADDED', entry, revision };
  // Its last state that was selected, at the revision at which it stopped to be.
  return previous && was ? { type: 'DELETED', entry: previous, revision } : undefined;
}

const initialEventsEnd = { 'k8s.io/initial-events-end': 'true' };

/** What a notice shows: the object, or for a bookmark one that has nothing but a resourceVersion. */
export function noticeObject(kind: AnyKind, notice: Exclude<Notice, { type: 'ERROR' }>): KubeObject {
  if (notice.type !== 'BOOKMARK') return shown(kind, notice.entry, notice.revision);
  const metadata = {
    resourceVersion: String(notice.revision),
    creationTimestamp: null,
    ...(notice.initialEventsEnd && { annotations: initialEventsEnd }),
  };
  return { kind: kind.kind, apiVersion: kind.apiVersion, metadata } as unknown as KubeObject;
}

/** As many lines as the watchers of a busy moment share. */
const keptLines = 256;

/** The line of a watch stream; the same bytes for all watchers of a change. */
export function noticeLine(api: ApiContext, kind: AnyKind, notice: Notice): Buffer {
  if (notice.type === 'ERROR') return Buffer.from(`${JSON.stringify({ type: 'ERROR', object: notice.error.toStatus() })}\n`);
  if (notice.type === 'BOOKMARK') return Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object: noticeObject(kind, notice) })}\n`);
  // A revision is one change of one key.
  const id = `${kind.resource}/${notice.type}/${notice.revision}`;
  let line = api.lines.get(id);
  if (!line) {
    const pieces = piecesOf(kind, notice.entry, notice.revision);
    line = Buffer.concat([Buffer.from(`{"type":"${notice.type}","object":`), ...pieces, Buffer.from('}\n')]);
    if (api.lines.size >= keptLines) api.lines.clear();
    api.lines.set(id, line);
  }
  return line;
}
