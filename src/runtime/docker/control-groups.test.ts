import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import { controlGroups } from './control-groups.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'groups-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const limits = {
  memoryBytes: 1 << 20,
  pids: 5,
  hugePages: new Map([
    [2 << 20, 4 << 20],
    [1 << 30, 0],
  ]),
};

test('version 1: a folder in every hierarchy, that of huge pages where there is one', async () => {
  const groups = controlGroups('1', new VirtualClock(), root);
  expect(await groups.ensure('a', limits)).toBe('/peapod/a');
  expect([read('memory/peapod/a/memory.limit_in_bytes'), read('pids/peapod/a/pids.max'), existsSync(join(root, 'hugetlb'))]).toEqual([
    String(1 << 20),
    '5',
    false,
  ]);
  mkdirSync(join(root, 'hugetlb'));
  await groups.ensure('a', limits);
  expect(read('hugetlb/peapod/a/hugetlb.2MB.limit_in_bytes')).toBe(String(4 << 20));
  expect(read('hugetlb/peapod/a/hugetlb.1GB.limit_in_bytes')).toBe('0');
});

test('version 2: one folder, and what is limited in it is handed down', async () => {
  const groups = controlGroups('2', new VirtualClock(), root);
  writeFileSync(join(root, 'cgroup.controllers'), 'cpu memory pids\n');
  await groups.ensure('a', limits);
  expect([read('cgroup.subtree_control'), read('peapod/a/memory.max')]).toEqual(['+cpu +memory +pids', String(1 << 20)]);
  expect(existsSync(join(root, 'peapod/a/hugetlb.2MB.max'))).toBe(false);
  writeFileSync(join(root, 'cgroup.controllers'), 'cpu memory hugetlb pids\n');
  await groups.ensure('a', limits);
  expect([read('cgroup.subtree_control'), read('peapod/a/hugetlb.2MB.max')]).toEqual(['+cpu +memory +pids +hugetlb', String(4 << 20)]);
});
