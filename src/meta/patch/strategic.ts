import { deepCopy, deepEqual } from '../copy.ts';
import { type Field, isScalar, type Message, messageOf } from '../schema/schema.ts';
import { badRequest } from '../status-error.ts';

type Json = Record<string, unknown>;
const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const orderPrefix = '$setElementOrder/';
const removePrefix = '$deleteFromPrimitiveList/';

export type StrategicOptions = {
  /** In merged lists the patch's items come before all others, as kustomize has it. In the API server those that it does not name stay before what stood behind them. */
  patchedFirst?: boolean;
};

/**
 * Strategic merge patch: a merge patch that knows, from the message, which lists are merged by which key.
 * Directives: $patch (replace, delete, merge), $retainKeys, $setElementOrder/<list>, $deleteFromPrimitiveList/<list>.
 * The document stays as it is. (Rules: kubernetes/community, strategic-merge-patch.md; where that is silent, as
 * apimachinery's strategicpatch does: what is not in the document yet is taken as the patch has it, unmerged, and items of a
 * merged list that the document does not have come before the first item they are not told to follow.)
 */
export function applyStrategicPatch(messageName: string, document: unknown, patch: unknown, options: StrategicOptions = {}): unknown {
  if (!isRecord(patch)) throw badRequest('error decoding patch: the patch must be an object');
  return mergeObject(messageOf(messageName), isRecord(document) ? document : {}, patch, options);
}

/** Without a message every list is replaced and every object merged: a map, or a value whose form is not known. */
function mergeObject(message: Message | undefined, current: Json, patch: Json, options: StrategicOptions): Json {
  const directive = patch.$patch;
  if (directive === 'replace') return without(patch, '$patch');
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge')
    throw badRequest(`unknown patch type: ${String(directive)} in map: ${JSON.stringify(patch)}`);
  const result = retained(current, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$') || key === '__proto__') continue;
    if (value === null) delete result[key];
    else set(result, key, mergeField(message?.fields.get(key), Object.hasOwn(result, key) ? result[key] : undefined, value, options));
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(removePrefix)) removePrimitives(result, key.slice(removePrefix.length), value);
    if (key.startsWith(orderPrefix)) order(message, { current, result, patch }, key.slice(orderPrefix.length), value);
  }
  return result;
}

/** What of the current object stays: all of it, or what $retainKeys names, which must name everything the patch sets. */
function retained(current: Json, patch: Json): Json {
  const keys = patch.$retainKeys;
  if (keys === undefined) return { ...current };
  const isKept = (key: string): boolean => Array.isArray(keys) && keys.includes(key);
  const set = Object.keys(patch).filter((key) => !key.startsWith('$') && patch[key] !== null);
  if (!Array.isArray(keys) || !set.every(isKept)) throw badRequest('invalid patch format of retainKeys');
  return Object.fromEntries(Object.entries(current).filter(([key]) => isKept(key)));
}

function mergeField(field: Field | undefined, current: unknown, value: unknown, options: StrategicOptions): unknown {
  if (Array.isArray(value) && Array.isArray(current) && field?.list && field.strategies.includes('merge'))
    return mergeList(field, current, value, options);
  if (isRecord(value) && isRecord(current)) {
    const message = field && !field.map && !isScalar(field.type) ? messageOf(field.type) : undefined;
    return mergeObject(message, current, value, options);
  }
  return asGiven(value);
}

/** A value that has nothing to be merged with: whatever in it bears a directive is left out, as is what it sets to null. */
function asGiven(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((it) => !isDirective(it)).map(asGiven);
  if (!isRecord(value)) return value;
  if (isDirective(value)) return undefined;
  const kept = Object.entries(value).filter(([key, it]) => it !== null && !key.startsWith('$') && !isDirective(it));
  return Object.fromEntries(kept.map(([key, it]) => [key, asGiven(it)]));
}

const isDirective = (value: unknown): boolean => isRecord(value) && value.$patch !== undefined;

