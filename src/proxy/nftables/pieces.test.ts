import { expect, test } from 'vitest';
import { batchOf, type Piece } from './pieces.ts';
import { disjoint, piecesOfListener } from './service-pieces.ts';
import type { Listener } from '../table.ts';

const listener = (addresses: string[], more: Partial<Listener> = {}): Listener => ({
  id: 'TCP 10.96.0.5:80',
  protocol: 'TCP',
  address: '10.96.0.5',
  port: 80,
  via: 'cluster IP',
  group: 'default/web:http/TCP',
  endpoints: addresses.map((address) => ({ address, port: 8080 })),
  ...more,
});
const lines = (pieces: readonly Piece[]): string[] =>
  batchOf(
    't',
    pieces.map((after) => ({ before: undefined, after })),
  ).split('\n');

test('a listener is elements of maps, and one chain for all that have as many endpoints', () => {
  expect(lines(piecesOfListener(listener(['10.1.0.2', '10.1.0.3'])))).toEqual([
    'add chain ip t pick-2',
    'add rule ip t pick-2 meta priority set numgen random mod 2',
    'add rule ip t pick-2 meta l4proto { tcp, udp } dnat ip to ip daddr . meta l4proto . th dport . meta priority map @endpoints',
    'add rule ip t pick-2 meta priority set 0',
    'add rule ip t pick-2 meta l4proto { tcp, udp } dnat ip to ip daddr . meta l4proto . th dport . meta priority map @endpoints',
    'add element ip t endpoints { 10.96.0.5 . tcp . 80 . 0:0 : 10.1.0.2 . 8080, 10.96.0.5 . tcp . 80 . 0:1 : 10.1.0.3 . 8080 }',
    'add element ip t self { 10.1.0.2 . 10.1.0.2, 10.1.0.3 . 10.1.0.3 }',
    'add element ip t services { 10.96.0.5 . tcp . 80 : goto pick-2 }',
  ]);
});

test('without endpoints it is refused', () => {
  expect(lines(piecesOfListener(listener([])))).toEqual(['add element ip t refused { 10.96.0.5 . tcp . 80 }']);
});

test('sources are asked before an endpoint is chosen', () => {
  const [first, second] = lines(piecesOfListener(listener(['10.1.0.2'], { allow: ['10.0.0.0/8', '10.1.0.0/16', 'fd00::/8'] }))).filter(
    (it) => it.startsWith('add rule ip t guard'),
  );
  expect([first, second]).toEqual([expect.stringContaining('ip saddr != { 10.0.0.0/8 } drop'), expect.stringContaining('goto pick-1')]);
});

test('client affinity has a set of clients for each endpoint, shared by all listeners of the service port', () => {
  const cluster = listener(['10.1.0.2'], { affinitySeconds: 60 });
  const text = lines(piecesOfListener(cluster)).join('\n');
  expect(text).toMatch(
    /add set ip t clients-\w+-10\.1\.0\.2-8080-60s \{ type ipv4_addr; flags dynamic,timeout; timeout 60s; size 65536; \}/,
  );
  expect(text).toMatch(/ip saddr @clients-\w+-10\.1\.0\.2-8080-60s goto affinity-\w+-10\.1\.0\.2-8080/);
  expect(text).toMatch(/numgen random mod 1 vmap \{ 0 : goto affinity-/);
  const named = (it: Listener) => piecesOfListener(it).flatMap((one) => (one.type === 'element' ? [] : [one.name]));
  expect(named({ ...cluster, id: 'TCP 127.0.0.1:30080', address: '127.0.0.1', port: 30080 })).toEqual(named(cluster));
  // What refers to others changes its name with them: two listeners may be told of a change one after the other.
  const [now, then] = [named(cluster), named(listener(['10.1.0.2', '10.1.0.3'], { affinitySeconds: 60 }))];
  expect(then.filter((it) => now.includes(it))).toEqual(now.slice(0, 2));
});

test('what changes is taken away before it is put, what refers to others goes before them', () => {
  const chain = (name: string, ...rules: string[]): Piece => ({ type: 'chain', name, rules });
  const element = (value: string): Piece => ({ type: 'element', of: 'm', key: 'k', value });
  const batch = batchOf('t', [
    { before: { type: 'set', name: 's', spec: 'x' }, after: undefined },
    { before: chain('old', 'ip saddr @s accept'), after: undefined },
    { before: element('goto old'), after: element('goto new') },
    { before: undefined, after: chain('new', 'accept') },
    { before: chain('same', 'accept'), after: chain('same', 'accept') },
    { before: undefined, after: undefined },
  ]);
  expect(batch.split('\n')).toEqual([
    'add chain ip t new',
    'flush chain ip t old',
    'delete element ip t m { k }',
    'add rule ip t new accept',
    'add element ip t m { k : goto new }',
    'delete chain ip t old',
    'delete set ip t s',
  ]);
});

test('ranges within others are left out', () => {
  expect(disjoint(['10.1.2.0/24', '192.168.1.7/16', '10.0.0.0/8', '10.1.0.0/16', '0.0.0.0/32'])).toEqual([
    '0.0.0.0/32',
    '10.0.0.0/8',
    '192.168.0.0/16',
  ]);
});
