import { expect, test } from 'vitest';
import { addQuantities, canonicalQuantity, compareQuantities, formatQuantity, isQuantity, milliValue, quantityValue } from './quantity.ts';
import { parseLabelSelector } from './parse-label-selector.ts';
import { matchesRequirements, matchesSelector, parseFieldSelector, selectorText } from './selector.ts';
import { withCondition } from './condition.ts';
import { deepCopy, deepEqual } from './copy.ts';
import { configMapKey, dns1123Label, portName, qualifiedName } from './names.ts';

const canonical: Array<[string, string]> = [
  ['1000m', '1'],
  ['1', '1'],
  ['0.5', '500m'],
  ['1024Mi', '1Gi'],
  ['1500Mi', '1500Mi'],
  ['0', '0'],
  ['1000k', '1M'],
  ['100u', '100u'],
  ['-1500m', '-1500m'],
  ['1e3', '1e3'],
  // The largest there is, and the smallest that is not nothing.
  ['1e999999999999', '9223372036854775807'],
  ['-1e400', '-9223372036854775807'],
  ['9'.repeat(100_000), '9223372036854775807'],
  [`0.${'0'.repeat(100_000)}1`, '1n'],
  ['0e999999', '0e999999'],
  ['000000000000000000000000000000000000000000000000000000000000000000000000001', '1'],
];
for (const [text, want] of canonical) test(`${text} is ${want}`, () => expect(canonicalQuantity(text)).toBe(want));

test('quantities compare and add by value', () => {
  expect(compareQuantities('1', '1000m')).toBe(0);
  expect(compareQuantities('1Gi', '1G')).toBe(1);
  expect(addQuantities('500m', '1.5')).toBe('2');
  expect(addQuantities('1Gi', '512Mi')).toBe('1536Mi');
  expect([milliValue('0.1'), milliValue('1n'), quantityValue('1500m'), quantityValue('1.5Gi')]).toEqual([100, 1, 2, 1_610_612_736]);
  expect(formatQuantity(2_147_483_648, 'binary')).toBe('2Gi');
  expect(['', 'x', '1x', '1 Gi', 'Gi'].some(isQuantity)).toBe(false);
});

const selections: Array<[string, Record<string, string>, boolean]> = [
  ['', {}, true],
  ['a=1', { a: '1' }, true],
  ['a==1,b', { a: '1' }, false],
  ['a!=1', {}, true],
  ['!a', {}, true],
  ['!a', { a: '' }, false],
  ['a in (1,2),b notin (3)', { a: '2', b: '4' }, true],
  ['a in (1,2)', { a: '3' }, false],
  ['n>3', { n: '4' }, true],
  ['n<3', { n: '4' }, false],
];
for (const [text, labels, want] of selections) {
  test(`selector "${text}"`, () => expect(matchesRequirements(parseLabelSelector(text), labels)).toBe(want));
}

test('bad selectors are refused', () => {
  for (const text of ['a=b=c', '=', 'a in 1', '!!a', 'a,,b', '-a=1', 'a=~']) expect(() => parseLabelSelector(text), text).toThrow();
  expect(() => parseFieldSelector('nonsense')).toThrow("can't understand");
});

test('selector objects', () => {
  expect(matchesSelector(undefined, {})).toBe(false);
  expect(matchesSelector({}, {})).toBe(true);
  expect(selectorText({ matchLabels: { b: '1', a: '2' }, matchExpressions: [{ key: 'c', operator: 'In', values: ['y', 'x'] }] })).toBe(
    'a=2,b=1,c in (x,y)',
  );
});

test('a condition keeps its time until its status changes', () => {
  const one = withCondition<{ type: string; status: string; reason?: string; lastTransitionTime?: string }>(
    undefined,
    { type: 'Ready', status: 'False', reason: 'A' },
    't1',
  );
  const two = withCondition(one, { type: 'Ready', status: 'False', reason: 'B' }, 't2');
  expect(two).toEqual([{ type: 'Ready', status: 'False', reason: 'B', lastTransitionTime: 't1' }]);
  expect(withCondition(two, { type: 'Ready', status: 'True' }, 't3')[0]?.lastTransitionTime).toBe('t3');
});

test('names', () => {
  expect(dns1123Label('my-app')).toEqual([]);
  for (const bad of ['', 'A', '-a', 'a.b', 'a'.repeat(64)]) expect(dns1123Label(bad), bad).not.toEqual([]);
  for (const bad of ['', 'a/b/c', '/a', 'UPPER.example/-']) expect(qualifiedName(bad), bad).not.toEqual([]);
  expect(qualifiedName('app.kubernetes.io/name')).toEqual([]);
  expect([configMapKey('a.b'), configMapKey('..'), configMapKey('a/b')].map((it) => it.length)).toEqual([0, 1, 1]);
  expect([portName('http'), portName('8080'), portName('a--b')].map((it) => it.length)).toEqual([0, 1, 1]);
});

test('copies never touch prototypes', () => {
  const copy = deepCopy(JSON.parse('{"__proto__": {"polluted": true}}'));
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

const pairs: Array<[name: string, a: unknown, b: unknown, same: boolean]> = [
  ['values', 1, 1, true],
  ['a text and a number', '1', 1, false],
  ['null and nothing', null, {}, false],
  ['lists in order', [1, [2]], [1, [2]], true],
  ['lists in another order', [1, 2], [2, 1], false],
  ['a list and an object', [], {}, false],
  ['objects in any order', { a: 1, b: { c: 2 } }, { b: { c: 2 }, a: 1 }, true],
  ['an object with more', { a: 1 }, { a: 1, b: 2 }, false],
  [
    'words of JavaScript as keys',
    { toString: 'a', valueOf: 'b', constructor: 'c' },
    { constructor: 'c', valueOf: 'b', toString: 'a' },
    true,
  ],
  ['a word of JavaScript on one side', { toString: 'a' }, { other: 'a' }, false],
  ['inherited things are not there', { constructor: Object }, {}, false],
];
for (const [name, a, b, same] of pairs) test(`equal: ${name}`, () => expect(deepEqual(a, b)).toBe(same));

test('selectors of any length are read or refused in no time', () => {
  for (const text of [',', ' ', 'a=b,', 'a in (b),', '(', '!', '\\', 'a-', 'a.']) {
    const long = text.repeat(60_000 / text.length);
    const begin = performance.now();
    for (const parse of [parseLabelSelector, parseFieldSelector]) {
      try {
        parse(`${long}x`);
      } catch (error) {
        expect((error as Error).message).not.toBe('');
      }
    }
    expect(performance.now() - begin, text).toBeLessThan(1000);
  }
});

test('a comma behind a backslash belongs to the value of a field', () => {
  expect(parseFieldSelector('reason=a\\,b\\=c,type!=Normal')).toEqual([
    { path: 'reason', equal: true, value: 'a,b=c' },
    { path: 'type', equal: false, value: 'Normal' },
  ]);
});
