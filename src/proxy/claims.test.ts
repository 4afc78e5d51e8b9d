import { expect, test } from 'vitest';
import { Claims } from './claims.ts';
import type { Listener } from './table.ts';

const listener = (id: string): Listener => ({
  id,
  protocol: 'TCP',
  address: '127.0.0.1',
  port: 80,
  via: 'load balancer',
  group: id,
  endpoints: [],
});
const older = { name: 'Service a/old', since: '2026-01-01T00:00:00Z' };
const newer = { name: 'Service a/new', since: '2026-01-02T00:00:00Z' };

test('who came first has the port, whoever asks first; the next one has it after', () => {
  const claims = new Claims();
  claims.set(newer, [listener('x'), listener('y')]);
  expect(claims.winner('x')?.by).toEqual(newer);
  expect([...claims.set(older, [listener('x')])]).toEqual(['x']);
  expect([claims.winner('x')?.by, claims.losers('x').map((it) => it.by)]).toEqual([older, [newer]]);
  expect([...claims.set(older, [])]).toEqual(['x']);
  expect(claims.winner('x')?.by).toEqual(newer);
  expect([...claims.set(newer, [listener('y')])].sort()).toEqual(['x', 'y']);
  expect([claims.winner('x'), [...claims.idsOf(newer.name)]]).toEqual([undefined, ['y']]);
});

test('of two that came together the name decides', () => {
  const claims = new Claims();
  const twin = { name: 'Service a/older', since: older.since };
  claims.set(twin, [listener('x')]);
  claims.set(older, [listener('x')]);
  expect(claims.winner('x')?.by).toEqual(older);
});
