import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Counter } from 'prom-client';
import { type AnyKind, kindByPlural } from '../kinds/index.ts';
import { readBody } from '../meta/read/body.ts';
import { badRequest, StatusError } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import { shown, shownBytes } from './codec.ts';
import type { ApiContext, WriteOptions } from './context.ts';
import { bodyOf, sendBytes, sendObject } from './http.ts';
import { type Form, negotiate } from './negotiate.ts';
import { patched, patchTypeOf } from './patch.ts';
import { messageFor, readStrictly } from './reading.ts';
import { isTrue, type RequestInfo } from './request.ts';
import { scaled, scaleOf } from './scale.ts';
import { post } from './subresources.ts';
import { partialOf, tableOf } from './table.ts';
import { type DeleteQuery, deleteObject } from './verbs/delete.ts';
import { getEntry, type ListQuery, listPage } from './verbs/read.ts';
import { serveWatch } from './watch-stream.ts';
import { createObject, updateObject, type Written } from './verbs/write.ts';

type Exchange = { api: ApiContext; request: IncomingMessage; response: ServerResponse; info: RequestInfo; kind: AnyKind };
export type ConnectHandler = (exchange: {
  request: IncomingMessage;
  response: ServerResponse;
  info: RequestInfo;
  pod: KubeObject;
}) => Promise<void>;

const notServed = (): StatusError => new StatusError('NotFound', 'the server could not find the requested resource', { details: {} });
const notAllowed = (): StatusError =>
  new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', { details: {} });

/** Answers a request for resources. Failures are thrown, as StatusErrors, for the caller to answer. */
export function resourceHandler(api: ApiContext, watches: Counter, connect: Readonly<Record<string, ConnectHandler>>) {
  return async (request: IncomingMessage, response: ServerResponse, info: RequestInfo): Promise<void> => {
    const kind = kindByPlural(info.group, info.version, info.plural);
    if (!kind || (info.namespace !== undefined && !kind.namespaced)) throw notServed();
    const exchange: Exchange = { api, request, response, info, kind };
    if (info.subresource) return subresource(exchange, connect);
    switch (info.verb) {
      case 'get':
        return one(exchange);
      case 'list':
        return list(exchange);
      case 'watch':
        watches.inc({ resource: kind.resource });
        return serveWatch(
          api,
          response,
          kind,
          { ...listQuery(info), allowWatchBookmarks: isTrue(info.query.get('allowWatchBookmarks')) },
          info.query,
          negotiate(request.headers.accept),
        );
      case 'create':
        if (info.name !== undefined) throw notAllowed();
        return create(exchange);
      case 'update':
      case 'patch':
        if (info.name === undefined) throw notAllowed();
        return change(exchange);
      case 'delete':
        return remove(exchange);
      case 'deletecollection':
        return removeMany(exchange);
      default:
        throw notAllowed();
    }
  };
}

function listQuery({ namespace, name, query }: RequestInfo): ListQuery & { sendInitialEvents?: boolean | undefined } {
  const limit = query.get('limit');
  if (limit !== null && !/^\d{1,12}$/.test(limit)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(limit)}: invalid syntax`);
  const initial = query.get('sendInitialEvents');
  return {
    namespace,
    name,
    labelSelector: query.get('labelSelector') ?? undefined,
    fieldSelector: query.get('fieldSelector') ?? undefined,
    limit: limit === null ? undefined : Number(limit),
    continue: query.get('continue') ?? undefined,
    resourceVersion: query.get('resourceVersion') ?? undefined,
    resourceVersionMatch: query.get('resourceVersionMatch') ?? undefined,
    sendInitialEvents: initial === null ? undefined : isTrue(initial),
  };
}

function writeOptions({ query }: RequestInfo): WriteOptions {
  const dryRuns = query.getAll('dryRun');
  for (const it of dryRuns) {
    if (it !== 'All')
      throw new StatusError(
        'Invalid',
        `WriteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ${JSON.stringify(it)}: supported values: "All"`,
      );
  }
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  if (!['Strict', 'Warn', 'Ignore'].includes(fieldValidation)) {
    throw new StatusError(
      'Invalid',
      `WriteOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: ${JSON.stringify(fieldValidation)}: supported values: "Ignore", "Strict", "Warn"`,
    );
  }
  return { dryRun: dryRuns.length > 0, fieldValidation: fieldValidation as NonNullable<WriteOptions['fieldValidation']> };
}

/** Reads the body as the kind; unknown and doubled fields are refused, warned of or ignored as asked. */
async function objectOf({ request, response, kind }: Exchange, options: WriteOptions): Promise<KubeObject> {
  const body = readBody(await bodyOf(request), request.headers['content-type'], options.fieldValidation !== 'Ignore', messageFor);
  const { object, unknown } = readStrictly(kind, body.value);
  report(
    response,
    options,
    [
      ...unknown.map((it) => `unknown field ${JSON.stringify(it)}`),
      ...body.duplicates.map((it) => `duplicate field ${JSON.stringify(it)}`),
    ],
    kind,
  );
  return object;
}

function report(response: ServerResponse, options: WriteOptions, faults: string[], kind: AnyKind): void {
  if (faults.length === 0 || options.fieldValidation === 'Ignore') return;
  if (options.fieldValidation === 'Strict')
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${faults.join(', ')}`,
    );
  response.setHeader(
    'Warning',
    faults.slice(0, 50).map((it) => `299 - ${JSON.stringify(it)}`),
  );
}

