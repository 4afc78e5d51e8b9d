import jsonPatch, { type Operation } from 'fast-json-patch';
import { deepCopy } from '../copy.ts';
import { badRequest, StatusError } from '../status-error.ts';

const { applyPatch } = jsonPatch;
const most = 10_000;

/** JSON patch (RFC 6902). Fails with BadRequest when it is none, with Invalid (422) when it cannot be applied. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  if (patch.length > most) {
    throw new StatusError('RequestEntityTooLarge', `The allowed maximum operations in a JSON patch is ${most}, got ${patch.length}`);
  }
  for (const operation of patch as Array<{ op?: unknown; path?: unknown } | null>) {
    if (typeof operation?.op !== 'string' || typeof operation.path !== 'string')
      throw badRequest('error decoding patch: an operation needs op and path');
  }
  try {
    return applyPatch(deepCopy(document), patch as Operation[], true, false, true).newDocument;
  } catch (cause) {
    throw new StatusError(
      'Invalid',
      `the server rejected our request due to an error in our request: ${(cause as Error).message.split('\n')[0]}`,
      { cause },
    );
  }
}
