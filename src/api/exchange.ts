import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnyKind } from '../kinds/index.ts';
import { readBody } from '../meta/read/body.ts';
import { invalidValue, toCause } from '../meta/field-error.ts';
import { badRequest, invalid, isReason } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import { bytesOf, piecesOf, shown } from './codec.ts';
import type { ApiContext, WriteOptions } from './context.ts';
import { bodyOf, sendBytes, sendObject, sendWarnings } from './http.ts';
import { type Form, negotiate } from './negotiate.ts';
import { includeObject, writeOptions } from './options.ts';
import { messageFor, readStrictly } from './reading.ts';
import { checkEscalation } from './auth/rbac/escalation.ts';
import type { RequestInfo, User } from './request.ts';
import { partialOf, tableOf } from './table.ts';
import type { Page } from './verbs/read.ts';
import type { Written } from './verbs/write.ts';

/** A request for resources, with what its path says of it. */
export type Exchange = {
  api: ApiContext;
  request: IncomingMessage;
  response: ServerResponse;
  info: RequestInfo;
  kind: AnyKind;
  user: User;
};

/** What a write asks for. Whoever does not say who it is goes by its program's name. */
export const optionsOf = (exchange: Exchange): WriteOptions => ({
  fieldManager: programOf(exchange.request.headers['user-agent']),
  ...writeOptions(exchange.info),
  ...approvalOf(exchange),
});

/** Roles and bindings are not for everyone to write as they like. */
export const approvalOf = ({ api, kind, user }: Exchange): Pick<WriteOptions, 'approve'> =>
  kind.group === 'rbac.authorization.k8s.io' ? { approve: (...written) => checkEscalation(api.authorizer, user, ...written) } : {};

/** `kubectl/v1.33.0 (linux/amd64)` is kubectl. What cannot be printed is left out, and what is too long for a name. */
const programOf = (agent = ''): string => (agent.split('/', 1)[0] ?? '').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').slice(0, 128);

/** Upstream's strict reader stops looking at as many. */
const mostFaults = 100;
/** As much of a bad patch as an error repeats. */
const longestRepeated = 1000;
const unknownField = (path: string): string => `unknown field ${JSON.stringify(path)}`;

/** Reads the body as an object of the kind; unknown and doubled fields are refused, warned of or ignored, as asked. */
export async function objectIn({ request, response, kind }: Exchange, options: WriteOptions): Promise<KubeObject> {
  const body = readBody(await bodyOf(request), request.headers['content-type'], options.fieldValidation !== 'Ignore', messageFor);
  const { object, unknown } = readStrictly(kind, body.value);
  report(response, kind, options, [...unknown.map(unknownField), ...body.faults]);
  return object;
}

export type Patch = { value: unknown; faults: readonly string[] };

/** Reads what a patch has made of an object. What cannot be read is Invalid here, as upstream. */
export function patchedObject({ response, kind }: Exchange, patch: Patch, patched: unknown, options: WriteOptions): KubeObject {
  return inPatch(kind, patch, () => {
    const { object, unknown } = readStrictly(kind, patched);
    report(response, kind, options, [...patch.faults, ...unknown.map(unknownField)]);
    return object;
  });
}

/** Whatever the reader refuses is a fault of the patch. */
export function inPatch<T>(kind: AnyKind, patch: Patch, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isReason(error, 'BadRequest')) throw error;
    const repeated = JSON.stringify(patch.value)?.slice(0, longestRepeated);
    const why = error.message.replace(unhandled(kind), '');
    throw invalid({ group: '', kind: '' }, '', [toCause(invalidValue('patch', repeated, why))]);
  }
}

const unhandled = ({ kind, version }: AnyKind): string => `${kind} in version "${version}" cannot be handled as a ${kind}: `;

function report(response: ServerResponse, kind: AnyKind, { fieldValidation }: WriteOptions, faults: readonly string[]): void {
  if (faults.length === 0 || fieldValidation === 'Ignore') return;
  if (fieldValidation !== 'Strict') {
    sendWarnings(response, faults);
    return;
  }
  throw badRequest(`${unhandled(kind)}strict decoding error: ${faults.slice(0, mostFaults).join(', ')}`);
}

/** Sends one object in the form the client asked for. */
export function answer(exchange: Exchange, code: number, { object, entry }: Written): void {
  const { request, response, kind } = exchange;
  const form = negotiate(request.headers.accept);
  const metadata = { resourceVersion: object.metadata.resourceVersion };
  if (form.as !== 'object') sendObject(request, response, code, inForm(exchange, form, [object], metadata), form.type);
  else if (entry && form.type === 'json') sendBytes(request, response, code, bytesOf(kind, entry));
  else sendObject(request, response, code, object, form.type);
}

const comma = Buffer.from(',');

/** Sends a page of a list; stored bytes go out as they are. */
export function answerList(exchange: Exchange, page: Page): void {
  const { request, response, kind } = exchange;
  const form = negotiate(request.headers.accept);
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.continue && { continue: page.continue }),
    ...(page.remainingItemCount !== undefined && { remainingItemCount: page.remainingItemCount }),
  };
  if (form.as !== 'object' || form.type === 'yaml') {
    const items = page.entries.map((it) => shown(kind, it));
    sendList(exchange, form, items, metadata);
    return;
  }
  const head = { kind: `${kind.kind}List`, apiVersion: kind.apiVersion, metadata };
  const parts: Buffer[] = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`)];
  for (const [i, entry] of page.entries.entries()) {
    if (i > 0) parts.push(comma);
    parts.push(...piecesOf(kind, entry));
  }
  parts.push(Buffer.from(']}'));
  sendBytes(request, response, 200, Buffer.concat(parts));
}

/** Sends a list of what is stored nowhere. */
export const answerObjects = (exchange: Exchange, items: readonly KubeObject[]): void =>
  sendList(exchange, negotiate(exchange.request.headers.accept), items, {});

function sendList(exchange: Exchange, form: Form, items: readonly KubeObject[], metadata: object): void {
  const { request, response, kind } = exchange;
  const whole = { kind: `${kind.kind}List`, apiVersion: kind.apiVersion, metadata, items };
  sendObject(request, response, 200, form.as === 'object' ? whole : inForm(exchange, form, items, metadata, true), form.type);
}

function inForm({ api, kind, info }: Exchange, form: Form, objects: readonly KubeObject[], metadata: object, isList = false): object {
  if (form.as === 'Table') {
    const options = { apiVersion: form.apiVersion, includeObject: includeObject(info.query), now: api.clock.now(), headers: true };
    return tableOf(kind, objects, metadata, options);
  }
  if (!isList) return partialOf(objects[0] as KubeObject, form.apiVersion);
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: form.apiVersion,
    metadata,
    items: objects.map((it) => partialOf(it, form.apiVersion)),
  };
}
