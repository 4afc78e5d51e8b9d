import fc from 'fast-check';
import { expect, test } from 'vitest';
import { storedSlice } from '../../../test/fixtures/controllers/objects.ts';
import type { discovery } from '../../kinds/index.ts';
import { planSlices, type Slice, type SlicePlan, type Wish } from './pack.ts';

const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
const endpoint = (n: number, ready = true): discovery.Endpoint => ({
  addresses: [`10.244.${n >> 8}.${n & 255}`],
  conditions: { ready },
  targetRef: { kind: 'Pod', namespace: 'default', name: `p${n}` },
});
const range = (from: number, to: number): discovery.Endpoint[] => Array.from({ length: to - from }, (_, i) => endpoint(from + i));

const wish = (endpoints: readonly discovery.Endpoint[], more: Partial<Wish> = {}): Wish => ({
  groups: endpoints.length > 0 ? [{ addressType: 'IPv4', ports, endpoints }] : [],
  metadata: { generateName: 'web-', labels: { a: '1' } },
  isOurs: (it) => it.metadata.uid !== 'foreign',
  isLabelled: (it) => it.metadata.labels?.['a'] === '1',
  most: 100,
  placeholders: ['IPv4'],
  ...more,
});
const slice = (name: string, endpoints: discovery.Endpoint[], more: Partial<Slice> = {}): Slice =>
  storedSlice({ addressType: 'IPv4', ports, endpoints, metadata: { labels: { a: '1' } } as never, ...more }, name);

/** `create 30`, `update a 99`, `remove b`: what is written, and how many endpoints are in it then. */
const shown = ({ create, update, remove }: SlicePlan): string[] => [
  ...create.map((it) => `create ${it.endpoints?.length}`),
  ...update.map((it) => `update ${it.metadata.name} ${it.endpoints?.length}`),
  ...remove.map((it) => `remove ${it.metadata.name}`),
];

const cases: Array<[name: string, existing: Slice[], wanted: discovery.Endpoint[], want: string[]]> = [
  ['nothing there, nothing wanted: a placeholder', [], [], ['create 0']],
  ['a placeholder that is there stays', [slice('a', [], { ports: [] })], [], []],
  ['new ones fill slices of a hundred', [], range(0, 230), ['create 100', 'create 100', 'create 30']],
  ['all as wanted: no write', [slice('a', range(0, 3))], range(0, 3), []],
  ['in another order: no write', [slice('a', range(0, 3))], range(0, 3).reverse(), []],
  ['the last ones go: the slice becomes the placeholder', [slice('a', range(0, 3))], [], ['update a 0']],
  ['one more goes where there is room', [slice('a', range(0, 3))], range(0, 4), ['update a 4']],
  ['into the fullest that can take all', [slice('a', range(0, 3)), slice('b', range(3, 60))], range(0, 70), ['update b 67']],
  ['too many for any: new ones', [slice('a', range(0, 95))], range(0, 105), ['create 10']],
  [
    'a slice that changes anyway is filled first',
    [slice('a', range(0, 100)), slice('b', range(100, 150))],
    [...range(1, 150), endpoint(200)],
    ['update a 100'],
  ],
  ['another state of an endpoint', [slice('a', range(0, 2))], [endpoint(0, false), endpoint(1)], ['update a 2']],
  ['other labels', [slice('a', range(0, 2), { metadata: { labels: {} } as never })], range(0, 2), ['update a 2']],
  [
    'other ports: the slice is used again',
    [slice('a', range(0, 2), { ports: [{ name: 'http', port: 81, protocol: 'TCP' }] })],
    range(0, 2),
    ['update a 2'],
  ],
  [
    'of an older owner of the same name: not touched up',
    [slice('a', range(0, 2), { metadata: { uid: 'foreign' } as never })],
    range(0, 2),
    ['create 2', 'remove a'],
  ],
  ['of an address type nobody wants', [slice('a', range(0, 2), { addressType: 'IPv6' })], range(0, 2), ['create 2', 'remove a']],
  ['twice in the slices: once', [slice('a', range(0, 2)), slice('b', range(1, 3))], range(0, 3), ['update b 1']],
];
test.each(cases)('%s', (_, existing, wanted, want) => {
  expect(shown(planSlices(existing, wish(wanted)))).toEqual(want);
});

test('pods that answer on different ports have slices of their own', () => {
  const other = [{ name: 'http', port: 81, protocol: 'TCP' }];
  const groups = [
    { addressType: 'IPv4', ports, endpoints: range(0, 2) },
    { addressType: 'IPv4', ports: other, endpoints: range(2, 5) },
  ];
  expect(shown(planSlices([], wish([], { groups })))).toEqual(['create 2', 'create 3']);
});

test('what others noted on a slice stays', () => {
  const before = slice('a', range(0, 1), { metadata: { labels: { a: '1' }, annotations: { note: 'x' } } as never });
  expect(planSlices([before], wish(range(0, 2))).update[0]?.metadata.annotations).toEqual({ note: 'x' });
});

test('however pods come and go: every endpoint once, no slice too full, and a second look writes nothing', () => {
  const step = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      let slices: Slice[] = [];
      let serial = 0;
      for (const numbers of steps) {
        const wanted = wish(
          numbers.map((n) => endpoint(n)),
          { most: 10 },
        );
        slices = applied(slices, planSlices(slices, wanted), () => `s${serial++}`);
        const found = slices.flatMap((it) => it.endpoints ?? []).map((it) => it.targetRef?.name);
        expect([...found].sort()).toEqual(numbers.map((n) => `p${n}`).sort());
        expect(slices.every((it) => (it.endpoints?.length ?? 0) <= 10)).toBe(true);
        expect(shown(planSlices(slices, wanted))).toEqual([]);
      }
    }),
    { numRuns: 200 },
  );
});

function applied(slices: Slice[], plan: SlicePlan, name: () => string): Slice[] {
  const gone = new Set(plan.remove.map((it) => it.metadata.name));
  const kept = slices.filter((it) => !gone.has(it.metadata.name));
  const now = kept.map((it) => plan.update.find((one) => one.metadata.name === it.metadata.name) ?? it);
  return [...now, ...plan.create.map((it) => storedSlice(it, name()))];
}
