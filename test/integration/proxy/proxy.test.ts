import { createServer, connect, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type Client,
  createClient,
  createEventRecorder,
  createInformers,
  createMemoryTransport,
  type MemoryTransport,
} from '../../../src/client/index.ts';
import { type core, endpointSlice, event, node, pod, service } from '../../../src/kinds/index.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { createMetrics } from '../../../src/lib/metrics.ts';
import { seededRandom } from '../../../src/lib/random.ts';
import { type LocalRoutes, type ServiceProxy, startProxy } from '../../../src/proxy/index.ts';
import { serviceForTests, sliceForTests } from '../../fixtures/proxy/services.ts';

// Loopback addresses stand in for service addresses (127.42.0.x), pods (127.42.1.x) and the node (127.42.2.1).
const serviceCidr = '127.42.0.0/24';
let client: Client;
let proxy: ServiceProxy;
let ending: AbortController;
let routes: LocalRoutes & { there: Set<string>; fault?: string | undefined };
const servers: Server[] = [];
let transport: MemoryTransport;

beforeEach(() => {
  transport = createMemoryTransport({ clock: systemClock, random: seededRandom(5) });
  client = createClient(transport);
  ending = new AbortController();
  const there = new Set<string>();
  routes = {
    there,
    async add(cidr) {
      if (routes.fault) throw new Error(routes.fault);
      there.add(cidr);
    },
    remove: async (cidr) => void there.delete(cidr),
    watch: () => ({ stop() {} }),
  };
});
afterEach(async () => {
  await proxy.stop();
  ending.abort();
  for (const server of servers.splice(0)) server.close();
});

async function start(): Promise<void> {
  const shared = { clock: systemClock, log: silentLog, signal: ending.signal };
  proxy = await startProxy(
    {
      ...{ mode: 'userspace', nodeName: 'n1', nodeAddress: '127.42.2.1', serviceCidr },
      nodePortAddresses: ['127.0.0.1', '127.42.2.1'],
    },
    {
      ...shared,
      ...{ client, routes, random: seededRandom(5), metrics: createMetrics() },
      informers: createInformers(client, shared),
      recorder: createEventRecorder(client, { component: 'kube-proxy', host: 'n1', clock: systemClock, log: silentLog }),
    },
  );
}

/** A pod that answers with who it is. */
async function backend(address: string, port = 8080): Promise<void> {
  const server = createServer((socket) => socket.end(address));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
}
const ask = (address: string, port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.once('data', (data) => resolve(data.toString()));
  });
