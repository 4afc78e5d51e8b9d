import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'src', 'test', 'docker'], { encoding: 'utf8' })
  .trim()
  .split('\n');

test('no file is named after nothing', () => {
  expect(files.filter((it) => /(^|\/)(utils?|helpers?|common|misc|manager)\.\w+$/.test(it))).toEqual([]);
});

test('the environment is read in config.ts alone', () => {
  const readers = files.filter((it) => it.startsWith('src/') && it.endsWith('.ts') && !it.endsWith('.test.ts') && it !== 'src/config.ts');
  expect(readers.filter((it) => readFileSync(it, 'utf8').includes('process.env'))).toEqual([]);
});
