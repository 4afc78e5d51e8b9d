import { once } from 'node:events';
import { createServer, request as requestHttp, type IncomingMessage, type Server } from 'node:http';
import { connect as connectH2, createServer as createH2 } from 'node:http2';
import { request as requestTls } from 'node:https';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { openPki, type Pki } from '../../../src/api/index.ts';
import {
  type Client,
  createClient,
  createEventRecorder,
  createInformers,
  createMemoryTransport,
  type MemoryTransport,
} from '../../../src/client/index.ts';
import { type Front, startFront } from '../../../src/front/index.ts';
import { endpointSlice, event, ingress, ingressClass, secret, service } from '../../../src/kinds/index.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { holderOfPort } from '../../../src/lib/port-holder.ts';
import { createMetrics } from '../../../src/lib/metrics.ts';
import { seededRandom } from '../../../src/lib/random.ts';

let dir: string;
let own: Pki;
let other: Pki;
let client: Client;
let front: Front;
let transport: MemoryTransport;
let ending: AbortController;
const servers: Array<{ close(): unknown }> = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'peapod-front-'));
  own = await openPki(join(dir, 'own'), { serverNames: [], clock: systemClock });
  other = await openPki(join(dir, 'other'), { serverNames: [], clock: systemClock });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

beforeEach(() => {
  transport = createMemoryTransport({ clock: systemClock, random: seededRandom(5) });
  client = createClient(transport);
  ending = new AbortController();
});
afterEach(() => {
  ending.abort();
  for (const it of servers.splice(0)) it.close();
});

async function start(port = 0, tlsPort: number | undefined = 0): Promise<void> {
  const shared = { clock: systemClock, log: silentLog, signal: ending.signal };
  front = await startFront(
    { addresses: ['127.0.0.1'], port, tlsPort, certificate: own.server },
    {
      ...{ ...shared, client, metrics: createMetrics(), informers: createInformers(client, shared) },
      recorder: createEventRecorder(client, { component: 'front', clock: systemClock, log: silentLog }),
    },
  );
}

async function listening(server: Server | ReturnType<typeof createH2> | ReturnType<typeof createTcp>): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** An HTTP server that says who it is and what it was asked. */
const backend = (name: string): Promise<number> =>
  listening(
    createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        response.setHeader('X-Backend', name);
        response.end(
          JSON.stringify({ name, method: request.method, url: request.url, headers: request.headers, bytes: Buffer.concat(parts).length }),
        );
      });
    }),
  );

async function serviceTo(name: string, ports: readonly number[], more: { appProtocol?: string } = {}): Promise<void> {
  await client.create(service, { metadata: { name, namespace: 'default' }, spec: { ports: [{ name: 'http', port: 80, ...more }] } });
  for (const [i, port] of ports.entries()) await endpoint(name, `${name}-${i}`, port);
}

const endpoint = (name: string, slice: string, port: number) =>
  client.create(endpointSlice, {
    metadata: { name: slice, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    ...{ addressType: 'IPv4', ports: [{ name: 'http', port }] },
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
  });

const to = (name: string) => ({ service: { name, port: { number: 80 } } });
const ingressTo = (name: string, host: string, more: object = {}) =>
  client.create(ingress, {
    metadata: { name, namespace: 'default' },
    spec: {
      ingressClassName: 'peapod',
      rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend: to(name) }] } }],
      ...more,
    },
  });

type Answer = { code: number; headers: IncomingMessage['headers']; text: string };
const ask = (
  host: string,
  path = '/',
  options: { method?: string; body?: Buffer | string; secure?: boolean; ca?: string } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { secure, ca } = options;
    const port = secure ? front.ports().https : front.ports().http;
    const given = {
      host: '127.0.0.1',
      port,
      path,
      method: options.method ?? 'GET',
      headers: { Host: `${host}:${port}` },
      agent: false as const,
    };
    const sent = secure
      ? requestTls({ ...given, servername: host, ...(ca ? { ca } : { rejectUnauthorized: false }), checkServerIdentity: () => undefined })
      : requestHttp(given);
    sent.on('response', (response) => {
      let text = '';
      response
        .on('data', (part) => (text += part))
        .on('end', () => resolve({ code: response.statusCode ?? 0, headers: response.headers, text }))
        .on('error', reject);
    });
    sent.on('error', reject);
    sent.end(options.body);
  });
const until = (host: string, code: number): Promise<void> => expect.poll(async () => (await ask(host)).code).toBe(code);

test('every Service has a URL, from the moment it is there', async () => {
  await start();
  expect(await ask('web.default.localhost')).toMatchObject({ code: 503 });
  expect((await ask('nobody.example.com')).code).toBe(404);
  await serviceTo('web', [await backend('web')]);
  await until('web.default.localhost', 200);
  const { text } = await ask('WEB.default.localhost', '/a%2Fb?c=d', { method: 'POST', body: 'hello' });
  const port = front.ports().http;
  expect(JSON.parse(text)).toMatchObject({
    ...{ name: 'web', method: 'POST', url: '/a%2Fb?c=d', bytes: 5 },
    headers: {
      host: `WEB.default.localhost:${port}`,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `WEB.default.localhost:${port}`,
      'x-forwarded-port': String(port),
    },
  });
  await client.delete(service, { name: 'web', namespace: 'default' });
  await until('web.default.localhost', 503);
});

