import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StatusError } from '../status-error.ts';
import { applyJsonPatch } from './json.ts';
import { applyMergePatch } from './merge.ts';
import { applyStrategicPatch } from './strategic.ts';

const strategic = (document: unknown, patch: unknown): unknown => applyStrategicPatch('apps/v1.Deployment', document, patch);
const containers = (list: unknown): unknown => ({ spec: { template: { spec: { containers: list } } } });

const cases: Array<[name: string, document: unknown, patch: unknown, want: unknown]> = [
  [
    'containers merge by name',
    containers([
      { name: 'a', image: '1' },
      { name: 'b', image: '1' },
    ]),
    containers([{ name: 'b', image: '2' }]),
    containers([
      { name: 'a', image: '1' },
      { name: 'b', image: '2' },
    ]),
  ],
  ['a new item comes first', containers([{ name: 'a' }]), containers([{ name: 'c' }]), containers([{ name: 'c' }, { name: 'a' }])],
  [
    'what the patch does not name stays before what stood behind it',
    containers([{ name: 'a' }, { name: 'b' }, { name: 'c' }]),
    containers([{ name: 'new' }, { name: 'b', image: '2' }]),
    containers([{ name: 'new' }, { name: 'a' }, { name: 'b', image: '2' }, { name: 'c' }]),
  ],
  [
    'a list that is not there yet is taken as it is, doubles too',
    {},
    containers([{ name: 'a', image: null }, { name: 'a' }, { name: 'b', $patch: 'delete' }]),
    containers([{ name: 'a' }, { name: 'a' }]),
  ],
  [
    '$patch: delete removes an item',
    containers([{ name: 'a' }, { name: 'b' }]),
    containers([{ name: 'a', $patch: 'delete' }]),
    containers([{ name: 'b' }]),
  ],
  [
    '$patch: replace replaces the list',
    containers([{ name: 'a' }]),
    containers([{ $patch: 'replace' }, { name: 'z' }]),
    containers([{ name: 'z' }]),
  ],
  [
    'args are replaced',
    containers([{ name: 'a', args: ['x', 'y'] }]),
    containers([{ name: 'a', args: ['z'] }]),
    containers([{ name: 'a', args: ['z'] }]),
  ],
  [
    'null removes',
    { metadata: { labels: { a: '1', b: '2' } } },
    { metadata: { labels: { a: null } } },
    { metadata: { labels: { b: '2' } } },
  ],
  [
    'finalizers are a merged set',
    { metadata: { finalizers: ['a', 'b'] } },
    { metadata: { finalizers: ['b', 'c'] } },
    { metadata: { finalizers: ['a', 'b', 'c'] } },
  ],
  [
    '$deleteFromPrimitiveList',
    { metadata: { finalizers: ['a', 'b'] } },
    { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
    { metadata: { finalizers: ['b'] } },
  ],
  [
    '$retainKeys drops the others',
    { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
    { spec: { strategy: { type: 'Recreate', $retainKeys: ['type'] } } },
    { spec: { strategy: { type: 'Recreate' } } },
  ],
  [
    '$setElementOrder',
    { spec: { template: { spec: { containers: [{ name: 'a' }, { name: 'b' }] } } } },
    { spec: { template: { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } } } },
    { spec: { template: { spec: { containers: [{ name: 'b' }, { name: 'a' }] } } } },
  ],
  [
    '$setElementOrder, the server having another one besides',
    containers([{ name: 'mine' }, { name: 'a' }, { name: 'b' }]),
    { spec: { template: { spec: { containers: [{ name: 'c' }], '$setElementOrder/containers': [{ name: 'b' }, { name: 'c' }] } } } },
    containers([{ name: 'mine' }, { name: 'a' }, { name: 'b' }, { name: 'c' }]),
  ],
  [
    '$patch: delete empties a map',
    { metadata: { labels: { a: '1' }, name: 'x' } },
    { metadata: { labels: { $patch: 'delete' } } },
    { metadata: { labels: {}, name: 'x' } },
  ],
];
const refused: Array<[name: string, document: unknown, patch: unknown, message: string]> = [
  [
    'an order that is not that of the patch',
    containers([{ name: 'a' }]),
    { spec: { template: { spec: { containers: [{ name: 'a' }, { name: 'b' }], '$setElementOrder/containers': [{ name: 'b' }] } } } },
    'The order in patch list:',
  ],
  [
    '$retainKeys that lack what is set',
    { spec: { strategy: { type: 'Recreate' } } },
    { spec: { strategy: { type: 'Recreate', $retainKeys: ['rollingUpdate'] } } },
    'invalid patch format of retainKeys',
  ],
  [
    'an unknown directive',
    containers([{ name: 'a' }]),
    containers([{ name: 'a', $patch: 'bogus' }]),
    'unknown patch type: bogus in map: {"name":"a","$patch":"bogus"}',
  ],
];
for (const [name, document, patch, message] of refused)
  test(`refused: ${name}`, () => expect(() => strategic(document, patch)).toThrow(message));

for (const [name, document, patch, want] of cases) {
  test(name, () => {
    const before = JSON.stringify(document);
    expect(strategic(document, patch)).toEqual(want);
    expect(JSON.stringify(document)).toBe(before);
  });
}

test('merge patch: the examples of RFC 7386', () => {
  expect(applyMergePatch({ a: 'b' }, { a: 'c' })).toEqual({ a: 'c' });
  expect(applyMergePatch({ a: [{ b: 'c' }] }, { a: [1] })).toEqual({ a: [1] });
  expect(applyMergePatch({ e: null }, { a: 1 })).toEqual({ e: null, a: 1 });
  expect(applyMergePatch({}, { a: { bb: { ccc: null } } })).toEqual({ a: { bb: {} } });
});

test('json patch: applied, or refused with the right code', () => {
  expect(applyJsonPatch({ a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }])).toEqual({ a: [1, 2] });
  const codeOf = (patch: unknown): number => {
    try {
      applyJsonPatch({ a: 1 }, patch);
      return 200;
    } catch (error) {
      return (error as StatusError).code;
    }
  };
  expect([codeOf({}), codeOf([{}]), codeOf([{ op: 'remove', path: '/b' }]), codeOf([{ op: 'test', path: '/a', value: 2 }])]).toEqual([
    400, 400, 422, 422,
  ]);
  expect(codeOf([{ op: 'add', path: '/__proto__/polluted', value: 1 }])).toBe(422);
});

