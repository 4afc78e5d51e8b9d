import { expect, test } from 'vitest';
import { seededRandom } from '../../lib/random.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import type { Endpoint } from '../endpoints.ts';
import { Balancer } from './balancer.ts';

const endpoints = (...names: string[]): Endpoint[] => names.map((address) => ({ address, port: 80 }));
function started(names: string[], affinitySeconds?: number): { balancer: Balancer; clock: VirtualClock; pick: (client: string) => string } {
  const clock = new VirtualClock();
  const balancer = new Balancer(clock, seededRandom(1));
  balancer.update(endpoints(...names), affinitySeconds);
  return { balancer, clock, pick: (client) => balancer.pick(client)?.address ?? 'none' };
}
const count = (all: string[]): Record<string, number> => {
  const seen: Record<string, number> = {};
  for (const it of all) seen[it] = (seen[it] ?? 0) + 1;
  return seen;
};

test('each has its turn', () => {
  const { pick } = started(['a', 'b', 'c']);
  expect(count(Array.from({ length: 30 }, () => pick('x')))).toEqual({ a: 10, b: 10, c: 10 });
});

test('turns stay even while endpoints come and go', () => {
  const { balancer, pick } = started(['a', 'b', 'c']);
  const seen: string[] = [];
  for (let i = 0; i < 300; i++) {
    balancer.update(endpoints('a', 'b', ...(i % 2 ? ['c'] : [])), undefined);
    seen.push(pick('x'));
  }
  const { a = 0, b = 0 } = count(seen);
  expect(Math.abs(a - b)).toBeLessThan(60);
});

test('none is picked where there is none', () => {
  const { balancer } = started([]);
  expect(balancer.pick('x')).toBeUndefined();
});

test('those tried are passed over until none is left', () => {
  const { balancer } = started(['a', 'b']);
  const tried: Endpoint[] = [];
  for (let it = balancer.pick('x', tried); it; it = balancer.pick('x', tried)) tried.push(it);
  expect(tried.map((it) => it.address).sort()).toEqual(['a', 'b']);
});

test('a client comes back to its endpoint within the time, counted from its last connection', async () => {
  const { clock, pick } = started(['a', 'b', 'c'], 10);
  const home = pick('x');
  for (let i = 0; i < 5; i++) {
    await clock.advance(9_000);
    pick('y');
    expect(pick('x')).toBe(home);
  }
  await clock.advance(11_000);
  expect(new Set([pick('x'), pick('y'), pick('z')]).size).toBe(3);
});

test('a client whose endpoint refuses or goes gets another, and stays there', () => {
  const { balancer, pick } = started(['a', 'b', 'c'], 10);
  const home = balancer.pick('x') as Endpoint;
  const second = balancer.pick('x', [home])?.address;
  expect(second).not.toBe(home.address);
  expect(pick('x')).toBe(second);
  balancer.update(endpoints(...['a', 'b', 'c'].filter((it) => it !== second)), 10);
  const third = pick('x');
  expect(third).not.toBe(second);
  expect(pick('x')).toBe(third);
});

test('affinity can be switched off', () => {
  const { balancer, pick } = started(['a', 'b'], 10);
  pick('x');
  balancer.update(endpoints('a', 'b'), undefined);
  expect(count([pick('x'), pick('x'), pick('x'), pick('x')])).toEqual({ a: 2, b: 2 });
});

test('of more clients than are remembered, those that keep coming are', () => {
  const { pick } = started(['a', 'b', 'c'], 10_000);
  const home = pick('kept');
  for (let i = 0; i < 25_000; i++) {
    pick(`c${i}`);
    if (i % 1_000 === 0) expect(pick('kept')).toBe(home);
  }
});
