import type { AnyKind } from '../../kinds/index.ts';
import { type FieldError, forbidden, notSupported, toCause } from '../../meta/field-error.ts';
import { badRequest, invalid, notFound, StatusError } from '../../meta/status-error.ts';
import { Compacted, type Entry, type Revision } from '../../store/index.ts';
import { shown, storeKey } from '../codec.ts';
import type { ApiContext } from '../context.ts';
import { type Selection, selectionOf } from '../selection.ts';
import { type Continue, pagingLife, readToken, writeToken } from './continue.ts';

export type ListQuery = {
  namespace?: string | undefined;
  /** One object of that name alone. */
  name?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  limit?: number | undefined;
  continue?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: string | undefined;
  sendInitialEvents?: boolean | undefined;
};

export type Page = { entries: Entry[]; revision: Revision; continue?: string; remainingItemCount?: number };

/** The newest version of one object; NotFound when there is none. */
export async function getEntry(
  api: ApiContext,
  kind: AnyKind,
  namespace: string | undefined,
  name: string,
  resourceVersion?: string,
): Promise<Entry> {
  refuseFuture(api, revisionOf(resourceVersion));
  const entry = await api.store.get(storeKey(kind, namespace, name));
  if (!entry) throw notFound(kind, name);
  return entry;
}

/** A resourceVersion as the number it must be; undefined when none was given. */
export function revisionOf(text: string | undefined): Revision | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) {
    const quoted = JSON.stringify(text);
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`,
    );
  }
  return Number(text);
}

function refuseFuture(api: ApiContext, revision: Revision | undefined): void {
  const now = api.store.revision();
  if (revision === undefined || revision <= now) return;
  throw new StatusError('Timeout', `Timeout: Too large resource version: ${revision}, current: ${now}`, {
    details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
  });
}

const matches: readonly string[] = ['Exact', 'NotOlderThan'];

/** What may not be said together of resource versions (apimachinery, internalversion/validation). Fails with Invalid. */
export function checkListQuery(query: ListQuery, forWatch: boolean): void {
  const path = 'resourceVersionMatch';
  const match = query.resourceVersionMatch || undefined;
  const initial = query.sendInitialEvents !== undefined;
  const faults: FieldError[] = [];
  if (forWatch && initial && match !== 'NotOlderThan')
    faults.push(forbidden(path, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  if (match !== undefined) {
    if (forWatch && !initial)
      faults.push(forbidden(path, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
    if (!forWatch && !query.resourceVersion)
      faults.push(forbidden(path, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (query.continue) faults.push(forbidden(path, 'resourceVersionMatch is forbidden when continue is provided'));
    if (forWatch && match !== 'NotOlderThan') faults.push(notSupported(path, match, ['NotOlderThan']));
    if (!forWatch && !matches.includes(match)) faults.push(notSupported(path, match, [...matches, '']));
    if (!forWatch && match === 'Exact' && query.resourceVersion === '0')
      faults.push(forbidden(path, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (!forWatch && initial) faults.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  if (faults.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', faults.map(toCause));
}

/** What keys a query is about: all that start with `prefix`, or with `only` that very key. */
export function keysOf(kind: AnyKind, query: ListQuery, selection: Selection): { prefix: string; only: boolean } {
  const namespace = query.namespace ?? (kind.namespaced ? selection.namespace : undefined);
  const name = query.name ?? selection.name;
  // A name alone says nothing of where the key is when the kind has namespaces and none was given.
  const only = name !== undefined && (!kind.namespaced || namespace !== undefined);
  return { prefix: storeKey(kind, namespace, only ? name : undefined), only };
}

/** One page at one revision; the pages that follow come from the same one. */
export async function listPage(api: ApiContext, kind: AnyKind, query: ListQuery): Promise<Page> {
  checkListQuery(query, false);
  const selection = selectionOf(kind, query.labelSelector, query.fieldSelector);
  const keys = keysOf(kind, query, selection);
  const token = query.continue ? readToken(query.continue, keys.prefix) : undefined;
  if (token && query.resourceVersion && query.resourceVersion !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
  const now = api.clock.now();
  if (token && token.revision !== -1 && now - token.begun > pagingLife) throw expired(token, keys.prefix);
  const limit = query.limit && query.limit > 0 ? query.limit : undefined;
  const at = token ? (token.revision === -1 ? undefined : token.revision) : exactRevision(api, query, limit);
  refuseFuture(api, at);
  try {
    const range = await api.store.range(keys.prefix, {
      ...(token && { after: token.after }),
      ...(at !== undefined && { revision: at }),
      // With a selector nobody knows how many keys make a page.
      ...(limit && !selection.any && !keys.only && { limit }),
    });
    const here = keys.only ? range.entries.filter((it) => it.key === keys.prefix) : range.entries;
    const wanted = selection.any ? here.filter((it) => selection.matches(shown(kind, it))) : here;
    const entries = wanted.slice(0, limit);
    const cut = wanted.length > entries.length;
    const last = entries.at(-1);
    if ((!cut && !(range.more && !keys.only)) || !last) return { entries, revision: range.revision };
    return {
      entries,
      revision: range.revision,
      continue: writeToken(
        { revision: range.revision, begun: token && at !== undefined ? token.begun : now, after: last.key },
        keys.prefix,
      ),
      ...(!selection.any && { remainingItemCount: range.remaining }),
    };
  } catch (error) {
    if (error instanceof Compacted) throw expired(token, keys.prefix);
    throw error;
  }
}

/** The one revision a first page must be of; undefined when the newest will do. */
function exactRevision(api: ApiContext, query: ListQuery, limit: number | undefined): Revision | undefined {
  const revision = revisionOf(query.resourceVersion);
  refuseFuture(api, revision);
  if (query.resourceVersionMatch === 'Exact') return revision;
  // Paged lists were exact before there was a word for it.
  return limit && revision && !query.resourceVersionMatch ? revision : undefined;
}

/** Whoever was paging gets a token that goes on with what there is now. */
function expired(token: Continue | undefined, prefix: string): StatusError {
  if (!token) return new StatusError('Expired', 'The resourceVersion for the provided list is too old.');
  return new StatusError(
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    { metadata: { continue: writeToken({ ...token, revision: -1 }, prefix) } },
  );
}