/** Sends one object in the form the client asked for. */
function answer({ request, response, kind, api, info }: Exchange, code: number, { object, entry }: Written): void {
  const form = negotiate(request.headers.accept);
  if (form.as === 'object') {
    if (entry && form.type === 'json') sendBytes(request, response, code, shownBytes(kind, entry));
    else sendObject(request, response, code, object, form.type);
  } else
    sendObject(
      request,
      response,
      code,
      inForm(kind, [object], form, info, api.clock.now(), { resourceVersion: object.metadata.resourceVersion }, true),
    );
}

function inForm(
  kind: AnyKind,
  objects: readonly KubeObject[],
  form: Form,
  info: RequestInfo,
  now: number,
  metadata: object,
  single: boolean,
): object {
  if (form.as === 'Table') {
    return tableOf(kind, objects, metadata, {
      apiVersion: form.apiVersion,
      includeObject: info.query.get('includeObject') ?? 'Metadata',
      now,
      headers: true,
    });
  }
  if (single) return partialOf(objects[0] as KubeObject);
  return { kind: 'PartialObjectMetadataList', apiVersion: form.apiVersion, metadata, items: objects.map(partialOf) };
}

async function one(exchange: Exchange): Promise<void> {
  const { api, kind, info } = exchange;
  const entry = await getEntry(api, kind, info.namespace, info.name as string);
  answer(exchange, 200, { object: shown(kind, entry), entry });
}

async function list({ api, kind, info, request, response }: Exchange): Promise<void> {
  const form = negotiate(request.headers.accept);
  const page = await listPage(api, kind, listQuery(info));
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.continue && { continue: page.continue }),
    ...(page.remainingItemCount !== undefined && { remainingItemCount: page.remainingItemCount }),
  };
  if (form.as !== 'object') {
    sendObject(
      request,
      response,
      200,
      inForm(
        kind,
        page.entries.map((it) => shown(kind, it)),
        form,
        info,
        api.clock.now(),
        metadata,
        false,
      ),
    );
    return;
  }
  const head = `{"kind":"${kind.kind}List","apiVersion":"${kind.apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`;
  const parts: Buffer[] = [Buffer.from(head)];
  const comma = Buffer.from(',');
  for (const [i, entry] of page.entries.entries()) {
    if (i > 0) parts.push(comma);
    parts.push(shownBytes(kind, entry));
  }
  parts.push(Buffer.from(']}'));
  const bytes = Buffer.concat(parts);
  if (form.type === 'yaml') sendObject(request, response, 200, JSON.parse(bytes.toString()) as object, 'yaml');
  else sendBytes(request, response, 200, bytes);
}

async function create(exchange: Exchange): Promise<void> {
  const { api, kind, info } = exchange;
  const options = writeOptions(info);
  const object = await objectOf(exchange, options);
  if (kind.namespaced && info.namespace === undefined) throw notAllowed();
  answer(exchange, 201, await createObject(api, kind, info.namespace, object, options));
}

async function change(exchange: Exchange): Promise<void> {
  const { api, kind, info, request, response } = exchange;
  const options = writeOptions(info);
  const name = info.name as string;
  const subresource = info.subresource as 'status' | undefined;
  if (info.verb === 'update') {
    const object = await objectOf(exchange, options);
    if (object.metadata.name && object.metadata.name !== name)
      throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
    if (object.metadata.namespace && info.namespace && object.metadata.namespace !== info.namespace)
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    answer(exchange, 200, await updateObject(api, kind, info.namespace, name, () => object, { ...options, subresource }));
    return;
  }
  const type = patchTypeOf(request.headers['content-type']);
  const body = readBody(await bodyOf(request), 'application/json', false, messageFor).value;
  const made = (was: KubeObject): KubeObject => {
    const { object, unknown } = readStrictly(kind, patched(kind, was, type, body));
    report(
      response,
      options,
      unknown.map((it) => `unknown field ${JSON.stringify(it)}`),
      kind,
    );
    return object;
  };
  answer(exchange, 200, await updateObject(api, kind, info.namespace, name, made, { ...options, subresource }));
}

