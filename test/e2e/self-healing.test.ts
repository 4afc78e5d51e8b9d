import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { seededRandom } from '../../src/lib/random.ts';
import { startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { killAtRandom } from '../fixtures/cluster/kills.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';
import { createMixedWorkload, engineContainers, untilWell, type Wanted, whatIsAmiss } from '../fixtures/cluster/mixed-workload.ts';

const kills = process.env['PEAPOD_LONG'] === '1' ? 200 : 12;
const seed = Number(process.env['PEAPOD_SEED'] ?? Math.floor(Math.random() * 1e6));
let cluster: TestCluster;
let client: Client;
let close = (): void => {};
let wanted: Wanted;

beforeAll(async () => {
  cluster = await startTestCluster({ name: 'healing', second: 144, nodePorts: '25800-25899' });
  ({ client, close } = readKubeconfig(cluster.kubeconfig));
});
afterAll(async () => {
  close();
  await cluster?.destroy();
});

test('a mixed workload of forty pods and more comes up', async () => {
  wanted = await createMixedWorkload(client);
  await untilWell({ cluster, client, wanted }, 'all pods are ready', 120_000);
  expect([...wanted.values()].reduce((sum, it) => sum + it, 0)).toBeGreaterThanOrEqual(40);
});

test('what would be amiss is seen', async () => {
  expect(await whatIsAmiss(client, cluster.label, new Map([...wanted, ['web', 13]]))).toBe('12 pods of web instead of 13');
});

test(`killed ${kills} times, it comes back each time`, { timeout: 3_600_000, retry: 0 }, async () => {
  console.log(`PEAPOD_SEED=${seed} repeats this choice of kills`);
  const done = await killAtRandom({ cluster, client, wanted, random: seededRandom(seed) }, kills);
  const times = done.map((it) => it.healed).sort((a, b) => a - b);
  const worst = done.reduce((a, b) => (b.healed > a.healed ? b : a));
  console.log(`healed: median ${Math.round(times[kills >> 1] ?? 0)} ms, worst ${Math.round(worst.healed)} ms (${worst.what})`);
  expect(done).toHaveLength(kills);
  // Nothing dead is left lying about either: what died and was replaced is kept once per container at most.
  const dead = (await engineContainers(cluster.label)).filter((it) => !it.running && it.sandbox);
  expect(dead).toEqual([]);
});
