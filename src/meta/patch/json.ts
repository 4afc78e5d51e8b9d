import jsonPatch, { type Operation } from 'fast-json-patch';
import { deepCopy } from '../copy.ts';
import { badRequest, StatusError } from '../status-error.ts';

const { applyPatch } = jsonPatch;
const most = 10_000;
/** Characters that copies may add, as many as a body has: copies of copies double each time. */
const mostCopied = 3 * 1024 * 1024;

/**
 * JSON patch (RFC 6902). Fails with BadRequest when it is none, with Invalid (422) when it cannot be applied. Where
 * upstream's library (evanphx/json-patch 4, in the API server and in kustomize) goes beyond the RFC, so does this.
 */
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
    let result = deepCopy(document);
    let copied = 0;
    for (const operation of patch as Operation[]) {
      if (operation.op === 'copy') copied += JSON.stringify(at(result, operation.from) ?? null).length;
      if (copied > mostCopied)
        throw new Error(
          `Unable to complete the copy, the accumulated size increase of copy is ${copied}, exceeding the limit ${mostCopied}`,
        );
      const fitted = asInRfc(result, deepCopy(operation));
      if (fitted) result = applyPatch(result, [fitted], true, true, true).newDocument;
    }
    return result;
  } catch (cause) {
    throw new StatusError(
      'Invalid',
      `the server rejected our request due to an error in our request: ${(cause as Error).message.split('\n')[0]}`,
      { cause },
    );
  }
}

/** The operation as the RFC has it: undefined when there is nothing to do. */
function asInRfc(document: unknown, operation: Operation): Operation | undefined {
  const path = counted(document, operation.path, operation.op === 'add' || operation.op === 'copy' || operation.op === 'move');
  const found = at(document, path);
  switch (operation.op) {
    // What is missing in an object is put there.
    case 'replace':
      return { ...operation, path, op: found === undefined && isMember(document, path) ? 'add' : 'replace' } as Operation;
    // What is missing equals null.
    case 'test':
      return found === undefined && operation.value === null && isMember(document, path) ? undefined : { ...operation, path };
    case 'copy': {
      const from = counted(document, operation.from, false);
      const isNull = at(document, from) === undefined && isMember(document, from);
      return isNull ? { op: 'add', path, value: null } : { ...operation, path, from };
    }
    case 'move':
      return { ...operation, path, from: counted(document, operation.from, false) };
    default:
      return { ...operation, path };
  }
}

/** Indexes below zero count from the end of their list; -1 is its last item, and when adding the place behind it. */
function counted(document: unknown, path: string, adding: boolean): string {
  if (!/\/-\d/.test(path)) return path;
  const steps = path.split('/');
  for (let i = 1; i < steps.length; i++) {
    const list = at(document, steps.slice(0, i).join('/'));
    if (!Array.isArray(list) || !/^-\d+$/.test(steps[i] as string)) continue;
    const index = Number(steps[i]) + list.length + (adding && i === steps.length - 1 ? 1 : 0);
    if (index >= 0) steps[i] = String(index);
  }
  return steps.join('/');
}

const stepsOf = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((it) => it.replace(/~1/g, '/').replace(/~0/g, '~'));

/** What is at the path; undefined when there is nothing. */
function at(document: unknown, path: string): unknown {
  let value = document;
  for (const step of stepsOf(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** The path leads into an object that is there, not into a list. */
function isMember(document: unknown, path: string): boolean {
  const holder = path === '' ? undefined : at(document, path.slice(0, path.lastIndexOf('/')));
  return typeof holder === 'object' && holder !== null && !Array.isArray(holder);
}
