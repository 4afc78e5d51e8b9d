import { badRequest } from '../../meta/status-error.ts';
import type { Revision } from '../../store/index.ts';

/** Where a list goes on: after a key, at the revision of its first page; -1 stands for "whatever is newest". */
export type Continue = { revision: Revision | -1; after: string };

export const writeToken = ({ revision, after }: Continue): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString('base64url');

/** Fails with BadRequest when it is no token of ours. */
export function readToken(text: string): Continue {
  try {
    const { rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString()) as { rv?: unknown; start?: unknown };
    if (typeof rv === 'number' && Number.isInteger(rv) && (rv > 0 || rv === -1) && typeof start === 'string')
      return { revision: rv, after: start };
  } catch {
    // Falls through: whatever it was, it is no token of ours.
  }
  throw badRequest('continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
}