function mergeList(field: Field, current: unknown[], patch: unknown[], options: StrategicOptions): unknown[] {
  if (isScalar(field.type)) {
    const merged = [...current, ...patch].filter((it, at, all) => all.indexOf(it) === at);
    return arranged(merged, { patch, server: current }, (it) => it, options);
  }
  const mergeKey = field.mergeKey;
  if (!mergeKey) throw badRequest('no merge key is known for a merged list');
  const told = patch.filter((it) => !isDirective(it));
  const directives = patch.filter((it): it is Json => isRecord(it) && isDirective(it));
  const unknown = directives.find((it) => it.$patch !== 'delete' && it.$patch !== 'replace');
  if (unknown) throw badRequest(`unknown patch type: ${String(unknown.$patch)} in map: ${JSON.stringify(unknown)}`);
  if (directives.some((it) => it.$patch === 'replace')) return told.map(asGiven);
  const idOf = (it: unknown): unknown => (isRecord(it) ? it[mergeKey] : undefined);
  for (const item of patch) {
    if (!isRecord(item)) throw badRequest('expected an object in a merged list');
    if (idOf(item) === undefined) throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
  }
  const server = current.filter((it) => !directives.some((gone) => deepEqual(idOf(gone), idOf(it))));
  const merged = [...server];
  for (const item of told as Json[]) {
    const at = merged.findIndex((it) => deepEqual(idOf(it), idOf(item)));
    if (at < 0) merged.push(asGiven(item));
    else merged[at] = mergeObject(messageOf(field.type), merged[at] as Json, item, options);
  }
  return arranged(merged, { patch: told, server }, idOf, options);
}

/** What the patch names, in its order, and between it what only the server has, each before the first that stood behind it. */
function arranged(
  merged: unknown[],
  orders: { patch: unknown[]; server: unknown[] },
  idOf: (item: unknown) => unknown,
  options: StrategicOptions,
): unknown[] {
  const rank = (list: unknown[], item: unknown): number => list.findIndex((it) => deepEqual(idOf(it), idOf(item)));
  const ranked = merged.map((item) => ({ item, patch: rank(orders.patch, item), server: rank(orders.server, item) }));
  const named = ranked.filter((it) => it.patch >= 0).sort((a, b) => a.patch - b.patch);
  const others = ranked.filter((it) => it.patch < 0).sort((a, b) => a.server - b.server);
  const result: unknown[] = [];
  let next = 0;
  for (const it of named) {
    while (!options.patchedFirst && next < others.length && (others[next]?.server as number) < it.server) {
      result.push(others[next]?.item);
      next += 1;
    }
    result.push(it.item);
  }
  return [...result, ...others.slice(next).map((it) => it.item)];
}

function removePrimitives(result: Json, key: string, values: unknown): void {
  const list = result[key];
  if (!Array.isArray(list) || !Array.isArray(values)) return;
  result[key] = list.filter((it) => !values.includes(it));
}

/** $setElementOrder: the order of a merged list, told whole, against that of the document. */
function order(message: Message | undefined, lists: { current: Json; result: Json; patch: Json }, key: string, wanted: unknown): void {
  const list = lists.result[key];
  const field = message?.fields.get(key);
  if (!Array.isArray(wanted)) throw badRequest('invalid patch format of setElementOrder list');
  if (!Array.isArray(list) || !field) return;
  const idOf = (it: unknown): unknown => (field.mergeKey && isRecord(it) ? it[field.mergeKey] : it);
  checkOrder(lists.patch[key], wanted, idOf);
  const server = lists.current[key];
  lists.result[key] = arranged(list, { patch: wanted, server: Array.isArray(server) ? server : [] }, idOf, {});
}

/** The order must name the items of the patch, in their order. */
function checkOrder(patched: unknown, wanted: unknown[], idOf: (item: unknown) => unknown): void {
  if (!Array.isArray(patched) || wanted.length === 0) return;
  const items = patched.filter((it) => !isDirective(it));
  let next = 0;
  for (const it of wanted) if (next < items.length && deepEqual(idOf(it), idOf(items[next]))) next += 1;
  if (next === items.length) return;
  const told = `${JSON.stringify(patched)}\n doesn't match $setElementOrder list:\n${JSON.stringify(wanted)}`;
  throw badRequest(`The order in patch list:\n${told}\n`);
}

function set(result: Json, key: string, value: unknown): void {
  if (value === undefined) delete result[key];
  else result[key] = value;
}

const without = (value: Json, key: string): Json => {
  const { [key]: _, ...rest } = value;
  return deepCopy(rest);
};
