import { connect, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Client, createClient, createEventRecorder, createInformers, createMemoryTransport } from '../../../src/client/index.ts';
import { type core, endpointSlice, service } from '../../../src/kinds/index.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { createMetrics } from '../../../src/lib/metrics.ts';
import { seededRandom } from '../../../src/lib/random.ts';
import { type ServiceProxy, startProxy } from '../../../src/proxy/index.ts';

const pool = '127.43.10.0/29';
let client: Client;
let proxy: ServiceProxy;
let ending: AbortController;
const servers: Server[] = [];

beforeEach(() => {
  client = createClient(createMemoryTransport({ clock: systemClock, random: seededRandom(5) }));
});
afterEach(async () => {
  await proxy.stop();
  ending.abort();
  for (const server of servers.splice(0)) server.close();
});

async function start(loadBalancerPool: string | undefined): Promise<void> {
  ending = new AbortController();
  const shared = { clock: systemClock, log: silentLog, signal: ending.signal };
  proxy = await startProxy(
    {
      ...{ mode: 'userspace', nodeName: 'n1', nodeAddress: '127.43.2.1', serviceCidr: '127.43.0.0/24', loadBalancerPool },
      nodePortAddresses: ['127.43.2.1'],
    },
    {
      ...{ ...shared, client, random: seededRandom(5), metrics: createMetrics(), informers: createInformers(client, shared) },
      routes: { add: async () => undefined, remove: async () => undefined, watch: () => ({ stop() {} }) },
      recorder: createEventRecorder(client, { component: 'kube-proxy', host: 'n1', clock: systemClock, log: silentLog }),
    },
  );
}

async function balanced(name: string, nth: number, spec: Partial<core.ServiceSpec> = {}): Promise<void> {
  const address = `127.43.1.${nth}`;
  const server = createServer((socket) => socket.end(name));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(8080, address, resolve));
  await client.create(service, {
    metadata: { name, namespace: 'default' },
    spec: {
      type: 'LoadBalancer',
      clusterIP: `127.43.0.${nth}`,
      clusterIPs: [`127.43.0.${nth}`],
      ports: [{ port: 8095, protocol: 'TCP' }],
      ...spec,
    },
  });
  await client.create(endpointSlice, {
    metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    ...{ addressType: 'IPv4', ports: [{ name: '', protocol: 'TCP', port: 8080 }] },
    endpoints: [{ addresses: [address], nodeName: 'n1', conditions: { ready: true } }],
  });
}

const addressOf = async (name: string): Promise<string | undefined> =>
  (await client.get(service, { name, namespace: 'default' }))?.status?.loadBalancer?.ingress?.[0]?.ip;
const say = (host: string, port: number): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port });
    socket
      .on('data', (part) => (text += part))
      .on('end', () => resolve(text))
      .on('error', (error) => resolve(error.message));
  });

test('two with the same port have an address each; what one has it keeps over a restart', async () => {
  await balanced('a', 1);
  await balanced('b', 2);
  await start(pool);
  await expect.poll(() => Promise.all(['a', 'b'].map(addressOf))).toEqual(['127.43.10.1', '127.43.10.2']);
  expect(await Promise.all(['127.43.10.1', '127.43.10.2'].map((it) => say(it, 8095)))).toEqual(['a', 'b']);
  await client.delete(service, { name: 'a', namespace: 'default' });
  await proxy.stop();
  ending.abort();
  await start(pool);
  expect(await addressOf('b')).toBe('127.43.10.2');
  expect(await say('127.43.10.2', 8095)).toBe('b');
  await balanced('c', 3);
  await expect.poll(() => addressOf('c')).toBe('127.43.10.1');
});

test('without a pool all have the address of the node, and one of another class none', async () => {
  await balanced('a', 1);
  await balanced('b', 2, { loadBalancerClass: 'example.com/other', ports: [{ port: 8096, protocol: 'TCP' }] });
  await start(undefined);
  await expect.poll(() => addressOf('a')).toBe('127.43.2.1');
  await proxy.settled();
  expect(await addressOf('b')).toBeUndefined();
});

test('health check ports tell how many endpoints are here', async () => {
  await balanced('a', 1, { externalTrafficPolicy: 'Local', healthCheckNodePort: 32_199 });
  await start(undefined);
  const ask = async () => {
    const response = await fetch('http://127.43.2.1:32199/');
    return { code: response.status, weight: response.headers.get('x-load-balancing-endpoint-weight'), body: await response.json() };
  };
  const answer = (localEndpoints: number) => ({ service: { namespace: 'default', name: 'a' }, localEndpoints, serviceProxyHealthy: true });
  await expect.poll(() => ask().catch(() => undefined)).toEqual({ code: 200, weight: '1', body: answer(1) });
  await client.change(endpointSlice, { name: 'a', namespace: 'default' }, (draft) => {
    draft.endpoints = [{ addresses: ['127.43.1.1'], nodeName: 'n2', conditions: { ready: true } }];
  });
  await expect.poll(() => ask()).toEqual({ code: 503, weight: '0', body: answer(0) });
  await client.delete(service, { name: 'a', namespace: 'default' });
  await expect.poll(() => say('127.43.2.1', 32_199)).toContain('ECONNREFUSED');
});
