import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commands } from '../../src/cli/index.ts';
import { verbs } from '../../src/cli/verbs/index.ts';
import { kinds } from '../../src/kinds/index.ts';

const readme = readFileSync('README.md', 'utf8');
/** The cell of the scope table that says what is there. */
const there = /^\| kinds \| ([^|]*) \|/m.exec(readme)?.[1]?.split(/[,;]? +/) ?? [];

test('every kind is in the README', () => {
  expect(kinds.map((it) => it.kind).filter((it) => !there.includes(it))).toEqual([]);
});

test('no kind is in the README that is not there', () => {
  const missing = /^\| kinds \| [^|]* \| ([^|]*) \|/m.exec(readme)?.[1] ?? '';
  expect(kinds.map((it) => it.kind).filter((it) => new RegExp(`\\b${it}\\b`).test(missing))).toEqual([]);
});

test('every command is in the README', () => {
  const table = readme.split('\n').filter((it) => it.startsWith('| `peapod'));
  const named = new Set(table.flatMap((it) => [...(it.split('|')[1] ?? '').matchAll(/`(?:peapod )?([a-z-]+)/g)].map((found) => found[1])));
  expect([...commands, ...verbs].map((it) => it.name).filter((it) => !it.startsWith('_') && !named.has(it))).toEqual([]);
});