async function deleteQuery({ request, info }: Exchange): Promise<DeleteQuery> {
  const bytes = await bodyOf(request);
  const given = bytes.length > 0 ? readBody(bytes, request.headers['content-type'], false, messageFor).value : {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw badRequest('the body is not a DeleteOptions object');
  const body = given as {
    gracePeriodSeconds?: unknown;
    propagationPolicy?: unknown;
    orphanDependents?: unknown;
    dryRun?: unknown;
    preconditions?: DeleteQuery['preconditions'];
  };
  const grace = body.gracePeriodSeconds ?? info.query.get('gracePeriodSeconds') ?? undefined;
  if (grace !== undefined && !Number.isInteger(Number(grace)))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(String(grace))}: invalid syntax`);
  const policy = body.propagationPolicy ?? info.query.get('propagationPolicy') ?? undefined;
  return {
    dryRun: writeOptions(info).dryRun === true || (Array.isArray(body.dryRun) && body.dryRun.includes('All')),
    gracePeriodSeconds: grace === undefined ? undefined : Number(grace),
    propagationPolicy: policy === undefined ? undefined : String(policy),
    orphanDependents: typeof body.orphanDependents === 'boolean' ? body.orphanDependents : undefined,
    preconditions: body.preconditions,
  };
}

async function remove(exchange: Exchange): Promise<void> {
  const { api, kind, info, request, response } = exchange;
  const deleted = await deleteObject(api, kind, info.namespace, info.name as string, await deleteQuery(exchange));
  if (!deleted.gone || kind.kind === 'Pod') {
    answer(exchange, 200, deleted);
    return;
  }
  const details = { name: info.name, ...(kind.group && { group: kind.group }), kind: kind.plural, uid: deleted.object.metadata.uid };
  sendObject(request, response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
}

async function removeMany(exchange: Exchange): Promise<void> {
  const { api, kind, info, request, response } = exchange;
  if (['Namespace', 'Service'].includes(kind.kind) && kind.kind === 'Namespace') throw notAllowed();
  const query = await deleteQuery(exchange);
  const page = await listPage(api, kind, listQuery(info));
  const items: KubeObject[] = [];
  for (const entry of page.entries) {
    const { namespace, name } = shown(kind, entry).metadata;
    try {
      items.push((await deleteObject(api, kind, namespace, name, query)).object);
    } catch (error) {
      // Somebody else was quicker: that is what we wanted.
      if (!(error instanceof StatusError && error.reason === 'NotFound')) throw error;
    }
  }
  sendObject(request, response, 200, {
    kind: `${kind.kind}List`,
    apiVersion: kind.apiVersion,
    metadata: { resourceVersion: String(api.store.revision()) },
    items,
  });
}

async function subresource(exchange: Exchange, connect: Readonly<Record<string, ConnectHandler>>): Promise<void> {
  const { api, kind, info, request, response } = exchange;
  const name = info.name as string;
  const handler = kind.resource === 'pods' ? connect[info.subresource as string] : undefined;
  if (handler) {
    const entry = await getEntry(api, kind, info.namespace, name);
    return handler({ request, response, info, pod: shown(kind, entry) });
  }
  if (info.subresource === 'status' && kind.status !== false) {
    if (info.verb === 'get') return one(exchange);
    if (info.verb === 'update' || info.verb === 'patch') return change(exchange);
    throw notAllowed();
  }
  if (info.subresource === 'scale' && kind.scale) return scale(exchange);
  if (info.verb !== 'create' && info.verb !== 'update')
    throw info.subresource && ['binding', 'eviction', 'finalize'].includes(info.subresource) ? notAllowed() : notServed();
  const body = readBody(await bodyOf(request), request.headers['content-type'], false, messageFor).value;
  sendObject(
    request,
    response,
    info.verb === 'create' ? 201 : 200,
    await post(api, kind, { namespace: info.namespace, name }, info.subresource as string, body, writeOptions(info)),
  );
}

async function scale({ api, kind, info, request, response }: Exchange): Promise<void> {
  const name = info.name as string;
  if (info.verb === 'get') {
    sendObject(request, response, 200, scaleOf(kind, shown(kind, await getEntry(api, kind, info.namespace, name))));
    return;
  }
  if (info.verb !== 'update' && info.verb !== 'patch') throw notAllowed();
  const options = writeOptions(info);
  const bytes = await bodyOf(request);
  const type = info.verb === 'patch' ? patchTypeOf(request.headers['content-type']) : undefined;
  const body = readBody(bytes, type ? 'application/json' : request.headers['content-type'], false, messageFor).value;
  const made = (was: KubeObject): KubeObject => {
    // Strategic and plain merge are the same for a Scale: it has no lists.
    const asked = type ? patched(kind, scaleOf(kind, was), type === 'strategic' ? 'merge' : type, body) : body;
    return scaled(kind, was, asked);
  };
  sendObject(request, response, 200, scaleOf(kind, (await updateObject(api, kind, info.namespace, name, made, options)).object));
}
