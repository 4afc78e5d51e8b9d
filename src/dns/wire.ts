import { bytesOfIPv6 } from './addresses.ts';
import type { RecordData, ResourceRecord } from './records.ts';

export const rcode = { noError: 0, formErr: 1, servFail: 2, nxDomain: 3, notImp: 4, refused: 5, badVers: 16 } as const;

export const headerBytes = 12;
const typeNumbers: Record<RecordData['type'], number> = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 };
const optType = 41;
const flag = { response: 0x8000, authoritative: 0x0400, truncated: 0x0200, recursionDesired: 0x0100, recursionAvailable: 0x0080 };

export type Response = {
  code: number;
  isAuthoritative: boolean;
  answers: readonly ResourceRecord[];
  authorities: readonly ResourceRecord[];
  additionals: readonly ResourceRecord[];
};

/** The end of a name; undefined when the message ends first. */
function skipName(message: Buffer, at: number): number | undefined {
  let i = at;
  while (i < message.length) {
    const length = message[i] as number;
    if (length === 0) return i + 1;
    if ((length & 0xc0) === 0xc0) return i + 2;
    if ((length & 0xc0) !== 0) return undefined;
    i += length + 1;
  }
  return undefined;
}

/** Where the one question of a message ends. */
export function questionEnd(message: Buffer): number | undefined {
  const end = skipName(message, headerBytes);
  return end !== undefined && end + 4 <= message.length ? end + 4 : undefined;
}

/** The question as text that is equal for equal questions: letters of the name do not differ by case, all else does. */
export function questionText(message: Buffer): string | undefined {
  const end = questionEnd(message);
  if (end === undefined) return undefined;
  const name = message.toString('latin1', headerBytes, end - 4).replace(/[A-Z]/g, (it) => it.toLowerCase());
  return name + message.toString('latin1', end - 4, end);
}

/** A record of a message as far as a cache has to know it. */
export type RecordPlace = { type: number; ttlAt: number; ttl: number; end: number };

/** All records but OPT, which has flags in place of a lifetime; undefined when the message is damaged. */
export function recordPlaces(message: Buffer): RecordPlace[] | undefined {
  const found: RecordPlace[] = [];
  let at = questionEnd(message);
  if (at === undefined) return undefined;
  const count = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  for (let i = 0; i < count; i++) {
    const end = skipName(message, at);
    if (end === undefined || end + 10 > message.length) return undefined;
    const type = message.readUInt16BE(end);
    at = end + 10 + message.readUInt16BE(end + 8);
    if (at > message.length) return undefined;
    if (type !== optType) found.push({ type, ttlAt: end + 4, ttl: message.readUInt32BE(end + 4), end: at });
  }
  return found;
}

/** An answer without records: the question as it was, if it can be read, and a code. */
export function emptyResponse(query: Buffer, code: number, isTruncated = false): Buffer {
  const end = query.readUInt16BE(4) === 1 ? questionEnd(query) : undefined;
  const response = Buffer.from(query.subarray(0, end ?? headerBytes));
  response.writeUInt16BE(responseFlags(query, code, isTruncated ? flag.truncated : 0), 2);
  response.writeUInt16BE(end === undefined ? 0 : 1, 4);
  response.fill(0, 6, headerBytes);
  return response;
}

const responseFlags = (query: Buffer, code: number, more: number): number =>
  (query.readUInt16BE(2) & (0x7800 | flag.recursionDesired)) | flag.response | flag.recursionAvailable | more | (code & 0xf);

/** Whether the query offers EDNS, and so wants it back. */
type Edns = { udpBytes: number } | undefined;

/**
 * Writes an answer of at most `most` bytes. What does not fit goes in this order: additionals, then answers from the end,
 * which is said by the truncation bit.
 */
export function writeResponse(query: Buffer, response: Response, edns: Edns, most: number): Buffer {
  const whole = write(query, response, edns, false);
  if (whole.length <= most) return whole;
  const lean = { ...response, additionals: [] };
  const bare = write(query, lean, edns, false);
  // Nothing is missing then: what additionals say can be asked for.
  if (bare.length <= most && response.additionals.length > 0) return bare;
  let [least, limit] = [0, response.answers.length];
  while (least < limit) {
    const middle = Math.ceil((least + limit) / 2);
    if (write(query, { ...lean, answers: lean.answers.slice(0, middle) }, edns, true).length <= most) least = middle;
    else limit = middle - 1;
  }
  return write(query, { ...lean, answers: lean.answers.slice(0, least) }, edns, true);
}

