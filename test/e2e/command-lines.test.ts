import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { longer } from '../primer/longer/index.ts';
import { settings } from '../primer/longer/web.ts';
import { walk } from '../primer/walk.ts';

let cluster: TestCluster;
let files: Server;
beforeAll(async () => {
  if (process.env.PEAPOD_LONG !== '1') return;
  files = createServer((_, response) => response.end(settings));
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  cluster = await startTestCluster({ name: 'command-lines', second: 162, nodePorts: '22000-22499' });
});
afterAll(async () => {
  files?.close();
  await cluster?.destroy();
});

// Minutes long: PEAPOD_LONG=1 runs it.
test.skipIf(process.env.PEAPOD_LONG !== '1')(
  'every command line that the primer leads to, with every kubectl and with peapod alone',
  { timeout: 900_000 },
  async () => {
    const { port } = files.address() as AddressInfo;
    const { wrong, gaps } = await walk(cluster, longer, { URL: `http://127.0.0.1:${port}`, NODE: process.execPath });
    expect(wrong).toEqual([]);
    expect(gaps).toEqual([]);
  },
);