// As kubectl kustomize answers, which uses the API server's library.
const beyond: Array<[operation: object, want: unknown]> = [
  [
    { op: 'replace', path: '/data/y', value: '2' },
    { data: { x: '1', y: '2' }, list: [1, 2, 3] },
  ],
  [{ op: 'replace', path: '/nope/y', value: '2' }, 422],
  [
    { op: 'replace', path: '/list/-1', value: 9 },
    { data: { x: '1' }, list: [1, 2, 9] },
  ],
  [{ op: 'replace', path: '/list/7', value: 9 }, 422],
  [{ op: 'replace', path: '/list/-', value: 9 }, 422],
  [{ op: 'replace', path: '/list/-4', value: 9 }, 422],
  [
    { op: 'remove', path: '/list/-1' },
    { data: { x: '1' }, list: [1, 2] },
  ],
  [{ op: 'remove', path: '/data/nope' }, 422],
  [
    { op: 'add', path: '/list/-1', value: 9 },
    { data: { x: '1' }, list: [1, 2, 3, 9] },
  ],
  [{ op: 'add', path: '/list/7', value: 9 }, 422],
  [{ op: 'add', path: '/data/q/r', value: 9 }, 422],
  [
    { op: 'test', path: '/data/nope', value: null },
    { data: { x: '1' }, list: [1, 2, 3] },
  ],
  [{ op: 'test', path: '/data/x', value: '2' }, 422],
  [
    { op: 'copy', from: '/data/x', path: '/data/z' },
    { data: { x: '1', z: '1' }, list: [1, 2, 3] },
  ],
  [
    { op: 'copy', from: '/data/nope', path: '/data/z' },
    { data: { x: '1', z: null }, list: [1, 2, 3] },
  ],
  [
    { op: 'move', from: '/data/x', path: '/data/z' },
    { data: { z: '1' }, list: [1, 2, 3] },
  ],
  [{ op: 'replace', path: '', value: { a: 1 } }, { a: 1 }],
];
for (const [operation, want] of beyond) {
  test(`json patch: ${JSON.stringify(operation)}`, () => {
    const document = { data: { x: '1' }, list: [1, 2, 3] };
    let got: unknown;
    try {
      got = applyJsonPatch(document, [operation]);
    } catch (error) {
      got = (error as StatusError).code;
    }
    expect(got).toEqual(want);
    expect(document).toEqual({ data: { x: '1' }, list: [1, 2, 3] });
  });
}

test('whatever the patch, nothing but a StatusError is thrown and no prototype is touched', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: false, maxDepth: 4 }), fc.constantFrom('j', 'm', 's'), (raw, which) => {
      const patch: unknown = JSON.parse(JSON.stringify(raw ?? null) ?? 'null');
      try {
        if (which === 'j') applyJsonPatch({ spec: {} }, patch);
        else if (which === 'm') applyMergePatch({ spec: {} }, patch);
        else strategic({ spec: {} }, { spec: patch, metadata: patch });
      } catch (error) {
        expect(error).toBeInstanceOf(StatusError);
      }
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});
