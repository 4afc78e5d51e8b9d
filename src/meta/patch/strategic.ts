import { deepCopy, deepEqual } from '../copy.ts';
import { type Field, isScalar, type Message, messageOf, singles } from '../schema/schema.ts';
import { badRequest } from '../status-error.ts';
import { applyMergePatch } from './merge.ts';

type Json = Record<string, unknown>;
const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const orderPrefix = '$setElementOrder/';
const removePrefix = '$deleteFromPrimitiveList/';

export type StrategicOptions = {
  /** In merged lists the patch's items come first, in its order, as kustomize has it. The API server adds new ones behind. */
  patchedFirst?: boolean;
};

/**
 * Strategic merge patch: a merge patch that knows, from the message, which lists are merged by which key.
 * Directives: $patch (replace, delete, merge), $retainKeys, $setElementOrder/<list>, $deleteFromPrimitiveList/<list>.
 * The document stays as it is. (Rules: kubernetes/community, strategic-merge-patch.md.)
 */
export function applyStrategicPatch(messageName: string, document: unknown, patch: unknown, options: StrategicOptions = {}): unknown {
  if (!isRecord(patch)) throw badRequest('error decoding patch: the patch must be an object');
  return mergeObject(messageOf(messageName), isRecord(document) ? document : {}, patch, options);
}

function mergeObject(message: Message | undefined, current: Json, patch: Json, options: StrategicOptions): unknown {
  if (!message) return applyMergePatch(current, patch);
  const directive = patch.$patch;
  if (directive === 'replace') return without(patch, '$patch');
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw badRequest(`Unknown type of directive in map: ${String(directive)}`);
  const result: Json = { ...current };
  if (Array.isArray(patch.$retainKeys)) {
    for (const key of Object.keys(result)) if (!patch.$retainKeys.includes(key)) delete result[key];
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$') || key === '__proto__') continue;
    if (value === null) delete result[key];
    else result[key] = mergeField(message.fields.get(key), Object.hasOwn(result, key) ? result[key] : undefined, value, options);
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(removePrefix)) removePrimitives(result, key.slice(removePrefix.length), value);
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(orderPrefix)) sortList(message, result, key.slice(orderPrefix.length), value);
  }
  return result;
}

function mergeField(field: Field | undefined, current: unknown, value: unknown, options: StrategicOptions): unknown {
  if (Array.isArray(value)) {
    if (!field?.list || !field.strategies.includes('merge')) return withoutDirectives(value);
    return mergeList(field, Array.isArray(current) ? current : [], value, options);
  }
  if (!isRecord(value)) return value;
  if (field?.map || !field) return value.$patch === 'replace' ? without(value, '$patch') : applyMergePatch(current, value);
  const plain = isScalar(field.type) || singles[field.type] !== undefined;
  if (plain) return applyMergePatch(current, value);
  return mergeObject(messageOf(field.type), isRecord(current) ? current : {}, value, options);
}

function mergeList(field: Field, current: unknown[], patch: unknown[], options: StrategicOptions): unknown[] {
  if (isScalar(field.type)) {
    const [first, then] = options.patchedFirst ? [patch, current] : [current, patch];
    return [...first, ...then.filter((it) => !first.some((have) => deepEqual(have, it)))];
  }
  const mergeKey = field.mergeKey;
  if (!mergeKey) throw badRequest('no merge key is known for a merged list');
  if (patch.some((it) => isRecord(it) && it.$patch === 'replace')) {
    return patch.filter((it) => !(isRecord(it) && it.$patch === 'replace')).map(deepCopy);
  }
  let result = [...current];
  for (const item of patch) {
    if (!isRecord(item)) throw badRequest('expected an object in a merged list');
    const id = item[mergeKey];
    if (id === undefined) throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
    const same = (it: unknown): boolean => isRecord(it) && deepEqual(it[mergeKey], id);
    if (item.$patch === 'delete') {
      result = result.filter((it) => !same(it));
      continue;
    }
    const at = result.findIndex(same);
    const merged = mergeObject(messageOf(field.type), at >= 0 ? (result[at] as Json) : {}, item, options);
    if (at >= 0) result[at] = merged;
    else result.push(merged);
  }
  if (!options.patchedFirst) return result;
  const rankOf = (it: unknown): number => {
    const rank = patch.findIndex((other) => isRecord(it) && isRecord(other) && deepEqual(it[mergeKey], other[mergeKey]));
    return rank < 0 ? patch.length : rank;
  };
  return result.sort((a, b) => rankOf(a) - rankOf(b));
}

function removePrimitives(result: Json, key: string, values: unknown): void {
  const list = result[key];
  if (!Array.isArray(list) || !Array.isArray(values)) return;
  result[key] = list.filter((it) => !values.includes(it));
}

/** Items the order names come in that order; what the server has besides keeps its place behind its neighbour. */
function sortList(message: Message, result: Json, key: string, order: unknown): void {
  const list = result[key];
  const field = message.fields.get(key);
  if (!Array.isArray(list) || !Array.isArray(order) || !field) return;
  const idOf = (it: unknown): unknown => (field.mergeKey && isRecord(it) ? it[field.mergeKey] : it);
  const ranks = order.map(idOf);
  let last = -1;
  const ranked = list.map((item, place) => {
    const rank = ranks.findIndex((it) => deepEqual(it, idOf(item)));
    if (rank >= 0) last = rank;
    return { item, place, rank: rank >= 0 ? rank : last + 0.5 };
  });
  result[key] = ranked.sort((a, b) => a.rank - b.rank || a.place - b.place).map((it) => it.item);
}

const without = (value: Json, key: string): Json => {
  const { [key]: _, ...rest } = value;
  return deepCopy(rest);
};

function withoutDirectives(list: unknown[]): unknown[] {
  return list.filter((it) => !(isRecord(it) && '$patch' in it)).map(deepCopy);
}
