import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Agent, request as requestTls } from 'node:https';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { NodeConnection } from '../../../src/api/index.ts';
import { asAdmin, rawRequests, type RawRequests } from '../../fixtures/api/requests.ts';
import { openTestApi, type TestApi } from '../../fixtures/api/server.ts';

/** An address of this host that is not only its own: what a pod could have. */
const address = Object.values(networkInterfaces())
  .flatMap((it) => it ?? [])
  .find((it) => it.family === 'IPv4' && !it.internal && !it.address.startsWith('169.254.'))?.address;

const ns = '/api/v1/namespaces/default';

describe.skipIf(address === undefined)('requests through the API server', () => {
  const host = address as string;
  let server: TestApi;
  let raw: RawRequests;
  let backend: Server;
  let tls: Server;
  let sockets: WebSocketServer;
  const asked: Array<{ method: string; url: string; headers: Record<string, unknown>; body: Buffer }> = [];
  const last = () => asked.at(-1) as (typeof asked)[number];
  const portOf = (it: Server): number => (it.address() as AddressInfo).port;

  const answer: Parameters<typeof createServer>[1] = (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const url = request.url ?? '';
      asked.push({ method: request.method ?? '', url, headers: request.headers, body });
      if (url.startsWith('/redirect')) response.writeHead(302, { Location: '/elsewhere?x=1', 'Access-Control-Allow-Origin': '*' }).end();
      else if (url === '/page') response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end('<a href="/x">x</a>');
      else if (url === '/zipped')
        response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Encoding': 'gzip' }).end(gzipSync('<a href="/x">x</a>'));
      else if (url === '/cookies')
        response
          .writeHead(
            418,
            'Teapot',
            [
              ['Set-Cookie', 'a=1'],
              ['Set-Cookie', 'b=2'],
              ['X-One', '1'],
            ].flat(),
          )
          .end('tea');
      else if (url === '/cut') {
        response.writeHead(200, { 'Content-Length': 100 });
        response.write('half');
        setImmediate(() => response.destroy());
      } else if (url === '/echo') response.writeHead(200).end(body);
      else response.end(`${request.method} ${url}`);
    });
  };

  beforeAll(async () => {
    const agent: Partial<NodeConnection> = {
      serve: async (request, response, path) => void response.end(`agent ${request.method} ${path}`),
    };
    server = await openTestApi((name) => (name === 'n1' ? (agent as NodeConnection) : undefined));
    raw = rawRequests(server);
    backend = createServer(answer);
    tls = createTlsServer({ key: server.pki.server.key, cert: server.pki.server.cert }, answer);
    sockets = new WebSocketServer({ noServer: true });
    backend.on('upgrade', (request, socket, head) => {
      if (request.url === '/refused') return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
      if (request.url === '/ignored') return void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      sockets.handleUpgrade(request, socket, head, (it) => it.on('message', (data, isBinary) => it.send(data, { binary: isBinary })));
    });
    await Promise.all([backend, tls].map((it) => new Promise<void>((resolve) => it.listen(0, host, resolve))));
    const api = asAdmin(server);
    await api.post(`${ns}/serviceaccounts`).send({ metadata: { name: 'default' } });
    const containers = [{ name: 'c', image: 'x', ports: [{ containerPort: portOf(backend) }] }];
    for (const name of ['web', 'new']) await api.post(`${ns}/pods`).send({ metadata: { name }, spec: { containers } }).expect(201);
    const status = { phase: 'Running', podIP: host, podIPs: [{ ip: host }] };
    await api.patch(`${ns}/pods/web/status`).type('application/merge-patch+json').send({ status }).expect(200);
    const ports = [
      { name: 'http', port: 80 },
      { name: 'tls', port: 443 },
      { name: 'nobody', port: 81 },
    ];
    await api
      .post(`${ns}/services`)
      .send({ metadata: { name: 'web' }, spec: { ports } })
      .expect(201);
    const slice = {
      metadata: { name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [host], conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'web', namespace: 'default' } }],
      ports: [
        { name: 'http', port: portOf(backend) },
        { name: 'tls', port: portOf(tls) },
      ],
    };
    await api
      .post(`/apis/discovery.k8s.io/v1${ns.slice(7)}/endpointslices`)
      .send(slice)
      .expect(201);
    await api
      .post('/api/v1/nodes')
      .send({ metadata: { name: 'n1' } })
      .expect(201);
    const addresses = [{ type: 'InternalIP', address: host }];
    await api.patch('/api/v1/nodes/n1/status').type('application/merge-patch+json').send({ status: { addresses } }).expect(200);
  });
  afterAll(async () => {
    raw?.close();
    backend?.close();
    tls?.close();
    await server?.close();
  });

  test.each([
    ['a pod', `${ns}/pods/web/proxy/x/y?a=1&a=2`, '/x/y?a=1&a=2'],
    ['a pod by port', () => `${ns}/pods/web:${portOf(backend)}/proxy/x/`, '/x/'],
    ['a pod over TLS', () => `${ns}/pods/https:web:${portOf(tls)}/proxy/x`, '/x'],
    ['a service by name of port', `${ns}/services/web:http/proxy/x`, '/x'],
    ['a service by number of port', `${ns}/services/web:80/proxy/`, '/'],
    ['a service over TLS', `${ns}/services/https:web:tls/proxy/a%2Fb//c`, '/a%2Fb//c'],
    ['a port of a node', () => `/api/v1/nodes/n1:${portOf(backend)}/proxy/x`, '/x'],
  ])('%s', async (_, path, want) => {
    const { code, text } = await raw.send({ path: typeof path === 'string' ? path : path() });
    expect([code, text]).toEqual([200, `GET ${want}`]);
  });

  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s with a body, as it is', async (method) => {
    const { code } = await raw.send({ method, path: `${ns}/pods/web/proxy/x`, body: '{"a":', type: 'application/x-mine' });
    expect(code).toBe(200);
    expect(last()).toMatchObject({ method, url: '/x', headers: { 'content-type': 'application/x-mine' } });
    expect(last().body.toString()).toBe('{"a":');
  });

  test('HEAD, and a method that is not passed on', async () => {
    expect((await raw.send({ method: 'HEAD', path: `${ns}/pods/web/proxy/x` })).code).toBe(200);
    expect((await raw.send({ method: 'TRACE', path: `${ns}/pods/web/proxy/x` })).code).toBe(405);
  });

  test('headers: who asks, and what is for this server alone', async () => {
    const headers = {
      'Impersonate-User': 'system:admin',
      'Impersonate-Group': 'system:masters',
      'X-Mine': 'a',
      'X-Forwarded-For': '9.9.9.9',
    };
    await raw.send({ path: `${ns}/services/web:http/proxy/x%20y`, headers });
    expect(last().headers).toMatchObject({
      ...{ host: `127.0.0.1:${server.api.port}`, 'x-mine': 'a', 'x-forwarded-for': '9.9.9.9, 127.0.0.1' },
      'x-forwarded-uri': `${ns}/services/web:http/proxy/x y`,
    });
    expect(Object.keys(last().headers).filter((it) => it.startsWith('impersonate'))).toEqual([]);
  });

  test('without a path: to where relative links work', async () => {
    const { code, headers } = await raw.send({ path: `${ns}/pods/web/proxy?a=1` });
    expect([code, headers.location]).toEqual([301, `${ns}/pods/web/proxy/?a=1`]);
    expect((await raw.send({ method: 'POST', path: `${ns}/pods/web/proxy` })).text).toBe('POST /');
  });

  test('redirects and links lead back through here', async () => {
    const redirect = await raw.send({ path: `${ns}/services/web:http/proxy/redirect` });
    expect([redirect.code, redirect.headers.location]).toEqual([302, `${ns}/services/web:http/proxy/elsewhere?x=1`]);
    expect(redirect.headers).not.toHaveProperty('access-control-allow-origin');
    const page = await raw.send({ path: `${ns}/services/web:http/proxy/page` });
    expect(page.text).toBe(`<a href="${ns}/services/web:http/proxy/x">x</a>`);
    const zipped = await asAdmin(server)
      .get(`${ns}/pods/web/proxy/zipped`)
      .buffer(true)
      .parse((stream, done) => {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', () => done(null, Buffer.concat(parts)));
      });
    const bytes = zipped.body as Buffer;
    expect((bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString()).toBe(`<a href="${ns}/pods/web/proxy/x">x</a>`);
  });

  test('an answer comes as it was given', async () => {
    const { code, headers, text } = await raw.send({ path: `${ns}/pods/web/proxy/cookies` });
    expect([code, headers['set-cookie'], headers['x-one'], text]).toEqual([418, ['a=1', 'b=2'], '1', 'tea']);
  });

  test('an answer that breaks off does not look whole', async () => {
    await expect(raw.send({ path: `${ns}/pods/web/proxy/cut` })).rejects.toThrow(/aborted|hang up/);
  });

  test('twenty megabytes both ways', async () => {
    const body = Buffer.alloc(20 * 1024 * 1024, 'bulk of no end ');
    const { text } = await raw.send({ method: 'POST', path: `${ns}/pods/web/proxy/echo`, body, type: 'application/octet-stream' });
    expect(createHash('sha256').update(text).digest('hex')).toBe(createHash('sha256').update(body).digest('hex'));
  });

  test('the agent of a node', async () => {
    expect((await raw.send({ path: '/api/v1/nodes/n1/proxy/metrics?x=1' })).text).toBe('agent GET /metrics?x=1');
    expect((await raw.send({ path: '/api/v1/nodes/n1:10250/proxy/' })).text).toBe('agent GET /');
  });

  test.each([
    ['a pod that is not there', `${ns}/pods/none/proxy/`, 404, 'pods "none" not found'],
    ['a pod without an address', `${ns}/pods/new/proxy/`, 400, 'address not allowed'],
    [
      'a port nobody listens on',
      `${ns}/pods/web:1/proxy/`,
      503,
      `error trying to reach service: dial tcp ${host}:1: connect: connection refused`,
    ],
    ['a service that is not there', `${ns}/services/none/proxy/`, 404, 'services "none" not found'],
    ['a service without endpoints', `${ns}/services/web:nobody/proxy/`, 503, 'no endpoints available for service "web"'],
    ['a port a service does not have', `${ns}/services/web:99/proxy/`, 503, 'no service port 99 found for service "web"'],
    ['a name that is none', `${ns}/services/ftp:web:80/proxy/`, 400, 'invalid service request "ftp:web:80"'],
    ['a node that is not there', '/api/v1/nodes/none/proxy/', 404, 'nodes "none" not found'],
  ])('%s', async (_, path, code, message) => {
    const { body } = await raw.send({ path });
    expect(body).toMatchObject({ kind: 'Status', status: 'Failure', code, message });
  });

  test('who may not is told so', async () => {
    const { code, body } = await raw.send({ path: `${ns}/services/web:http/proxy/x`, headers: { 'Impersonate-User': 'jane' } });
    expect(code).toBe(403);
    expect(body.message).toContain('User "jane" cannot get resource "services/proxy" in API group "" in the namespace "default"');
  });

  test('the subresources are in the discovery', async () => {
    const { body } = await raw.send({ path: '/api/v1' });
    const found = (body.resources as Array<{ name: string; kind: string }>).filter((it) => it.name.endsWith('/proxy'));
    expect(found.map((it) => [it.name, it.kind])).toEqual([
      ['nodes/proxy', 'NodeProxyOptions'],
      ['pods/proxy', 'PodProxyOptions'],
      ['services/proxy', 'ServiceProxyOptions'],
    ]);
  });

  const credentials = () => ({ ca: server.pki.caCertificate, cert: server.pki.admin.cert, key: server.pki.admin.key });

  test('a WebSocket', async () => {
    const it = new WebSocket(`wss://127.0.0.1:${server.api.port}${ns}/services/web:http/proxy/talk`, credentials());
    await new Promise((resolve, reject) => it.once('open', resolve).once('error', reject));
    const said: string[] = [];
    it.on('message', (data) => said.push(String(data)));
    const big = 'x'.repeat(300_000);
    for (const word of ['one', 'two', big]) it.send(word);
    await expect.poll(() => said.length).toBe(3);
    expect(said).toEqual(['one', 'two', big]);
    it.close();
    await new Promise((resolve) => it.once('close', resolve));
  });

  test.each([
    ['/refused', 403, 'no'],
    ['/ignored', 500, 'invalid upgrade response: status code 200'],
  ])('a WebSocket that is %s', async (path, code, text) => {
    const outcome = await new Promise<{ code: number; text: string }>((resolve, reject) => {
      const headers = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      };
      const sent = requestTls(`${server.url}${ns}/pods/web/proxy${path}`, { headers, agent: new Agent(credentials()) }, (response) => {
        let all = '';
        response.on('data', (part) => (all += part)).on('end', () => resolve({ code: response.statusCode ?? 0, text: all }));
      });
      sent.on('error', reject).end();
    });
    expect(outcome.code).toBe(code);
    expect(outcome.text).toContain(text);
  });

  test('a client that goes away takes its connection to the backend with it', async () => {
    const before = await new Promise<number>((resolve) => backend.getConnections((_, count) => resolve(count)));
    const hanging = connect({ host, port: portOf(backend) });
    hanging.destroy();
    const it = new WebSocket(`wss://127.0.0.1:${server.api.port}${ns}/pods/web/proxy/talk`, credentials());
    await new Promise((resolve) => it.once('open', resolve));
    it.terminate();
    await expect
      .poll(() => new Promise<number>((resolve) => backend.getConnections((_, count) => resolve(count))))
      .toBeLessThanOrEqual(before);
  });

  test('nothing of this was a fault of the server', () => expect(server.errors).toEqual([]));
});
