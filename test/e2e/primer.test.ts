import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { sections } from '../primer/sections/index.ts';
import { walk } from '../primer/walk.ts';

let cluster: TestCluster;
beforeAll(async () => {
  // Says what it cannot get, and fails.
  execFileSync('node', ['docker/setup/images.mjs', '--quiet'], { stdio: ['ignore', 'inherit', 'inherit'] });
  cluster = await startTestCluster({ name: 'primer', second: 160, nodePorts: '30000-32767' });
});
afterAll(() => cluster?.destroy());

test('every line of the primer, with kubectl and with peapod alone', { timeout: 900_000 }, async () => {
  const { wrong, gaps } = await walk(cluster, sections);
  expect(wrong).toEqual([]);
  expect(gaps).toEqual([]);
});
