import type { Change, Entry, Revision } from '../store.ts';

/**
 * How one change stands on disk, under its revision:
 * type (1) | created (8) | previous revision, 0 for none (8) | key length (2) | key | value.
 * Numbers are big-endian, so that byte order is number order.
 */
export type Record = { type: 'put' | 'delete'; created: Revision; previous: Revision; key: string; value: Uint8Array };

const headLength = 19;

export function encodeRecord(change: Change): Buffer {
  const key = Buffer.from(change.type === 'put' ? change.entry.key : change.previous.key);
  const value = change.type === 'put' ? change.entry.value : new Uint8Array();
  const bytes = Buffer.allocUnsafe(headLength + key.length + value.length);
  bytes[0] = change.type === 'put' ? 1 : 0;
  bytes.writeBigUInt64BE(BigInt(change.type === 'put' ? change.entry.created : change.previous.created), 1);
  bytes.writeBigUInt64BE(BigInt(change.previous?.revision ?? 0), 9);
  bytes.writeUInt16BE(key.length, 17);
  key.copy(bytes, headLength);
  bytes.set(value, headLength + key.length);
  return bytes;
}

/** Bytes that the record of a version takes. */
export const recordLength = (entry: Entry): number => headLength + Buffer.byteLength(entry.key) + entry.value.byteLength;

/** Copies what it needs: the bytes may belong to a memory map that moves on. */
export function decodeRecord(bytes: Buffer): Record {
  const keyEnd = headLength + bytes.readUInt16BE(17);
  return {
    type: bytes[0] === 1 ? 'put' : 'delete',
    created: Number(bytes.readBigUInt64BE(1)),
    previous: Number(bytes.readBigUInt64BE(9)),
    key: bytes.toString('utf8', headLength, keyEnd),
    value: Uint8Array.prototype.slice.call(bytes, keyEnd),
  };
}

export const revisionKey = (revision: Revision): Buffer => {
  const key = Buffer.allocUnsafe(8);
  key.writeBigUInt64BE(BigInt(revision));
  return key;
};

export const revisionOf = (key: Buffer): Revision => Number(key.readBigUInt64BE(0));

export const entryOf = (record: Record, revision: Revision): Entry => ({
  key: record.key,
  value: record.value,
  revision,
  created: record.created,
});