test('Ingress: rules by host and path, changed while it runs, and its status', async () => {
  await serviceTo('web', [await backend('web')]);
  await serviceTo('shop', [await backend('shop')]);
  await start();
  expect((await client.get(ingressClass, { name: 'peapod' }))?.metadata.annotations).toHaveProperty(
    ['ingressclass.kubernetes.io/is-default-class'],
    'true',
  );
  await ingressTo('web', 'web.test');
  await until('web.test', 200);
  await client.change(ingress, { name: 'web', namespace: 'default' }, ({ spec }) => {
    spec.rules?.[0]?.http?.paths.push({ path: '/shop', pathType: 'Prefix', backend: to('shop') });
  });
  await expect.poll(async () => (await ask('web.test', '/shop/x')).headers['x-backend']).toBe('shop');
  expect((await ask('web.test', '/shopping')).headers['x-backend']).toBe('web');
  await expect
    .poll(async () => (await client.get(ingress, { name: 'web', namespace: 'default' }))?.status)
    .toEqual({
      loadBalancer: {
        ingress: [
          {
            ip: '127.0.0.1',
            ports: [
              { port: front.ports().http, protocol: 'TCP' },
              { port: front.ports().https, protocol: 'TCP' },
            ],
          },
        ],
      },
    });
  await client.delete(ingress, { name: 'web', namespace: 'default' });
  await until('web.test', 404);
});

test('an Ingress of somebody else is left alone', async () => {
  await serviceTo('web', [await backend('web')]);
  await client.create(ingressClass, { metadata: { name: 'nginx' }, spec: { controller: 'k8s.io/ingress-nginx' } });
  await ingressTo('web', 'web.test', { ingressClassName: 'nginx' });
  await start();
  expect((await ask('web.test')).code).toBe(404);
  await front.settled();
  expect((await client.get(ingress, { name: 'web', namespace: 'default' }))?.status?.loadBalancer?.ingress).toBeUndefined();
});

test('turns, and endpoints that do not answer are passed over, bodies kept', async () => {
  const closed = createTcp();
  const dead = await listening(closed);
  closed.close();
  await serviceTo('web', [dead, await backend('a'), await backend('b')]);
  await start();
  await until('web.default.localhost', 200);
  const body = 'x'.repeat(100_000);
  const answers = await Promise.all(Array.from({ length: 12 }, () => ask('web.default.localhost', '/', { method: 'POST', body })));
  expect(answers.map((it) => it.code)).toEqual(Array(12).fill(200));
  expect(new Set(answers.map((it) => it.headers['x-backend']))).toEqual(new Set(['a', 'b']));
  expect(answers.every((it) => JSON.parse(it.text).bytes === body.length)).toBe(true);
});

test('kept connections: used again, and made anew when the backend has given them up', async () => {
  let connections = 0;
  const server = createServer((_, response) => response.end('ok'));
  server.on('connection', () => connections++);
  await serviceTo('web', [await listening(server)]);
  await start();
  await until('web.default.localhost', 200);
  for (let i = 0; i < 5; i++) expect((await ask('web.default.localhost')).code).toBe(200);
  expect(connections).toBeLessThanOrEqual(2);
  for (let i = 0; i < 20; i++) {
    server.closeAllConnections();
    expect((await ask('web.default.localhost')).code).toBe(200);
  }
});

test('nobody answers: 502 says who', async () => {
  const closed = createTcp();
  const dead = await listening(closed);
  closed.close();
  await serviceTo('web', [dead]);
  await start();
  const { code, text } = await ask('web.default.localhost');
  expect([code, text]).toEqual([502, expect.stringContaining('no endpoint of default/web')]);
});

test('answers stream: the first words come before the last are said', async () => {
  let finish = (): void => undefined;
  const port = await listening(
    createServer((_, response) => {
      response.write('first\n');
      finish = () => void response.end('last\n');
    }),
  );
  await serviceTo('web', [port]);
  await start();
  const sent = requestHttp({ host: '127.0.0.1', port: front.ports().http, headers: { Host: 'web.default.localhost' } });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const [first] = await once(response, 'data');
  expect(String(first)).toBe('first\n');
  finish();
  const [last] = await once(response, 'data');
  expect(String(last)).toBe('last\n');
});

test('WebSockets', async () => {
  const server = createServer((_, response) => void response.writeHead(426).end());
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (it) => it.on('message', (data) => it.send(`echo ${data}`)));
  await serviceTo('web', [await listening(server)]);
  await start();
  await until('web.default.localhost', 426);
  const it = new WebSocket(`ws://127.0.0.1:${front.ports().http}/talk`, { headers: { Host: 'web.default.localhost' } });
  await once(it, 'open');
  it.send('hello');
  const [said] = await once(it, 'message');
  expect(String(said)).toBe('echo hello');
  it.close();
  await once(it, 'close');
});