function write(
  query: Buffer,
  { code, isAuthoritative, answers, authorities, additionals }: Response,
  edns: Edns,
  isTruncated: boolean,
): Buffer {
  const end = questionEnd(query) ?? headerBytes;
  const writer = new Writer(query.subarray(0, end));
  const more = (isAuthoritative ? flag.authoritative : 0) | (isTruncated ? flag.truncated : 0);
  writer.patch(2, responseFlags(query, code, more));
  writer.patch(4, 1);
  writer.patch(6, answers.length);
  writer.patch(8, authorities.length);
  writer.patch(10, additionals.length + (edns ? 1 : 0));
  for (const it of [...answers, ...authorities, ...additionals]) writer.record(it);
  if (edns) writer.bytes([0, 0, optType, edns.udpBytes >> 8, edns.udpBytes & 0xff, code >> 4, 0, 0, 0, 0, 0]);
  return writer.done();
}

class Writer {
  #buffer = Buffer.alloc(1024);
  #at: number;
  /** Where names already stand, in lower case: they are pointed at instead of being written again (RFC 1035, 4.1.4). */
  readonly #names = new Map<string, number>();

  constructor(start: Buffer) {
    this.#at = 0;
    this.bytes(start);
    const labels: Array<{ label: string; at: number }> = [];
    for (let i = headerBytes; i < start.length && start[i] !== 0; i += (start[i] as number) + 1) {
      const length = start[i] as number;
      if ((length & 0xc0) !== 0) return;
      labels.push({ label: start.toString('latin1', i + 1, i + 1 + length).toLowerCase(), at: i });
    }
    for (const [i, { at }] of labels.entries()) {
      const rest = labels
        .slice(i)
        .map((it) => it.label)
        .join('.');
      if (!this.#names.has(rest)) this.#names.set(rest, at);
    }
  }

  patch(at: number, value: number): void {
    this.#buffer.writeUInt16BE(value, at);
  }

  bytes(bytes: Iterable<number>): void {
    const chunk = Uint8Array.from(bytes);
    this.#room(chunk.length);
    this.#buffer.set(chunk, this.#at);
    this.#at += chunk.length;
  }

  record(it: ResourceRecord): void {
    this.#name(it.name, true);
    this.#u16(typeNumbers[it.type]);
    this.#u16(1);
    this.#u32(it.ttl);
    const lengthAt = this.#at;
    this.#u16(0);
    this.#data(it);
    this.#buffer.writeUInt16BE(this.#at - lengthAt - 2, lengthAt);
  }

  done(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  #data(it: RecordData): void {
    switch (it.type) {
      case 'A':
        this.bytes(it.address.split('.').map(Number));
        return;
      case 'AAAA':
        this.bytes(bytesOfIPv6(it.address) ?? []);
        return;
      case 'CNAME':
      case 'NS':
      case 'PTR':
        this.#name(it.target, true);
        return;
      case 'SRV':
        for (const value of [it.priority, it.weight, it.port]) this.#u16(value);
        // Not every resolver follows a pointer here (RFC 2782).
        this.#name(it.target, false);
        return;
      case 'TXT':
        this.bytes([Buffer.byteLength(it.text), ...Buffer.from(it.text)]);
        return;
      case 'SOA':
        this.#name(it.mname, true);
        this.#name(it.rname, true);
        for (const value of [it.serial, it.refresh, it.retry, it.expire, it.minimum]) this.#u32(value);
    }
  }

  #name(name: string, mayPoint: boolean): void {
    let rest = name.replace(/\.$/, '');
    while (rest !== '') {
      const key = rest.toLowerCase();
      const known = this.#names.get(key);
      if (known !== undefined && mayPoint) {
        this.#u16(0xc000 | known);
        return;
      }
      if (known === undefined && this.#at < 0x4000) this.#names.set(key, this.#at);
      const dot = rest.indexOf('.');
      const label = Buffer.from(dot < 0 ? rest : rest.slice(0, dot), 'latin1');
      if (label.length === 0 || label.length > 63) throw new RangeError(`${JSON.stringify(name)} is no domain name`);
      this.bytes([label.length, ...label]);
      rest = dot < 0 ? '' : rest.slice(dot + 1);
    }
    this.bytes([0]);
  }

  #u16(value: number): void {
    this.bytes([value >> 8, value & 0xff]);
  }

  #u32(value: number): void {
    this.#u16(Math.floor(value / 0x10000) & 0xffff);
    this.#u16(value & 0xffff);
  }

  #room(more: number): void {
    if (this.#at + more <= this.#buffer.length) return;
    const larger = Buffer.alloc(Math.max(this.#buffer.length * 2, this.#at + more));
    larger.set(this.#buffer.subarray(0, this.#at));
    this.#buffer = larger;
  }
}
