import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';

type Report = {
  modules: unknown[];
  summary: { violations: Array<{ from: string; to: string; rule: { name: string } }>; totalCruised: number };
};

const cruiser = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const table = resolve('test/rules/layers.cjs');

function cruise(cwd: string): Report {
  const { stdout, stderr } = spawnSync(process.execPath, [cruiser, '--config', table, '--output-type', 'json', 'src'], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout) as Report;
}

const told = ({ summary }: Report): string[] => summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).sort();

test('imports follow the table of layers', () => {
  const report = cruise('.');
  expect(told(report)).toEqual([]);
  // A parser that finds nothing reports no violations either.
  expect(report.summary.totalCruised).toBeGreaterThan(300);
});

const folder = mkdtempSync(join(tmpdir(), 'peapod-layers-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('what breaks the table is found, type imports too', () => {
  const files: Record<string, string> = {
    'lib/clock.ts': `import type { Pod } from '../kinds/index.ts';\nexport type Clock = Pod;`,
    'kinds/index.ts': `export type { Pod } from './pod.ts';`,
    'kinds/pod.ts': `export type Pod = number;`,
    'store/index.ts': `import { pod } from '../meta/pod.ts';\nexport const a = pod;`,
    'meta/pod.ts': `export const pod = 1;`,
    'client/index.ts': `export { get } from './get.ts';`,
    'client/get.ts': `import { put } from './put.ts';\nexport const get = () => put;`,
    'client/put.ts': `import { get } from './get.ts';\nexport const put = () => get;`,
    'proxy/index.ts': `import { get } from '../client/get.ts';\nexport const a = get;`,
    'dns/index.ts': `import { a } from '../proxy/index.ts';\nexport const b = a;`,
    'main.ts': `import { get } from './client/put.ts';\nexport { get };`,
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'src', path)), { recursive: true });
    writeFileSync(join(folder, 'src', path), content);
  }
  expect(told(cruise(folder))).toEqual([
    'dns-may-import-client-kinds-meta-lib: src/dns/index.ts -> src/proxy/index.ts',
    'lib-may-import-nothing: src/lib/clock.ts -> src/kinds/index.ts',
    'main-by-index: src/main.ts -> src/client/put.ts',
    'no-circles: src/client/get.ts -> src/client/put.ts',
    'other-folders-by-index: src/proxy/index.ts -> src/client/get.ts',
    'store-may-import-lib: src/store/index.ts -> src/meta/pod.ts',
  ]);
});
