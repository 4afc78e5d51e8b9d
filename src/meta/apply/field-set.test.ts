import fc from 'fast-check';
import { expect, test } from 'vitest';
import { difference, type FieldSet, has, intersection, isEmpty, pathsOf, reachesInto, setOf, union } from './field-set.ts';
import { readManagers } from './managers.ts';
import { canonicalStep, keyStep, pathText } from './step.ts';

const set = (...paths: string[]): FieldSet =>
  paths.reduce<FieldSet>((all, path) => union(all, setOf(...path.split(' ').map((it) => (it.includes(':') ? it : `f:${it}`)))), {});
/** The paths as texts, in the order of the alphabet. */
const listed = (it: FieldSet): string[] => pathsOf(it).map(pathText).sort();

type Operation = (a: FieldSet, b: FieldSet) => FieldSet;
const cases: Array<[name: string, operation: Operation, a: FieldSet, b: FieldSet, want: string[]]> = [
  ['of two branches', union, set('a b'), set('a c'), ['.a.b', '.a.c']],
  ['a parent and its child are two members', union, set('a'), set('a b'), ['.a', '.a.b']],
  ['with nothing', union, set('a b'), set(), ['.a.b']],
  ['takes exactly its paths', difference, set('a', 'a b'), set('a'), ['.a.b']],
  ['a child stays without its parent', difference, set('a b'), set('a'), ['.a.b']],
  ['a parent stays without its child', difference, set('a'), set('a b'), ['.a']],
  ['the last child takes the branch along', difference, set('a b c', 'd'), set('a b c'), ['.d']],
  ['leaves nothing of the same', difference, set('a b', 'a'), set('a b', 'a'), []],
  ['of what both have', intersection, set('a', 'a b', 'c'), set('a b', 'c', 'd'), ['.a.b', '.c']],
  ['a parent is not its child', intersection, set('a'), set('a b'), []],
];
for (const [name, operation, a, b, want] of cases) test(`${operation.name}: ${name}`, () => expect(listed(operation(a, b))).toEqual(want));

const anySet = fc
  .array(fc.array(fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:"a"'), { minLength: 1, maxLength: 4 }), { maxLength: 8 })
  .map((paths) => paths.reduce<FieldSet>((all, path) => union(all, setOf(...path)), {}));

test('the operations are those of sets of paths', () => {
  fc.assert(
    fc.property(anySet, anySet, (a, b) => {
      const [inA, inB] = [new Set(listed(a)), new Set(listed(b))];
      expect(listed(union(a, b))).toEqual([...new Set([...inA, ...inB])].sort());
      expect(listed(difference(a, b))).toEqual([...inA].filter((it) => !inB.has(it)));
      expect(listed(intersection(a, b))).toEqual([...inA].filter((it) => inB.has(it)));
    }),
  );
});

test('what an operation leaves as it was is not copied', () => {
  fc.assert(
    fc.property(anySet, anySet, (a, b) => {
      expect(difference(a, difference(b, a))).toBe(a);
      expect(union(a, intersection(a, b))).toBe(a);
    }),
  );
});

test('operands are not changed, and a result is in the one right form', () => {
  fc.assert(
    fc.property(anySet, anySet, (a, b) => {
      const before = JSON.stringify([a, b]);
      for (const result of [union(a, b), difference(a, b), intersection(a, b)]) {
        const entry = { manager: 'm', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: result };
        expect(readManagers([entry])?.[0]?.fields).toEqual(result);
        for (const path of pathsOf(result)) expect(isEmpty(setOf(...path))).toBe(false);
      }
      expect(JSON.stringify([a, b])).toBe(before);
    }),
  );
});

test('members and branches are told apart', () => {
  const both = set('a', 'a b', 'c d');
  expect([has(both, 'f:a'), reachesInto(both, 'f:a')]).toEqual([true, true]);
  expect([has(both, 'f:c'), reachesInto(both, 'f:c')]).toEqual([false, true]);
  expect([has(set('a'), 'f:a'), reachesInto(set('a'), 'f:a')]).toEqual([true, false]);
});

const steps: Array<[given: string, want: string | undefined]> = [
  ['f:name', 'f:name'],
  ['f:', 'f:'],
  ['k:{"protocol":"TCP", "port":80}', 'k:{"port":80,"protocol":"TCP"}'],
  ['v:  "a"', 'v:"a"'],
  ['v:1', 'v:1'],
  ['i:3', 'i:3'],
  ['i:x', undefined],
  ['k:[]', undefined],
  ['k:{', undefined],
  ['x:a', undefined],
  ['', undefined],
];
test.each(steps)('the step %j is %j', (given, want) => expect(canonicalStep(given)).toBe(want));

test('an item is named by its keys, a missing one by its default', () => {
  const keys = [{ name: 'port' }, { name: 'protocol', default: 'TCP' }];
  expect(keyStep(keys, { port: 80 })).toBe('k:{"port":80,"protocol":"TCP"}');
  expect(keyStep(keys, { port: 80, protocol: 'UDP' })).toBe('k:{"port":80,"protocol":"UDP"}');
  expect(keyStep([{ name: 'name' }], { image: 'x' })).toBeUndefined();
});

test('a path reads as in upstream’s messages', () => {
  const path = ['f:spec', 'f:ports', 'k:{"port":80,"protocol":"TCP"}', 'f:nodePort'];
  expect(pathText(path)).toBe('.spec.ports[port=80,protocol="TCP"].nodePort');
  expect(pathText(['f:metadata', 'f:finalizers', 'v:"a"'])).toBe('.metadata.finalizers[="a"]');
  expect(pathText(['f:metadata', 'f:labels', 'f:app.kubernetes.io/name'])).toBe('.metadata.labels.app.kubernetes.io/name');
});
