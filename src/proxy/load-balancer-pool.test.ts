import { expect, test } from 'vitest';
import type { core } from '../kinds/index.ts';
import { serviceForTests } from '../../test/fixtures/proxy/services.ts';
import { assignAddresses } from './load-balancer-pool.ts';

const pool = '127.0.10.0/29';
let second = 0;
const balanced = (name: string, more: Partial<core.ServiceSpec> = {}, ...has: string[]): core.Service =>
  serviceForTests(
    { type: 'LoadBalancer', ...more },
    { name, creationTimestamp: `2026-01-01T00:00:${String(second++ % 60).padStart(2, '0')}Z` },
    { loadBalancer: { ingress: has.map((ip) => ({ ip })) } },
  );
const of = (...services: core.Service[]): Record<string, string> =>
  Object.fromEntries(
    [...assignAddresses(services, pool)].map(([key, address]) => [key.replace('default/', ''), address.replace('127.0.10.', '')]),
  );

test('one address for each, by age, whatever the order they are seen in', () => {
  const [a, b, c] = [balanced('a'), balanced('b'), balanced('c')];
  expect(of(a, b, c)).toEqual({ a: '1', b: '2', c: '3' });
  expect(of(c, a, b)).toEqual({ a: '1', b: '2', c: '3' });
});

test('what a Service has it keeps, when older ones go and when all begin anew', () => {
  expect(of(balanced('b', {}, '127.0.10.2'), balanced('new'))).toEqual({ b: '2', new: '1' });
  expect(of(balanced('old'), balanced('b', {}, '127.0.10.1'))).toEqual({ old: '2', b: '1' });
});

test('the address that was asked for, if it is free and of the pool', () => {
  expect(of(balanced('a', { loadBalancerIP: '127.0.10.5' }), balanced('b'))).toEqual({ a: '5', b: '1' });
  expect(of(balanced('a', {}, '127.0.10.5'), balanced('b', { loadBalancerIP: '127.0.10.5' }))).toEqual({ a: '5', b: '1' });
  expect(of(balanced('a', { loadBalancerIP: '10.0.0.1' }))).toEqual({ a: '1' });
  expect(of(balanced('a', { loadBalancerIP: '127.0.10.5' }, '127.0.10.1'))).toEqual({ a: '5' });
});

test('one that two say they have is the older one’s', () => {
  expect(of(balanced('a', {}, '127.0.10.3'), balanced('b', {}, '127.0.10.3'))).toEqual({ a: '3', b: '1' });
});

test('others have none: another class, another type, a pool that is full', () => {
  expect(of(balanced('a', { loadBalancerClass: 'x/y' }), balanced('b', { type: 'NodePort' }))).toEqual({});
  expect(Object.keys(of(...'abcdefgh'.split('').map((it) => balanced(it))))).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});
