import { type Milliseconds, minutes } from '../../lib/clock.ts';
import { badRequest } from '../../meta/status-error.ts';
import type { Revision } from '../../store/index.ts';

/** Where a list goes on: after a key, at the revision of its first page, of then; -1 stands for "whatever is newest". */
export type Continue = { revision: Revision | -1; begun: Milliseconds; after: string };

/** How long later pages are of the revision of the first: what upstream's etcd keeps, compacted every five minutes. */
export const pagingLife = minutes(5);

/** A token for the keys that start with `prefix`: it holds the rest of the key, so that it leads nowhere else. */
export const writeToken = ({ revision, begun, after }: Continue, prefix: string): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, begun, start: after.slice(prefix.length) })).toString('base64url');

/** Fails with BadRequest when it is no token of ours. */
export function readToken(text: string, prefix: string): Continue {
  const { rv, begun, start } = fieldsOf(text);
  const isRevision = typeof rv === 'number' && Number.isInteger(rv) && (rv > 0 || rv === -1);
  // The key of an object has no empty parts, and none that climb.
  const isKey = typeof start === 'string' && start.split('/').every((it) => it !== '' && it !== '.' && it !== '..');
  if (isRevision && typeof begun === 'number' && isKey) return { revision: rv, begun, after: prefix + start };
  throw badRequest('continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
}

function fieldsOf(text: string): { rv?: unknown; begun?: unknown; start?: unknown } {
  try {
    return (JSON.parse(Buffer.from(text, 'base64url').toString()) ?? {}) as object;
  } catch (cause) {
    throw badRequest('continue key is not valid: illegal base64 data or no JSON', cause);
  }
}
