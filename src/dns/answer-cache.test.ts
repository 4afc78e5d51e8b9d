import packet from 'dns-packet';
import { expect, test } from 'vitest';
import { VirtualClock } from '../lib/virtual-clock.ts';
import { AnswerCache } from './answer-cache.ts';
import { nameserversOf } from './resolv-conf.ts';

const soa = { mname: 'ns.example.com', rname: 'root.example.com', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 5 };
const message = (rest: Partial<packet.Packet>): Buffer =>
  packet.encode({ type: 'response', id: 1, questions: [{ name: 'example.com', type: 'A' }], ...rest });
const a = (ttl: number): packet.Answer => ({ type: 'A', name: 'example.com', ttl, data: '192.0.2.1' });
const option: packet.Answer = {
  ...{ type: 'OPT', name: '.', udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0, flags: 0x8000, flag_do: true, options: [] },
};
const missing: packet.Answer = { type: 'SOA', name: 'example.com', ttl: 60, data: soa };

const cases: Array<[name: string, message: Buffer, lives: number]> = [
  ['as long as its records', message({ answers: [a(20), a(10)] }), 10],
  ['half a minute at most', message({ answers: [a(3600)] }), 30],
  ['not at all with a lifetime of nought', message({ answers: [a(0)] }), 0],
  ['flags of EDNS are no lifetime', message({ answers: [a(10)], additionals: [option] }), 10],
  ['a name that is not there: as its zone says', message({ flags: 3, authorities: [missing] }), 5],
  ['a type that is not there: the same', message({ authorities: [missing] }), 5],
  ['nothing said of how long: not at all', message({ flags: 3 }), 0],
  ['a failure: not at all', message({ flags: 2, answers: [a(10)] }), 0],
  ['a part of an answer: not at all', message({ flags: packet.TRUNCATED_RESPONSE, answers: [a(10)] }), 0],
  ['damaged: not at all', message({ answers: [a(10)] }).subarray(0, 40), 0],
];
for (const [name, it, lives] of cases) {
  test(`kept: ${name}`, async () => {
    const clock = new VirtualClock();
    const cache = new AnswerCache(clock);
    cache.put('k', it);
    let seconds = 0;
    while (seconds < 60 && cache.get('k')) {
      await clock.advance(1000);
      seconds += 1;
    }
    expect(seconds).toBe(lives);
  });
}

test('lifetimes run while they are kept', async () => {
  const clock = new VirtualClock();
  const cache = new AnswerCache(clock);
  cache.put('k', message({ answers: [a(20), a(100)], additionals: [option] }));
  await clock.advance(7_500);
  const kept = packet.decode(cache.get('k') as Buffer);
  expect(kept.answers?.map((it) => ('ttl' in it ? it.ttl : undefined))).toEqual([13, 93]);
  expect(kept.additionals?.[0]).toMatchObject({ flag_do: true, udpPayloadSize: 1232 });
});

test('what is used least goes first', () => {
  const cache = new AnswerCache(new VirtualClock());
  const it = message({ answers: [a(20)] });
  cache.put('first', it);
  for (let i = 0; i < 1999; i++) cache.put(`k${i}`, it);
  expect(cache.get('first')).toBeDefined();
  cache.put('one more', it);
  expect([cache.get('first') === undefined, cache.get('k0') === undefined, cache.get('k1') === undefined]).toEqual([false, true, false]);
});

test('name servers of a resolv.conf', () => {
  const text =
    '# nameserver 1.1.1.1\nsearch a b\nnameserver 192.0.2.1\n  nameserver\tfe80::1%eth0\nnameserver nonsense\nnameserver 10.0.0.1 \nnameserver 10.0.0.2';
  expect(nameserversOf(text)).toEqual(['192.0.2.1', 'fe80::1%eth0', '10.0.0.1']);
});