async function seen<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (let i = 0; i < 400; i++) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not seen in time: ${what}\n${proxy.describe()}`);
}
const answers = (address: string, port: number, want: string) =>
  seen(`${address}:${port} ${want}`, async () => (await ask(address, port)) === want);
const seedService = (spec: Partial<core.ServiceSpec>, name = 'web'): core.Service =>
  transport.seed(service, serviceForTests({ clusterIP: '127.42.0.5', clusterIPs: ['127.42.0.5'], ...spec }, { name, uid: name }));
const eventsOf = async (name: string): Promise<string[]> => {
  const { items } = await client.list(event, { namespace: 'default' });
  return items.filter((it) => it.involvedObject.name === name).map((it) => `${it.type} ${it.reason} ${it.message}`);
};

test('what is there at the start is served when the start is over', async () => {
  await backend('127.42.1.1');
  seedService({ type: 'NodePort', ports: [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30180 }] });
  transport.seed(endpointSlice, sliceForTests(['127.42.1.1']));
  await start();
  expect([await ask('127.42.0.5', 80), await ask('127.0.0.1', 30180), await ask('127.42.2.1', 30180)]).toEqual(Array(3).fill('127.42.1.1'));
  expect([...routes.there]).toEqual([serviceCidr]);
  expect(proxy.health()).toBeUndefined();
  expect(proxy.describe()).toContain('TCP 127.42.0.5:80\tlistens\tendpoints=1');
});

test('endpoints and services come, change and go', async () => {
  await start();
  await backend('127.42.1.1');
  await backend('127.42.1.2');
  await client.create(service, seedlessService());
  expect(await ask('127.42.0.5', 80)).toBe('ECONNREFUSED');
  await client.create(endpointSlice, sliceForTests(['127.42.1.1']));
  await answers('127.42.0.5', 80, '127.42.1.1');
  await client.change(endpointSlice, { namespace: 'default', name: 'web-abcde' }, (draft) => {
    draft.endpoints = [{ addresses: ['127.42.1.2'], conditions: { ready: true } }];
  });
  await answers('127.42.0.5', 80, '127.42.1.2');
  await client.change(service, { namespace: 'default', name: 'web' }, (draft) => {
    draft.spec.ports = [{ name: 'http', port: 81, protocol: 'TCP' }];
  });
  await answers('127.42.0.5', 81, '127.42.1.2');
  expect(await ask('127.42.0.5', 80)).toBe('ECONNREFUSED');
  await client.delete(service, { namespace: 'default', name: 'web' });
  await answers('127.42.0.5', 81, 'ECONNREFUSED');
});

test('endpoints meant for the zone of this node are taken, as soon as it is in one', async () => {
  await backend('127.42.1.1');
  await backend('127.42.1.2');
  seedService({});
  const endpoint = (address: string, zone: string) => ({ addresses: [address], hints: { forZones: [{ name: zone }] } });
  transport.seed(endpointSlice, sliceForTests([], { endpoints: [endpoint('127.42.1.1', 'a'), endpoint('127.42.1.2', 'b')] }));
  await client.create(node, { metadata: { name: 'n1' }, spec: {} });
  await start();
  const twice = async () => new Set([await ask('127.42.0.5', 80), await ask('127.42.0.5', 80)]);
  expect((await twice()).size).toBe(2);
  await client.change(node, { name: 'n1' }, (draft) => {
    draft.metadata.labels = { 'topology.kubernetes.io/zone': 'b' };
  });
  await seen('the endpoint of the zone alone', () => proxy.describe().includes('TCP 127.42.0.5:80\tlistens\tendpoints=1'));
  expect([...(await twice())]).toEqual(['127.42.1.2']);
});

const seedlessService = (): core.Service => serviceForTests({ clusterIP: '127.42.0.5', clusterIPs: ['127.42.0.5'] });

test('a load balancer gets the address of the node and listens on its own port', async () => {
  await backend('127.42.1.1');
  await start();
  seedService({ type: 'LoadBalancer', ports: [{ name: 'http', port: 8085, protocol: 'TCP', nodePort: 30181 }] });
  const status = await seen('an address', async () => {
    const found = (await client.get(service, { namespace: 'default', name: 'web' }))?.status;
    return found?.loadBalancer?.ingress && found;
  });
  expect(status.loadBalancer?.ingress).toEqual([{ ip: '127.42.2.1', ipMode: 'VIP' }]);
  transport.seed(endpointSlice, sliceForTests(['127.42.1.1']));
  await answers('127.42.2.1', 8085, '127.42.1.1');
  await answers('127.0.0.1', 8085, '127.42.1.1');
  await seen('an event', async () => (await eventsOf('web')).includes('Normal EnsuredLoadBalancer Ensured load balancer'));
});

test('a port of another program is told by event and condition, and taken when it is free', async () => {
  await backend('127.42.1.1');
  await backend('0.0.0.0', 8086);
  await start();
  seedService({ ports: [{ name: 'http', port: 8086, protocol: 'TCP' }] });
  transport.seed(endpointSlice, sliceForTests(['127.42.1.1']));
  const why = 'cluster IP 8086/TCP cannot be served on 127.42.0.5: it is in use by another program on this host';
  await seen('an event', async () => (await eventsOf('web')).includes(`Warning PortNotAvailable ${why}`));
  const conditions = async () => (await client.get(service, { namespace: 'default', name: 'web' }))?.status?.conditions ?? [];
  const [condition] = await seen('a condition', async () => {
    const all = await conditions();
    return all.length > 0 && all;
  });
  expect(condition).toMatchObject({ type: 'ports.peapod.dev/n1', status: 'False', reason: 'PortNotAvailable', message: why });
  servers.find((it) => (it.address() as { port: number }).port === 8086)?.close();
  await answers('127.42.0.5', 8086, '127.42.1.1');
  await seen('no condition', async () => (await conditions()).length === 0);
});

test('host ports of pods of this node lead to them', async () => {
  await backend('127.42.1.1', 80);
  await start();
  const it = {
    metadata: { name: 'web', namespace: 'default' },
    spec: { nodeName: 'n1', containers: [{ name: 'app', image: 'x', ports: [{ containerPort: 80, hostPort: 30182, protocol: 'TCP' }] }] },
  };
  transport.seed(pod, { ...it, status: { phase: 'Running', podIP: '127.42.1.1' } });
  await answers('127.0.0.1', 30182, '127.42.1.1');
  await client.delete(pod, { namespace: 'default', name: 'web' }, { gracePeriodSeconds: 0 });
  await answers('127.0.0.1', 30182, 'ECONNREFUSED');
});

test('without the route it says so, and serves the rest', async () => {
  routes.fault = 'Operation not permitted';
  await backend('127.42.1.1');
  seedService({ type: 'NodePort', ports: [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30183 }] });
  transport.seed(endpointSlice, sliceForTests(['127.42.1.1']));
  await start();
  expect(proxy.health()).toBe('service addresses cannot be served: Operation not permitted');
  expect(await ask('127.0.0.1', 30183)).toBe('127.42.1.1');
});

test('at the end everything is given back', async () => {
  await backend('127.42.1.1');
  seedService({});
  transport.seed(endpointSlice, sliceForTests(['127.42.1.1']));
  await start();
  await proxy.stop();
  expect([await ask('127.42.0.5', 80), routes.there.size]).toEqual(['ECONNREFUSED', 0]);
});

test('an endpoint that ends is waited for until nobody is led to it, and not longer than wanted', async () => {
  await backend('127.42.1.1');
  await client.create(service, serviceForTests({ clusterIP: '127.42.0.5', clusterIPs: ['127.42.0.5'] }));
  const slice = await client.create(endpointSlice, sliceForTests(['127.42.1.1']));
  await start();
  const words: string[] = [];
  const never = new AbortController();
  const waits = proxy.withdrawn('127.42.1.1', never.signal).then(() => words.push('withdrawn'));
  await proxy.withdrawn('127.42.1.9', never.signal);
  expect(words).toEqual([]);
  await client.change(endpointSlice, slice, (draft) => {
    draft.endpoints = [{ addresses: ['127.42.1.1'], conditions: { ready: false, serving: true, terminating: true } }];
  });
  await waits;
  const gaveUp = new AbortController();
  gaveUp.abort();
  await proxy.withdrawn('127.42.1.1', gaveUp.signal);
});
