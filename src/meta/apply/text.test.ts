import { expect, test } from 'vitest';
import type { FieldSet } from './field-set.ts';
import { entriesText, leavesShared, SharedSets, setText } from './text.ts';

const numbered = (n: number): FieldSet => ({ 'f:data': { [`f:k${n}`]: {} } });

test('equal sets are one', () => {
  const sets = new SharedSets();
  const first = sets.ofText(JSON.stringify(numbered(1)));
  expect(first).toEqual(numbered(1));
  expect(sets.ofText(JSON.stringify(numbered(1)))).toBe(first);
  expect(setText(first)).toBe('{"f:data":{"f:k1":{}}}');
});

test('what is asked for again and again stays, however many others come', () => {
  const sets = new SharedSets();
  const text = JSON.stringify(numbered(0));
  const first = sets.ofText(text);
  for (let i = 1; i < 9_000; i++) {
    sets.ofText(JSON.stringify(numbered(i)));
    if (i % 1_000 === 0) expect(sets.ofText(text)).toBe(first);
  }
});

test('all leaves are one', () => {
  const set = leavesShared({ 'f:a': {}, 'f:b': { 'f:c': {} } });
  expect(set['f:a']).toBe(set['f:b']?.['f:c']);
});

test('entries are written as JSON has them', () => {
  const entries = [
    {
      manager: 'a"',
      operation: 'Apply',
      apiVersion: 'v1',
      time: 't',
      fieldsType: 'FieldsV1',
      fieldsV1: numbered(1),
      subresource: 'status',
    },
    { manager: 'b', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} },
  ];
  expect(entriesText(entries)).toBe(JSON.stringify(entries));
});
