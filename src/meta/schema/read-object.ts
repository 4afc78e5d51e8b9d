import { canonicalQuantity, isQuantity } from '../quantity.ts';
import { badRequest } from '../status-error.ts';
import { type Field, isScalar, isWholeObject, type Message, messageOf, singles } from './schema.ts';

/** Deeper than any object of the API goes; a body that goes further is refused before the stack ends. */
const deepest = 200;

type Walk = { kind: string; apiVersion: string; unknown: string[] };

/**
 * Reads an untrusted value as the message of a kind: what is unknown is left out and named, nulls are left out,
 * quantities are brought to canonical form. A value of a wrong type is a BadRequest, worded as Go's decoder does.
 * The result shares nothing with `raw`, and a key such as `__proto__` is nothing but data.
 */
export function readObject<T = Record<string, unknown>>(
  kind: { kind: string; apiVersion: string; version: string; message: string },
  raw: unknown,
): { object: T; unknown: string[] } {
  const message = messageOf(kind.message);
  if (!message) throw new Error(`no message ${kind.message} in the facts file`);
  const walk: Walk = { kind: kind.kind, apiVersion: kind.version, unknown: [] };
  if (!isRecord(raw)) throw mistyped(walk, shapeOf(raw), 'Go value', '', `v1.${kind.kind}`);
  const { apiVersion, kind: _, ...rest } = raw;
  const object = readMessage(walk, message, rest, '', '', 0);
  return { object: { kind: kind.kind, apiVersion: kind.apiVersion, ...object } as T, unknown: walk.unknown };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else target[key] = value;
}

/** `path` has list indices and is for people; `goPath` has none and is for Go's wording. */
function readMessage(
  walk: Walk,
  message: Message,
  raw: Record<string, unknown>,
  path: string,
  goPath: string,
  depth: number,
): Record<string, unknown> {
  if (depth > deepest) throw badRequest('exceeded max depth');
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(raw)) {
    const field = message.fields.get(key) ?? (isWholeObject(message) ? identity.get(key) : undefined);
    const here = path ? `${path}.${key}` : key;
    if (!field) {
      walk.unknown.push(here);
      continue;
    }
    const value = raw[key];
    if (value === null || value === undefined) continue;
    const read = readField(walk, message, field, value, here, goPath ? `${goPath}.${key}` : key, depth);
    if (read !== undefined && (here === forgetting || !isLeftOut(field, read))) put(result, key, read);
  }
  return result;
}

/** What a whole object says of itself. No protobuf message has it: there it stands outside. */
const identity: ReadonlyMap<string, Field> = new Map(
  ['apiVersion', 'kind'].map((name) => [
    name,
    { name, number: 0, type: 'string', list: false, map: false, required: false, pointer: false, strategies: [] },
  ]),
);

/** An empty list of these is an order: to forget who owns what. */
const forgetting = 'metadata.managedFields';

/** Go writes no empty list or map, unless the field is one that must be there. */
const isLeftOut = ({ list, map, required }: Field, value: unknown): boolean =>
  (list || map) && !required && Object.keys(value as object).length === 0;

function readField(walk: Walk, message: Message, field: Field, value: unknown, path: string, goPath: string, depth: number): unknown {
  const one = (item: unknown, itemPath: string): unknown => readValue(walk, message, field.type, item, itemPath, goPath, depth + 1);
  if (field.map) {
    if (!isRecord(value)) throw mistyped(walk, shapeOf(value), shortName(message), goPath, `map[string]${goType(field.type)}`);
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      // A null in a map of strings is an empty string to Go.
      put(result, key, value[key] === null && field.type === 'string' ? '' : one(value[key], `${path}.${key}`));
    }
    return result;
  }
  if (field.list) {
    if (!Array.isArray(value)) throw mistyped(walk, shapeOf(value), shortName(message), goPath, `[]${goType(field.type)}`);
    return value.map((item, i) => one(item === null && field.type === 'string' ? '' : item, `${path}[${i}]`));
  }
  return one(value, path);
}

