import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openPki, startApi } from '../../../src/api/index.ts';
import { createHttpsTransport, createMemoryTransport, type Transport } from '../../../src/client/index.ts';
import { configMap } from '../../../src/kinds/index.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { createMetrics } from '../../../src/lib/metrics.ts';
import { systemRandom } from '../../../src/lib/random.ts';
import { openMemoryStore } from '../../../src/store/index.ts';
import { transportContract } from './contract.ts';

const dir = mkdtempSync(join(tmpdir(), 'peapod-client-'));
const pki = openPki(dir, { serverNames: ['localhost', '127.0.0.1'], clock: systemClock });
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function openApi() {
  const config = {
    host: '127.0.0.1',
    port: 0,
    manifests: join(dir, 'none'),
    serviceCidr: '10.96.0.0/16',
    nodePorts: { first: 30000, last: 32767 },
    tokenIssuer: 'https://kubernetes.default.svc.cluster.local',
  };
  const store = openMemoryStore();
  const deps = {
    store,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    metrics: createMetrics(),
    pki: await pki,
    connectNode: () => undefined,
  };
  const api = await startApi(config, deps);
  const close = async (): Promise<void> => {
    await api.close();
    await store.close();
  };
  return { api, close };
}

async function openHttps(credentials: { clientCertificate?: string; clientKey?: string; token?: string }) {
  const { api, close } = await openApi();
  const { caCertificate } = await pki;
  const transport = createHttpsTransport({ server: `https://127.0.0.1:${api.port}`, certificateAuthority: caCertificate, ...credentials });
  return {
    transport,
    close: async () => {
      transport.close();
      await close();
    },
  };
}

describe('in memory', () =>
  transportContract(async () => ({
    transport: createMemoryTransport({ clock: systemClock, random: systemRandom }),
    close: async () => {},
  })));

describe('in process', () =>
  transportContract(async () => {
    const { api, close } = await openApi();
    return { transport: api.local satisfies Transport, close };
  }));

describe('over HTTPS', () => {
  transportContract(async () => {
    const { admin } = await pki;
    return openHttps({ clientCertificate: admin.cert, clientKey: admin.key });
  });

  test('who is not known is told so, in the server’s words', async () => {
    const { transport, close } = await openHttps({ token: 'not-a-token' });
    await expect(transport.list(configMap, {})).rejects.toMatchObject({ reason: 'Unauthorized', code: 401 });
    await close();
  });

  test('a server that is not there is ServiceUnavailable, with the cause', async () => {
    const transport = createHttpsTransport({ server: 'https://127.0.0.1:1', certificateAuthority: (await pki).caCertificate });
    await expect(transport.list(configMap, {})).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  });
});
