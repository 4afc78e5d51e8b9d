import packet from 'dns-packet';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ResourceRecord } from './records.ts';
import { emptyResponse, questionText, rcode, recordPlaces, writeResponse } from './wire.ts';

const ask = (name: string): Buffer =>
  packet.encode({ type: 'query', id: 9, flags: packet.RECURSION_DESIRED, questions: [{ name, type: 'A' }] });
const answer = (answers: ResourceRecord[], additionals: ResourceRecord[] = []) => ({
  ...{ code: rcode.noError, isAuthoritative: true, answers, authorities: [], additionals },
});
const label = fc.stringMatching(/^[a-zA-Z0-9_]([-a-zA-Z0-9_]{0,20}[a-zA-Z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((it) => it.join('.'));
const ttl = fc.nat(2 ** 31 - 1);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const record: fc.Arbitrary<ResourceRecord> = fc.oneof(
  fc.record({ name, ttl, type: fc.constant('A' as const), address: fc.ipV4() }),
  fc.record({ name, ttl, type: fc.constantFrom('CNAME' as const, 'PTR' as const, 'NS' as const), target: name }),
  fc.record({ name, ttl, type: fc.constant('SRV' as const), priority: u16, weight: u16, port: u16, target: name }),
  fc.record({ name, ttl, type: fc.constant('TXT' as const), text: fc.stringMatching(/^[ -~]{0,200}$/) }),
  fc.record({
    ...{ name, ttl, type: fc.constant('SOA' as const), mname: name, rname: name },
    ...{ serial: u32, refresh: u32, retry: u32, expire: u32, minimum: u32 },
  }),
);

/** The record as the library reads it. */
function asRead(it: ResourceRecord): unknown {
  const base = { name: it.name.toLowerCase(), ttl: it.ttl, type: it.type };
  switch (it.type) {
    case 'A':
    case 'AAAA':
      return { ...base, data: it.address };
    case 'TXT':
      return { ...base, data: it.text };
    case 'SRV':
      return { ...base, data: { priority: it.priority, weight: it.weight, port: it.port, target: it.target.toLowerCase() } };
    case 'SOA': {
      const { mname, rname, serial, refresh, retry, expire, minimum } = it;
      return { ...base, data: { mname: mname.toLowerCase(), rname: rname.toLowerCase(), serial, refresh, retry, expire, minimum } };
    }
    default:
      return { ...base, data: it.target.toLowerCase() };
  }
}
function read(it: packet.Answer): unknown {
  const lower = (data: unknown): unknown =>
    typeof data === 'string'
      ? data.toLowerCase()
      : Object.fromEntries(
          Object.entries(data as object).map(([key, value]) => [key, typeof value === 'string' ? value.toLowerCase() : value]),
        );
  const base = { name: it.name.toLowerCase(), ttl: 'ttl' in it ? it.ttl : 0, type: it.type };
  if (it.type === 'TXT') return { ...base, data: ([] as Array<string | Buffer>).concat(it.data).map(String).join('') };
  return { ...base, data: 'data' in it ? lower(it.data) : undefined };
}

test('any records come back from the wire as they were', () => {
  fc.assert(
    fc.property(name, fc.array(record, { maxLength: 12 }), (asked, records) => {
      const message = writeResponse(ask(asked), answer(records), undefined, 0xffff);
      expect((packet.decode(message).answers ?? []).map(read)).toEqual(records.map(asRead));
      expect(recordPlaces(message)?.map((it) => it.ttl)).toEqual(records.map((it) => it.ttl));
    }),
    { numRuns: 200 },
  );
});

test('an answer never takes more than it may, and tells when something is missing', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 40 }), fc.integer({ min: 512, max: 1500 }), fc.boolean(), (records, most, hasEdns) => {
      const message = writeResponse(ask('a.example.com'), answer(records), hasEdns ? { udpBytes: 1232 } : undefined, most);
      const decoded = packet.decode(message);
      const came = decoded.answers?.length ?? 0;
      expect(message.length).toBeLessThanOrEqual(most);
      expect(decoded.flag_tc).toBe(came < records.length);
      expect(decoded.additionals?.length).toBe(hasEdns ? 1 : 0);
    }),
    { numRuns: 100 },
  );
});

test('names that stand already are pointed at', () => {
  const host = 'many.default.svc.cluster.local';
  const records = Array.from({ length: 28 }, (_, i): ResourceRecord => ({ name: host, ttl: 30, type: 'A', address: `10.244.0.${i}` }));
  const message = writeResponse(ask(host), answer(records), undefined, 512);
  // 12 for the header, the question, and 16 for each address.
  expect([message.length, packet.decode(message).flag_tc]).toEqual([12 + host.length + 2 + 4 + 28 * 16, false]);
});

test('additionals go first', () => {
  const target = 'web.default.svc.cluster.local';
  const srv: ResourceRecord = { name: `_http._tcp.${target}`, ttl: 30, type: 'SRV', priority: 0, weight: 100, port: 80, target };
  const more = Array.from({ length: 60 }, (_, i): ResourceRecord => ({ name: target, ttl: 30, type: 'A', address: `10.244.0.${i}` }));
  const decoded = packet.decode(writeResponse(ask(srv.name), answer([srv], more), undefined, 512));
  expect([decoded.answers?.length, decoded.additionals?.length, decoded.flag_tc]).toEqual([1, 0, false]);
});

test('any bytes are looked through without harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 120 }), (bytes) => {
      const message = Buffer.from(bytes);
      recordPlaces(message);
      questionText(message);
      const response = emptyResponse(message, rcode.formErr);
      expect([response.readUInt16BE(0), response.readUInt16BE(2) & 0x8000]).toEqual([message.readUInt16BE(0), 0x8000]);
    }),
    { numRuns: 1000 },
  );
});

test('a name is no other for its capital letters, a type is', () => {
  expect(questionText(ask('Example.COM'))).toBe(questionText(ask('example.com')));
  const https = Buffer.from(ask('example.com'));
  https.writeUInt16BE(65, https.length - 4);
  const other = Buffer.from(https);
  other.writeUInt16BE(97, other.length - 4);
  expect(questionText(https)).not.toBe(questionText(other));
});
