import { badRequest } from '../status-error.ts';
import { isScalar, type Message, messageOf, singles } from './schema.ts';

/** The first bytes of every Kubernetes protobuf body. */
const magic = Buffer.from('k8s\0');
const deepest = 100;

/** A cursor over wire-format bytes. Every read past the end fails. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw broken();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw broken();
  }
  chunk(length = Number(this.varint())): Buffer {
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) throw broken();
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.chunk(8);
    else if (wireType === 2) this.chunk();
    else if (wireType === 5) this.chunk(4);
    else throw broken();
  }
}

const broken = (): Error => badRequest('the body is not valid protobuf');
const signed = (value: bigint): number => Number(BigInt.asIntN(64, value));

/** Undoes the envelope: what kind it says it is, and the object in its JSON form. */
export function decodeProtobuf(
  body: Uint8Array,
  messageFor: (apiVersion: string, kind: string) => string | undefined,
): { apiVersion: string; kind: string; object: Record<string, unknown> } {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!bytes.subarray(0, 4).equals(magic)) {
    throw badRequest('the body is not in protobuf form: it must begin with the bytes 6b 38 73 00');
  }
  const unknown = decodeMessage('runtime.Unknown', bytes.subarray(4), 0) as {
    typeMeta?: { apiVersion?: string; kind?: string };
    raw?: string;
  };
  const { apiVersion = '', kind = '' } = unknown.typeMeta ?? {};
  const message = messageFor(apiVersion, kind);
  if (!message) throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  const object = decodeMessage(message, Buffer.from(unknown.raw ?? '', 'base64'), 0) as Record<string, unknown>;
  return { apiVersion, kind, object: { ...object, apiVersion, kind } };
}

/** The JSON form of one message's bytes. */
function decodeMessage(name: string, bytes: Buffer, depth: number): unknown {
  if (depth > deepest) throw badRequest('exceeded max depth');
  const single = singles[name];
  if (single) return decodeSingle(name, single, bytes);
  const message = messageOf(name);
  if (!message) throw broken();
  const result: Record<string, unknown> = {};
  decodeFields(message, bytes, result, depth);
  return message.plainList ? (result.items ?? []) : result;
}

function decodeFields(message: Message, bytes: Buffer, result: Record<string, unknown>, depth: number): void {
  const reader = new Reader(bytes);
  while (!reader.done) {
    const tag = Number(reader.varint());
    const found = message.wire.get(tag >>> 3);
    const wireType = tag & 7;
    if (!found) {
      reader.skip(wireType);
      continue;
    }
    const { field, inline } = found;
    if (inline) {
      const inner = messageOf(field.type);
      if (!inner) throw broken();
      decodeFields(inner, reader.chunk(), result, depth + 1);
    } else if (field.map) {
      const [key, value] = decodePair(field.type, reader.chunk(), depth + 1);
      result[field.name] ??= Object.create(null);
      (result[field.name] as Record<string, unknown>)[key] = value;
    } else if (field.list) {
      result[field.name] ??= [];
      const list = result[field.name] as unknown[];
      // Packed scalars come as one chunk.
      if (wireType === 2 && ['int32', 'int64', 'bool'].includes(field.type)) {
        const packed = new Reader(reader.chunk());
        while (!packed.done) list.push(field.type === 'bool' ? packed.varint() !== 0n : signed(packed.varint()));
      } else list.push(decodeValue(field.type, wireType, reader, depth + 1));
    } else {
      const value = decodeValue(field.type, wireType, reader, depth + 1);
      // Go writes zeros of plain fields too; in JSON they would be left out.
      const isZero = value === 0 || value === '' || value === false || value === undefined || value === null;
      if (isZero && !field.pointer && !field.required) continue;
      if (value !== undefined && value !== null) result[field.name] = value;
    }
  }
}

function decodePair(type: string, bytes: Buffer, depth: number): [string, unknown] {
  const reader = new Reader(bytes);
  let key = '';
  let value: unknown = isScalar(type) ? (type === 'string' || type === 'bytes' ? '' : 0) : undefined;
  while (!reader.done) {
    const tag = Number(reader.varint());
    if (tag >>> 3 === 1) key = reader.chunk().toString();
    else if (tag >>> 3 === 2) value = decodeValue(type, tag & 7, reader, depth);
    else reader.skip(tag & 7);
  }
  return [key, value];
}

function decodeValue(type: string, wireType: number, reader: Reader, depth: number): unknown {
  switch (type) {
    case 'string':
      return reader.chunk().toString();
    case 'bytes':
      return reader.chunk().toString('base64');
    case 'bool':
      if (wireType !== 0) throw broken();
      return reader.varint() !== 0n;
    case 'int32':
    case 'int64':
      if (wireType !== 0) throw broken();
      return signed(reader.varint());
    case 'double':
      return reader.chunk(8).readDoubleLE(0);
    default:
      if (wireType !== 2) throw broken();
      return decodeMessage(type, reader.chunk(), depth);
  }
}

/** Numbered fields of a small message, as raw values. */
function rawFields(bytes: Buffer): Map<number, bigint | Buffer> {
  const reader = new Reader(bytes);
  const fields = new Map<number, bigint | Buffer>();
  while (!reader.done) {
    const tag = Number(reader.varint());
    if ((tag & 7) === 0) fields.set(tag >>> 3, reader.varint());
    else if ((tag & 7) === 2) fields.set(tag >>> 3, reader.chunk());
    else reader.skip(tag & 7);
  }
  return fields;
}

function decodeSingle(name: string, single: string, bytes: Buffer): unknown {
  const fields = rawFields(bytes);
  const number = (n: number): number => (typeof fields.get(n) === 'bigint' ? signed(fields.get(n) as bigint) : 0);
  const text = (n: number): string => (Buffer.isBuffer(fields.get(n)) ? (fields.get(n) as Buffer).toString() : '');
  switch (single) {
    case 'time':
    case 'microTime': {
      // The zero time of Go is "not set".
      if (fields.size === 0 || number(1) === -62_135_596_800) return undefined;
      const at = new Date(number(1) * 1000);
      if (Number.isNaN(at.getTime())) throw broken();
      const seconds = at.toISOString().slice(0, 19);
      return single === 'time' ? `${seconds}Z` : `${seconds}.${String(Math.floor(number(2) / 1000)).padStart(6, '0')}Z`;
    }
    case 'duration':
      return `${number(1) / 1e9}s`;
    case 'quantity':
      return text(1) || '0';
    case 'intOrString':
      return number(1) === 1 ? text(3) : number(2);
    default: {
      const raw = name === 'meta/v1.FieldsV1' || name.startsWith('runtime.') || name.startsWith('apiextensions/') ? text(1) : '';
      if (raw === '') return undefined;
      try {
        return JSON.parse(raw) as unknown;
      } catch (cause) {
        throw badRequest('the body holds raw JSON that cannot be read', cause);
      }
    }
  }
}