function readValue(walk: Walk, parent: Message, type: string, value: unknown, path: string, goPath: string, depth: number): unknown {
  const wrong = (): never => {
    throw mistyped(walk, shapeOf(value), shortName(parent), goPath, goType(type));
  };
  if (isScalar(type)) return readScalar(type, value, wrong);
  switch (singles[type]) {
    case 'any':
      if (depth > deepest) throw badRequest('exceeded max depth');
      return copyAny(value, depth);
    case 'quantity': {
      const text = typeof value === 'number' ? String(value) : value;
      if (!isQuantity(text)) {
        throw unreadable(walk, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
      }
      return canonicalQuantity(text);
    }
    case 'intOrString':
      if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31)) return value;
      return wrong();
    case 'time':
    case 'microTime': {
      if (typeof value !== 'string') return wrong();
      const at = Date.parse(value);
      if (Number.isNaN(at) || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)) {
        throw unreadable(
          walk,
          `parsing time ${JSON.stringify(JSON.stringify(value))} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(value)} as "2006"`,
        );
      }
      if (singles[type] === 'time') return `${new Date(at).toISOString().slice(0, 19)}Z`;
      return `${new Date(at).toISOString().slice(0, 19)}.${(/\.(\d+)/.exec(value)?.[1] ?? '').padEnd(6, '0').slice(0, 6)}Z`;
    }
    case 'duration':
      return typeof value === 'string' ? value : wrong();
    case undefined:
  }
  const message = messageOf(type);
  if (!message) throw new Error(`no message ${type} in the facts file`);
  if (message.plainList) {
    const item = message.fields.get('items');
    return item ? readField(walk, message, item, value, path, goPath, depth) : wrong();
  }
  if (value === null) return {};
  if (!isRecord(value)) return wrong();
  return readMessage(walk, message, value, path, goPath, depth);
}

function readScalar(type: string, value: unknown, wrong: () => never): unknown {
  switch (type) {
    case 'bool':
      return typeof value === 'boolean' ? value : wrong();
    case 'int32':
      return typeof value === 'number' && Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31 ? value : wrong();
    case 'int64':
      return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? value : wrong();
    case 'double':
      return typeof value === 'number' ? value : wrong();
    case 'bytes':
      return typeof value === 'string' && /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value) && value.replace(/\s/g, '').length % 4 === 0
        ? value.replace(/\s/g, '')
        : wrong();
    default:
      return typeof value === 'string' ? value : wrong();
  }
}

function copyAny(value: unknown, depth: number): unknown {
  if (depth > deepest) throw badRequest('exceeded max depth');
  if (Array.isArray(value)) return value.map((it) => copyAny(it, depth + 1));
  if (!isRecord(value)) return value;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) put(result, key, copyAny(value[key], depth + 1));
  return result;
}

const shortName = (message: Message): string => message.name.slice(message.name.lastIndexOf('.') + 1);

/** How Go names the type in its errors. */
function goType(type: string): string {
  if (type === 'double') return 'float64';
  if (type === 'bytes') return '[]uint8';
  if (isScalar(type)) return type;
  return type.slice(type.lastIndexOf('/') + 1);
}

/** What encoding/json calls a value it did not expect. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? 'number' : `number ${value}`;
  return typeof value;
}

const unreadable = (walk: Walk, why: string): Error =>
  badRequest(`${walk.kind} in version ${JSON.stringify(walk.apiVersion)} cannot be handled as a ${walk.kind}: ${why}`);

const mistyped = (walk: Walk, shape: string, struct: string, goPath: string, type: string): Error =>
  unreadable(walk, `json: cannot unmarshal ${shape} into Go ${goPath ? `struct field ${struct}.${goPath}` : 'value'} of type ${type}`);
