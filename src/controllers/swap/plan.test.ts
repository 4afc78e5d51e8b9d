import { expect, test } from 'vitest';
import type { coordination, Swap } from '../../kinds/index.ts';
import { planSwap } from './plan.ts';

const swap: Swap = { port: 'http', address: '10.244.0.1', number: 40_000, node: 'n1', to: 'localhost:3000', lease: 'swap-web-x' };
const now = Date.parse('2026-01-01T00:00:10Z');
const kept = (renewTime: string | undefined): coordination.Lease =>
  ({ metadata: { name: 'swap-web-x' }, spec: { leaseDurationSeconds: 5, ...(renewTime && { renewTime }) } }) as coordination.Lease;

const cases: Array<[name: string, lease: coordination.Lease | undefined, want: object]> = [
  ['just heard of', kept('2026-01-01T00:00:09.000000Z'), { type: 'lasts', wakeIn: 4000 }],
  [
    'silent for too long',
    kept('2026-01-01T00:00:05.000000Z'),
    { type: 'over', why: 'whoever swapped it to localhost:3000 has not been heard of for 5 s' },
  ],
  ['given back', undefined, { type: 'over', why: 'the swap to localhost:3000 was given back' }],
  ['never heard of', kept(undefined), { type: 'over', why: 'whoever swapped it to localhost:3000 has not been heard of for 5 s' }],
];
for (const [name, lease, want] of cases) test(name, () => expect(planSwap(swap, lease, now)).toEqual(want));
