import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Counter } from 'prom-client';
import { type AnyKind, kindByPlural, measured, reviews, type Verb } from '../kinds/index.ts';
import { readBody } from '../meta/read/body.ts';
import { badRequest, isReason, StatusError } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import { shown } from './codec.ts';
import { applyObject, applyScale, readConfiguration } from './apply.ts';
import type { ApiContext } from './context.ts';
import { answer, answerList, approvalOf, type Exchange, inPatch, objectIn, optionsOf, patchedObject } from './exchange.ts';
import { bodyOf, sendObject, sendWarnings } from './http.ts';
import { type NodeLookup, serveMeasured } from './measured.ts';
import { negotiate } from './negotiate.ts';
import { applyOptions, deleteQuery, listQuery, writeOptions } from './options.ts';
import { hasStatus, type UpdateRoute } from './ownership.ts';
import { isApply, patched, patchTypeOf } from './patch.ts';
import { messageFor, messages } from './reading.ts';
import type { RequestInfo, User } from './request.ts';
import { answerReview } from './reviews.ts';
import { scaled, scaleOf } from './scale.ts';
import { post } from './subresources.ts';
import { deleteObject } from './verbs/delete.ts';
import { getEntry, listPage } from './verbs/read.ts';
import { createObject, updateObject } from './verbs/write.ts';
import { serveWatch } from './watch-stream.ts';

/** What answers a subresource of pods that connects to the node they run on. */
export type ConnectHandler = (exchange: {
  request: IncomingMessage;
  response: ServerResponse;
  info: RequestInfo;
  pod: KubeObject;
}) => Promise<void>;

export const notServed = (): StatusError =>
  new StatusError('NotFound', 'the server could not find the requested resource', { details: {} });
export const notAllowed = (): StatusError =>
  new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', { details: {} });

/** Answers a request for resources. Failures are thrown, as StatusErrors, for the caller to answer. */
export function resourceHandler(
  api: ApiContext,
  watches: Counter,
  connect: Readonly<Record<string, ConnectHandler>>,
  connectNode: NodeLookup,
) {
  return async (request: IncomingMessage, response: ServerResponse, info: RequestInfo, user: User): Promise<void> => {
    const kind = kindByPlural(info.group, info.version, info.plural);
    if (!kind || !isPlaced(kind, info)) throw notServed();
    const exchange: Exchange = { api, request, response, info, kind, user };
    if (info.subresource !== undefined && !measured.includes(kind)) return subresource(exchange, connect);
    if (info.subresource !== undefined) throw notServed();
    if (!kind.verbs.includes(info.verb as Verb)) throw notAllowed();
    if (reviews.includes(kind)) return review(exchange, user);
    if (measured.includes(kind)) return serveMeasured(exchange, connectNode);
    switch (info.verb) {
      case 'get':
        return one(exchange);
      case 'list':
        return answerList(exchange, await listPage(api, kind, listQuery(info)));
      case 'watch':
        watches.inc({ resource: kind.resource });
        return serveWatch(api, response, kind, listQuery(info), negotiate(request.headers.accept));
      case 'create':
        return create(exchange);
      case 'update':
        return replace(exchange);
      case 'patch':
        return patch(exchange);
      case 'delete':
        return remove(exchange);
      case 'deletecollection':
        return removeMany(exchange);
      default:
        throw notAllowed();
    }
  };
}

/** Whether the path has a namespace where the kind wants one: only collections are also served across all. */
const isPlaced = (kind: AnyKind, { namespace, name }: RequestInfo): boolean =>
  kind.namespaced ? namespace !== undefined || name === undefined : namespace === undefined;

async function one(exchange: Exchange): Promise<void> {
  const { api, kind, info } = exchange;
  const entry = await getEntry(api, kind, info.namespace, info.name as string, info.query.get('resourceVersion') ?? undefined);
  answer(exchange, 200, { object: shown(kind, entry), entry });
}

