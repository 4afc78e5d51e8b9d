import type { AnyKind } from '../../kinds/index.ts';
import { badRequest, notFound, StatusError } from '../../meta/status-error.ts';
import { Compacted, type Entry, type Revision } from '../../store/index.ts';
import { shown, storeKey } from '../codec.ts';
import type { ApiContext } from '../context.ts';
import { selectionOf } from '../selection.ts';

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
};

export type Page = { entries: Entry[]; revision: Revision; continue?: string; remainingItemCount?: number };

/** The newest version of one object; NotFound when there is none. */
export async function getEntry(api: ApiContext, kind: AnyKind, namespace: string | undefined, name: string): Promise<Entry> {
  const entry = await api.store.get(storeKey(kind, namespace, name));
  if (!entry) throw notFound(kind, name);
  return entry;
}

/** A resourceVersion as the number it must be. */
export function revisionOf(text: string | undefined): Revision | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text))
    throw new StatusError(
      'Invalid',
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

const expired = (): StatusError =>
  new StatusError(
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.',
  );

/** One page at one revision; the pages that follow come from the same one. */
export async function listPage(api: ApiContext, kind: AnyKind, query: ListQuery): Promise<Page> {
  const selection = selectionOf(kind, query.labelSelector, query.fieldSelector);
  const prefix = query.name === undefined ? storeKey(kind, query.namespace) : storeKey(kind, query.namespace, query.name);
  const limit = query.limit && query.limit > 0 ? query.limit : undefined;
  const token = query.continue ? readToken(query.continue) : undefined;
  if (token && query.resourceVersion && query.resourceVersion !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
  const at = token ? token.revision : exactRevision(api, query);
  try {
    let after = token?.after;
    const entries: Entry[] = [];
    for (;;) {
      const range = await api.store.range(prefix, {
        ...(after !== undefined && { after }),
        ...(at !== undefined && { revision: at }),
        ...(limit && !selection.any && { limit }),
      });
      for (const entry of range.entries) {
        if (query.name !== undefined && entry.key !== prefix) continue;
        if (selection.any && !selection.matches(shown(kind, entry))) continue;
        if (limit && entries.length === limit)
          return { entries, revision: range.revision, continue: writeToken(range.revision, entries.at(-1) as Entry) };
        entries.push(entry);
      }
      if (!range.more) return { entries, revision: range.revision };
      if (limit && entries.length >= limit) {
        return {
          entries,
          revision: range.revision,
          continue: writeToken(range.revision, entries.at(-1) as Entry),
          remainingItemCount: range.remaining,
        };
      }
      after = range.entries.at(-1)?.key;
    }
  } catch (error) {
    if (error instanceof Compacted)
      throw token ? expired() : new StatusError('Expired', `The resourceVersion for the provided list is too old.`);
    throw error;
  }
}

function exactRevision(api: ApiContext, query: ListQuery): Revision | undefined {
  const { resourceVersionMatch: match } = query;
  const revision = revisionOf(query.resourceVersion);
  if (match !== undefined && match !== '') {
    if (match !== 'Exact' && match !== 'NotOlderThan')
      throw new StatusError(
        'Invalid',
        `resourceVersionMatch: Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`,
      );
    if (revision === undefined)
      throw new StatusError(
        'Invalid',
        'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
      );
    if (match === 'Exact' && revision === 0)
      throw new StatusError(
        'Invalid',
        'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
      );
  }
  if (revision !== undefined && revision > api.store.revision()) {
    throw new StatusError('Timeout', `Too large resource version: ${revision}, current: ${api.store.revision()}`, {
      details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
    });
  }
  return match === 'Exact' ? revision : undefined;
}

const writeToken = (revision: Revision, last: Entry): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: last.key })).toString('base64url');

function readToken(text: string): { revision: Revision; after: string } {
  try {
    const { rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString()) as { rv?: unknown; start?: unknown };
    if (typeof rv === 'number' && rv > 0 && typeof start === 'string') return { revision: rv, after: start };
  } catch {
    // Falls through: whatever it was, it is no token of ours.
  }
  throw badRequest('continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
}