describe('TLS', () => {
  const put = (name: string, { cert, key }: { cert: string; key: string }) =>
    client.create(secret, {
      ...{ metadata: { name, namespace: 'default' }, type: 'kubernetes.io/tls' },
      data: { 'tls.crt': Buffer.from(cert).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') },
    });

  test('by the name the client asks for, from the Secret as it is now', async () => {
    await serviceTo('web', [await backend('web')]);
    await put('proof', other.server);
    await ingressTo('web', 'web.test', { tls: [{ hosts: ['web.test'], secretName: 'proof' }] });
    await start();
    const { code, text } = await ask('web.test', '/', { secure: true, ca: other.caCertificate });
    expect([code, JSON.parse(text).headers['x-forwarded-proto']]).toEqual([200, 'https']);
    // A name without a Secret: the cluster's own certificate.
    expect((await ask('web.default.localhost', '/', { secure: true, ca: own.caCertificate })).code).toBe(200);
    await expect(ask('web.default.localhost', '/', { secure: true, ca: other.caCertificate })).rejects.toThrow(/certificate/);
    await client.change(secret, { name: 'proof', namespace: 'default' }, (draft) => {
      draft.data = {
        'tls.crt': Buffer.from(own.server.cert).toString('base64'),
        'tls.key': Buffer.from(own.server.key).toString('base64'),
      };
    });
    await expect
      .poll(async () => (await ask('web.test', '/', { secure: true, ca: own.caCertificate }).catch(() => undefined))?.code)
      .toBe(200);
  });

  test('a Secret that holds no certificate: the own one, and no harm', async () => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    await serviceTo('web', [await backend('web')]);
    await put('proof', { cert: 'none', key: privateKey });
    await ingressTo('web', 'web.test', { tls: [{ hosts: ['web.test'], secretName: 'proof' }] });
    await start();
    expect((await ask('web.test', '/', { secure: true, ca: own.caCertificate })).code).toBe(200);
  });

  test('HTTP/2 for who offers it', async () => {
    await serviceTo('web', [await backend('web')]);
    await start();
    const socket: TLSSocket = connectTls({
      host: '127.0.0.1',
      port: front.ports().https as number,
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false,
    });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('h2');
    const session = connectH2('https://web.default.localhost', { createConnection: () => socket });
    const stream = session.request({ ':path': '/x?y', ':method': 'POST' });
    stream.end('body');
    const [headers] = await once(stream, 'response');
    let text = '';
    for await (const part of stream) text += part;
    expect(headers[':status']).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      method: 'POST',
      url: '/x?y',
      bytes: 4,
      headers: { host: 'web.default.localhost:443', 'x-forwarded-proto': 'https' },
    });
    session.close();
  });
});

test('gRPC: streams both ways, trailers, failures of headers alone', async () => {
  const server = createH2();
  server.on('stream', (stream, headers) => {
    if (headers[':path'] === '/fails')
      return stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' }, { endStream: true });
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'x-proto': String(headers['x-forwarded-proto']) },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.on('data', (part) => stream.write(`echo ${part}`));
    stream.on('end', () => stream.end());
  });
  await serviceTo('rpc', [await listening(server)]);
  await start();
  const session = connectH2(`http://127.0.0.1:${front.ports().http}`);
  const call = (path: string) =>
    session.request({
      ':method': 'POST',
      ':path': path,
      ':authority': 'rpc.default.localhost',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
  const stream = call('/echo');
  const trailers = once(stream, 'trailers');
  stream.write('one');
  const [headers] = await once(stream, 'response');
  expect(headers).toMatchObject({ ':status': 200, 'x-proto': 'http' });
  expect(String((await once(stream, 'data'))[0])).toBe('echo one');
  stream.write('two');
  expect(String((await once(stream, 'data'))[0])).toBe('echo two');
  stream.end();
  stream.resume();
  expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0' });
  const failing = call('/fails');
  failing.end();
  expect((await once(failing, 'response'))[0]).toMatchObject({ 'grpc-status': '5' });
  session.destroy();
});

test('a port that somebody has: an event says so, and it is taken when it becomes free', async () => {
  const holder = createTcp();
  const port = await listening(holder);
  await serviceTo('web', [await backend('web')]);
  await ingressTo('web', 'web.test');
  await start(port, undefined);
  expect(front.faults()).toEqual([`cannot listen on 127.0.0.1:${port}: the port is in use by ${await holderOfPort(port)}`]);
  expect(front.faults()[0]).toContain(`(process ${process.pid})`);
  await expect
    .poll(async () => (await client.list(event)).items.map((it) => `${it.reason}: ${it.message}`))
    .toContain(`PortNotAvailable: ${front.faults()[0]}`);
  holder.close();
  await expect.poll(() => front.ports().http, { timeout: 10_000 }).toBe(port);
  await until('web.test', 200);
  await expect
    .poll(async () => (await client.get(ingress, { name: 'web', namespace: 'default' }))?.status?.loadBalancer?.ingress?.[0]?.ip)
    .toBe('127.0.0.1');
});
