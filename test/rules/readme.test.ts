import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/cli/index.ts';
import { verbs } from '../../src/cli/verbs/index.ts';
import { kinds } from '../../src/kinds/index.ts';

describe.each([
  ['README.md', 'kinds'],
  ['README.zh-CN.md', '类型'],
])('%s', (file, title) => {
  const readme = readFileSync(file, 'utf8');
  /** The cells of the scope table that say what is there and what is not. */
  const [, there = '', missing = ''] = new RegExp(`^\\| ${title} \\| ([^|]*) \\| ([^|]*) \\|`, 'm').exec(readme) ?? [];

  test('every kind is in it', () => {
    const named = there.split(/[,;（(]? *[ （]/);
    expect(kinds.map((it) => it.kind).filter((it) => !named.includes(it))).toEqual([]);
  });

  test('no kind is missing in it that is there', () => {
    expect(kinds.map((it) => it.kind).filter((it) => new RegExp(`\\b${it}\\b`).test(missing))).toEqual([]);
  });

  test('every command is in it', () => {
    const table = readme.split('\n').filter((it) => it.startsWith('| `peapod'));
    const named = new Set(
      table.flatMap((it) => [...(it.split('|')[1] ?? '').matchAll(/`(?:peapod )?([a-z-]+)/g)].map((found) => found[1])),
    );
    expect([...commands, ...verbs].map((it) => it.name).filter((it) => !it.startsWith('_') && !named.has(it))).toEqual([]);
  });
});