async function create(exchange: Exchange): Promise<void> {
  const { api, kind, info } = exchange;
  if (info.name !== undefined || (kind.namespaced && info.namespace === undefined)) throw notAllowed();
  const options = optionsOf(exchange);
  const object = await objectIn(exchange, options);
  answer(exchange, 201, await createObject(api, kind, info.namespace, object, options));
}

async function review(exchange: Exchange, user: User): Promise<void> {
  const { api, kind, info } = exchange;
  if (info.name !== undefined || (kind.namespaced && info.namespace === undefined)) throw notAllowed();
  const object = await objectIn(exchange, writeOptions(info));
  if (negotiate(exchange.request.headers.accept).as !== 'object')
    throw new StatusError('NotAcceptable', `the resource ${kind.plural}.${kind.group} does not support being converted to a Table`);
  answer(exchange, 201, { object: await answerReview(kind, object, user, api), entry: undefined });
}

/** The route by which a request changes an object, where it is not the object's own. */
const routeOf = ({ subresource }: RequestInfo): { subresource: UpdateRoute | undefined } => ({
  subresource: subresource as UpdateRoute | undefined,
});

async function replace(exchange: Exchange): Promise<void> {
  const { api, kind, info } = exchange;
  if (info.name === undefined) throw notAllowed();
  const options = optionsOf(exchange);
  const object = await objectIn(exchange, options);
  const { name, namespace } = object.metadata;
  if (name && name !== info.name) throw badRequest(`the name of the object (${name}) does not match the name on the URL (${info.name})`);
  if (namespace && info.namespace && namespace !== info.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  try {
    answer(exchange, 200, await updateObject(api, kind, info.namespace, info.name, () => object, { ...options, ...routeOf(info) }));
  } catch (error) {
    // Who asks for a certain revision or object means one that is there.
    const mayCreate = kind.createOnUpdate && info.subresource === undefined && !object.metadata.resourceVersion && !object.metadata.uid;
    if (!mayCreate || !isReason(error, 'NotFound')) throw error;
    const named = { ...object, metadata: { ...object.metadata, name: info.name } };
    answer(exchange, 201, await createObject(api, kind, info.namespace, named, options));
  }
}

async function patch(exchange: Exchange): Promise<void> {
  const { api, kind, info, request } = exchange;
  if (info.name === undefined) throw notAllowed();
  if (isApply(request.headers['content-type'])) return apply(exchange);
  const type = patchTypeOf(request.headers['content-type']);
  const options = optionsOf(exchange);
  const body = readBody(await bodyOf(request), 'application/json', options.fieldValidation !== 'Ignore', messageFor);
  const change = (was: KubeObject): KubeObject => patchedObject(exchange, body, patched(kind, was, type, body.value), options);
  answer(exchange, 200, await updateObject(api, kind, info.namespace, info.name, change, { ...options, ...routeOf(info) }));
}

async function apply(exchange: Exchange): Promise<void> {
  const { api, kind, info, request, response } = exchange;
  const options = { ...applyOptions(info), ...routeOf(info), ...approvalOf(exchange) };
  const { config, faults } = readConfiguration(kind, await bodyOf(request), options.fieldValidation !== 'Ignore');
  if (faults.length > 0 && options.fieldValidation === 'Strict') throw badRequest(`error strict decoding YAML: ${faults.join(', ')}`);
  sendWarnings(response, faults);
  const written = await applyObject(api, kind, { namespace: info.namespace, name: info.name as string }, config, options);
  answer(exchange, written.created ? 201 : 200, written);
}

async function remove(exchange: Exchange): Promise<void> {
  const { api, kind, info, request, response } = exchange;
  const query = await deleteQuery(request, info);
  const deleted = await deleteObject(api, kind, info.namespace, info.name as string, query);
  // Who asked for the dependents to go as well, in the old way, is told when they have not yet.
  const code = !deleted.gone && query.orphanDependents === false ? 202 : 200;
  if (!deleted.gone || kind.returnsDeleted) return answer(exchange, code, deleted);
  const details = { name: info.name, ...(kind.group && { group: kind.group }), kind: kind.plural, uid: deleted.object.metadata.uid };
  sendObject(request, response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
}

async function removeMany({ api, kind, info, request, response }: Exchange): Promise<void> {
  if (kind.namespaced && info.namespace === undefined) throw notAllowed();
  const query = await deleteQuery(request, info);
  const page = await listPage(api, kind, listQuery(info));
  const items: KubeObject[] = [];
  for (const entry of page.entries) {
    const { namespace, name } = shown(kind, entry).metadata;
    try {
      items.push((await deleteObject(api, kind, namespace, name, query)).object);
    } catch (error) {
      // Somebody else was quicker: that is what we wanted.
      if (!isReason(error, 'NotFound')) throw error;
    }
  }
  const metadata = { resourceVersion: String(api.store.revision()) };
  sendObject(request, response, 200, { kind: `${kind.kind}List`, apiVersion: kind.apiVersion, metadata, items });
}

async function subresource(exchange: Exchange, connect: Readonly<Record<string, ConnectHandler>>): Promise<void> {
  const { api, kind, info, request, response } = exchange;
  const name = info.name as string;
  const asked = info.subresource as string;
  const handler = kind.resource === 'pods' && Object.hasOwn(connect, asked) ? connect[asked] : undefined;
  if (handler) return handler({ request, response, info, pod: shown(kind, await getEntry(api, kind, info.namespace, name)) });
  if ((asked === 'status' && hasStatus(kind)) || kind.parts?.some((it) => it.name === asked)) {
    if (info.verb === 'get') return one(exchange);
    if (info.verb === 'update') return replace(exchange);
    if (info.verb === 'patch') return patch(exchange);
    throw notAllowed();
  }
  if (asked === 'scale' && kind.scale) return scale(exchange);
  const act = actsOf[`${kind.resource}/${asked}`];
  if (!act) throw notServed();
  if (info.verb !== act) throw notAllowed();
  const options = optionsOf(exchange);
  const body = readBody(await bodyOf(request), request.headers['content-type'], false, messageFor).value;
  const done = await post(api, kind, { namespace: info.namespace, name }, asked, body, options);
  sendObject(request, response, act === 'create' ? 201 : 200, done);
}

/** Subresources that are acts, with the verb that does them. */
const actsOf: Readonly<Record<string, 'create' | 'update' | undefined>> = {
  'pods/binding': 'create',
  'pods/eviction': 'create',
  'serviceaccounts/token': 'create',
  'namespaces/finalize': 'update',
};

async function scale(exchange: Exchange): Promise<void> {
  const { api, kind, info, request, response } = exchange;
  const name = info.name as string;
  if (info.verb === 'get') {
    const object = shown(kind, await getEntry(api, kind, info.namespace, name));
    return sendObject(request, response, 200, scaleOf(kind, object));
  }
  if (info.verb !== 'update' && info.verb !== 'patch') throw notAllowed();
  if (info.verb === 'patch' && isApply(request.headers['content-type'])) {
    const { config } = readConfiguration(messages.scale, await bodyOf(request), false);
    const { object } = await applyScale(api, kind, { namespace: info.namespace, name }, config, applyOptions(info));
    return sendObject(request, response, 200, scaleOf(kind, object));
  }
  const type = info.verb === 'patch' ? patchTypeOf(request.headers['content-type']) : undefined;
  const options = optionsOf(exchange);
  const body = readBody(await bodyOf(request), type ? 'application/json' : request.headers['content-type'], false, messageFor);
  const change = (was: KubeObject): KubeObject => {
    if (!type) return scaled(kind, was, body.value);
    // Strategic and plain merge are the same for a Scale: it has no lists.
    const asked = patched(kind, scaleOf(kind, was), type === 'strategic' ? 'merge' : type, body.value);
    return inPatch(kind, body, () => scaled(kind, was, asked));
  };
  const written = await updateObject(api, kind, info.namespace, name, change, { ...options, subresource: 'scale' });
  sendObject(request, response, 200, scaleOf(kind, written.object));
}
