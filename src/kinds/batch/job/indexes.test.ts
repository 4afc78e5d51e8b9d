import { expect, test } from 'vitest';
import { firstFree, hasIndex, indexListFault, mergeIndexes, readIndexes, showIndexes, totalOf, withIndexes } from './indexes.ts';

test.each([
  ['', 5, ''],
  ['0', 5, '0'],
  ['0,1', 5, '0,1'],
  ['0-1', 5, '0,1'],
  ['0,1,2', 5, '0-2'],
  ['1,3-5,7', 10, '1,3-5,7'],
  ['0-9', 5, '0-4'],
  ['1,7', 5, '1'],
  ['1,x,3', 5, '1,3'],
])('%j of %d is %j', (text, completions, want) => expect(showIndexes(readIndexes(text, completions))).toBe(want));

test('what is added is merged in', () => {
  const indexes = readIndexes('0,2-3,7', 20);
  expect(showIndexes(withIndexes(indexes, [1, 7, 9]))).toBe('0-3,7,9');
  expect(showIndexes(mergeIndexes(readIndexes('5-8', 20), readIndexes('0-5,10', 20)))).toBe('0-8,10');
  expect(totalOf(indexes)).toBe(4);
  expect([0, 1, 2, 3, 4, 7, 8].map((it) => hasIndex(indexes, it))).toEqual([true, false, true, true, false, true, false]);
});

test.each([
  ['', 3, 5, [0, 1, 2]],
  ['0-2', 3, 5, [3, 4]],
  ['1,3', 9, 5, [0, 2, 4]],
  ['0-4', 1, 5, []],
  ['', 0, 5, []],
])('free beside %j', (taken, count, completions, want) => expect(firstFree(readIndexes(taken, 99), count, completions)).toEqual(want));

test.each([
  ['0,2-3', undefined],
  ['', undefined],
  ['invalid-format', 'cannot convert string to integer for index: "invalid"'],
  ['1-2-3', `the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by '-'`],
  ['5', 'too large index: "5"'],
  ['3-7', 'too large index: "7"'],
  ['3,2', 'non-increasing order, previous: 3, current: 2'],
  ['3-2', 'non-increasing order, previous: 3, current: 2'],
])('%j as a list of five', (text, want) => expect(indexListFault(text, 5)).toBe(want));
