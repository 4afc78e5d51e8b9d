import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createWebSocketStream, WebSocket } from 'ws';
import type { Duplex } from 'node:stream';
import { StatusError } from '../../../src/meta/status-error.ts';
import { SpdyClient } from '../../fixtures/api/spdy-client.ts';
import { container, eventually, openStreamingApi, type StreamingApi } from '../../fixtures/api/streaming.ts';
import { talk, upgrade, webSocketHeaders } from '../../fixtures/api/upgrade.ts';

const base = '/api/v1/namespaces/default/pods';
const exec = (command: string, options = 'stdout=1&stderr=1', pod = 'web'): string =>
  `${base}/${pod}/exec?${options}${['sh', '-c', command].map((it) => `&command=${encodeURIComponent(it)}`).join('')}`;
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const success = { metadata: {}, status: 'Success' };

let api: StreamingApi;
beforeAll(async () => {
  api = await openStreamingApi();
  await api.addPod('web');
  await api.addPod('two', { containers: [container('a'), container('b')], initContainers: [container('setup')] });
  await api.addPod('nowhere', { nodeName: '' }, { phase: 'Pending' });
  await api.addPod('lost', { nodeName: 'n2' });
});
afterAll(() => api.close());
afterEach(async () => {
  api.node.failures.clear();
  await eventually('the end of all', () => !['exec', 'attach', 'logs', 'forward'].some((it) => api.node.open.has(it)));
});

describe.each(['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io'])('exec over %s', (protocol) => {
  test('keeps outputs apart and tells the exit code as a status', async () => {
    const it = await talk(api, exec('echo out; echo err >&2; exit 3'), protocol);
    expect(it.socket.protocol).toBe(protocol);
    expect(await it.closed).toBe(1000);
    expect([it.on(1), it.on(2)]).toEqual(['out\n', 'err\n']);
    expect(JSON.parse(it.on(3))).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  test('tells success as a status, after an empty message at the start', async () => {
    const it = await talk(api, exec('true'), protocol);
    await it.closed;
    expect(JSON.parse(it.on(3))).toEqual(success);
    expect(it.messages[0]?.length).toBe(1);
  });

  test('carries what is typed', async () => {
    const it = await talk(api, exec('read line; echo "got $line"', 'stdin=1&stdout=1'), protocol);
    it.send(0, 'some');
    it.send(0, 'thing\n');
    await it.closed;
    expect(it.on(1)).toBe('got something\n');
  });

  test('reports sizes of a terminal, whose outputs are one', async () => {
    const it = await talk(api, exec('echo out; echo err >&2; read line', 'stdin=1&stdout=1&stderr=1&tty=1'), protocol);
    it.send(4, JSON.stringify({ Width: 120, Height: 40 }));
    await eventually('the size', () => api.node.sizes.includes('120x40'));
    it.send(0, '\n');
    await it.closed;
    expect([it.on(1).split('\n').sort(), it.on(2)]).toEqual([['', 'err', 'out'], '']);
    api.node.sizes.length = 0;
  });
});

describe('exec', () => {
  test('since version 5 a client can end the input', async () => {
    const it = await talk(api, exec('cat; echo over', 'stdin=1&stdout=1'), 'v5.channel.k8s.io');
    it.send(0, 'hello\n');
    it.socket.send(Buffer.of(255, 0));
    await it.closed;
    expect(it.on(1)).toBe('hello\nover\n');
  });

  test.each(['channel.k8s.io', ''])('before version 4 a fault is told in words (%s)', async (protocol) => {
    const it = await talk(api, exec('exit 7'), protocol);
    await it.closed;
    expect(it.on(3)).toBe('command terminated with non-zero exit code: exit status 7');
    const well = await talk(api, exec('true'), protocol);
    await well.closed;
    expect(well.on(3)).toBe('');
  });

  test('takes the first protocol of the client that is known here', async () => {
    const it = await talk(api, exec('true'), 'v9.channel.k8s.io,v4.channel.k8s.io,v5.channel.k8s.io');
    expect(it.socket.protocol).toBe('v4.channel.k8s.io');
    await it.closed;
  });

  test('hands on the command, the container and what is wanted as they are', async () => {
    const it = await talk(api, `${base}/two/exec?container=b&stdout=1&command=echo&command=a%20b&command=%26`, 'v4.channel.k8s.io');
    await it.closed;
    expect(it.on(1)).toBe('a b &\n');
    expect(api.node.asked.at(-1)).toMatchObject({
      ...{ call: 'exec', ref: { namespace: 'default', pod: 'two', container: 'b' }, command: ['echo', 'a b', '&'] },
      options: { stdin: false, stdout: true, stderr: false, tty: false },
    });
  });

  test('carries twenty megabytes each way', async () => {
    const it = await talk(api, exec('cat', 'stdin=1&stdout=1'), 'v5.channel.k8s.io');
    const bytes = randomBytes(20 * 1024 * 1024);
    for (let at = 0; at < bytes.length; at += 32 * 1024) it.send(0, bytes.subarray(at, at + 32 * 1024));
    it.socket.send(Buffer.of(255, 0));
    await it.closed;
    expect(digest(it.bytes(1))).toBe(digest(bytes));
  });

  test('a slow client slows the command down, and loses nothing', async () => {
    const it = await talk(api, exec('head -c 30000000 /dev/zero; echo done >&2'), 'v4.channel.k8s.io');
    it.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(api.node.open.has('exec')).toBe(true);
    it.socket.resume();
    await it.closed;
    expect([it.size(1), it.on(2)]).toEqual([30_000_000, 'done\n']);
  });

  test('a command that reads nothing holds its client back', async () => {
    const it = await talk(api, exec('sleep 0.3; cat | wc -c', 'stdin=1&stdout=1'), 'v5.channel.k8s.io');
    for (let i = 0; i < 640; i++) it.send(0, Buffer.alloc(64 * 1024));
    it.socket.send(Buffer.of(255, 0));
    await eventually('a client that has to wait', () => it.socket.bufferedAmount > 8 * 1024 * 1024);
    await it.closed;
    expect(Number(it.on(1))).toBe(640 * 64 * 1024);
  });

  test('the command is let go of when the client hangs up, or vanishes', async () => {
    for (const leave of [(it: WebSocket) => it.close(), (it: WebSocket) => it.terminate()]) {
      const it = await talk(api, exec('cat', 'stdin=1&stdout=1'), 'v5.channel.k8s.io');
      expect(api.node.open.has('exec')).toBe(true);
      leave(it.socket);
      await eventually('the end of the command', () => !api.node.open.has('exec'));
    }
  });

  test('messages of no use do no harm', async () => {
    const it = await talk(api, exec('read line; echo "$line"', 'stdin=1&stdout=1'), 'v5.channel.k8s.io');
    for (const message of [Buffer.alloc(0), Buffer.of(9, 1, 2), Buffer.of(255), Buffer.of(255, 77), Buffer.of(1, 65), 'text'])
      it.socket.send(message);
    it.send(0, 'fine\n');
    await it.closed;
    expect(it.on(1)).toBe('fine\n');
  });
});

describe('attach', () => {
  test('joins the process of the container', async () => {
    const it = await talk(api, `${base}/web/attach?stdin=1&stdout=1`, 'v5.channel.k8s.io');
    it.send(0, 'hello');
    await eventually('the echo', () => it.on(1) === 'hello');
    it.socket.send(Buffer.of(255, 0));
    await it.closed;
    expect(JSON.parse(it.on(3))).toEqual(success);
  });
});

describe('what is refused before anything begins', () => {
  const status = (body: string): string => `${JSON.parse(body).reason}: ${JSON.parse(body).message}`;
  const cases: Array<[name: string, path: string, code: number, want: string]> = [
    ['no such pod', exec('true', 'stdout=1', 'none'), 404, 'NotFound: pods "none" not found'],
    [
      'several containers and no name',
      exec('true', 'stdout=1', 'two'),
      400,
      'BadRequest: a container name must be specified for pod two, choose one of: [setup a b]',
    ],
    ['no such container', exec('true', 'stdout=1&container=x'), 400, 'BadRequest: container x is not valid for pod web'],
    ['a pod without a node', exec('true', 'stdout=1', 'nowhere'), 400, 'BadRequest: pod nowhere does not have a host assigned'],
    ['a node that is not there', exec('true', 'stdout=1', 'lost'), 404, 'NotFound: nodes "n2" not found'],
    ['no streams', exec('true', 'stdin=0'), 400, 'BadRequest: you must specify at least 1 of stdin, stdout, stderr'],
    ['no command', `${base}/web/exec?stdout=1`, 400, 'BadRequest: you must specify at least one command for the container'],
    ['a forward to no port', `${base}/web/portforward`, 400, 'BadRequest: query parameter "port" is required'],
    [
      'a path that is none',
      '/api/v1/namespaces/default/pods/web',
      400,
      'BadRequest: nothing at /api/v1/namespaces/default/pods/web can be upgraded to',
    ],
  ];
  test.each(cases)('%s', async (_, path, code, want) => {
    const answer = await upgrade(api, path, webSocketHeaders('v4.channel.k8s.io'));
    if (!('body' in answer)) throw new Error('it was not refused');
    expect([answer.code, status(answer.body)]).toEqual([code, want]);
  });

  test('an unknown protocol, naming those that are known', async () => {
    const answer = await upgrade(api, exec('true'), webSocketHeaders('v9.channel.k8s.io'));
    expect(answer).toMatchObject({
      code: 400,
      body: expect.stringContaining('client supports [v9.channel.k8s.io], server accepts [v5.channel.k8s.io'),
    });
  });

  test('a handshake without its key', async () => {
    expect(await upgrade(api, exec('true'), { Upgrade: 'websocket' })).toMatchObject({ code: 400 });
  });

  test('another protocol than these', async () => {
    expect(await upgrade(api, exec('true'), { Upgrade: 'h2c' })).toMatchObject({ code: 400 });
  });

  test('a request that asks for no other protocol', async () => {
    const answer = await upgrade(api, exec('true'), { Connection: 'close' });
    expect(answer).toMatchObject({ code: 400, body: expect.stringContaining('Upgrade request required') });
  });

  test('a client that is nobody', async () => {
    const before = api.node.asked.length;
    expect(await upgrade(api, exec('true'), webSocketHeaders('v4.channel.k8s.io'), { anonymous: true })).toMatchObject({ code: 403 });
    expect(api.node.asked.length).toBe(before);
  });

  test('what the node refuses, in its own words', async () => {
    api.node.failures.set('exec', new StatusError('InternalError', 'container not found ("main")'));
    const answer = await upgrade(api, exec('true'), webSocketHeaders('v5.channel.k8s.io'));
    expect(answer).toMatchObject({
      code: 500,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: 'container not found ("main")',
    });
  });
});

describe('port-forward', () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as { port: number }).port;
  });
  afterAll(() => server.close());

  test('with ports in the request: channels in pairs, which begin with their port', async () => {
    const it = await talk(api, `${base}/web/portforward?ports=${port}`, 'v4.channel.k8s.io');
    it.send(0, 'hello');
    await eventually('the echo', () => it.size(0) === 7);
    expect([it.bytes(0).readUInt16LE(), it.bytes(0).subarray(2).toString(), it.bytes(1).readUInt16LE(), it.size(1)]).toEqual([
      port,
      'hello',
      port,
      2,
    ]);
    it.socket.close();
    await it.closed;
    await eventually('the end of the connection', () => !api.node.open.has('forward'));
  });

  test('with ports in the request: faults are told', async () => {
    const it = await talk(api, `${base}/web/portforward?ports=1`, 'v4.channel.k8s.io');
    await it.closed;
    expect(it.on(1)).toMatch(/error forwarding port 1 to pod web, uid [-0-9a-f]+: nothing listens on port 1$/);
  });

  test('SPDY in the messages of a WebSocket', async () => {
    const { client, code, protocol } = await tunnel(['SPDY/3.1+portforward.k8s.io']);
    expect([code, protocol]).toEqual([101, 'SPDY/3.1+portforward.k8s.io']);
    const streams = await Promise.all(['0', '1', '2'].map((request) => pairOf(client, port, request)));
    const sent = streams.map(() => randomBytes(1024 * 1024));
    for (const [i, it] of streams.entries()) client.send(it.data, sent[i] as Buffer, true);
    const got = await Promise.all(streams.map((it) => client.bytes(it.data)));
    expect(got.map(digest)).toEqual(sent.map(digest));
    for (const it of streams) expect((await client.bytes(it.error)).length).toBe(0);
    client.end();
  });

  test('the tunnel is found among other protocols', async () => {
    const { client, protocol } = await tunnel(['other', 'SPDY/3.1+portforward.k8s.io']);
    expect(protocol).toBe('SPDY/3.1+portforward.k8s.io');
    client.end();
  });

  async function tunnel(protocols: string[]): Promise<{ client: SpdyClient; code: number; protocol: string | undefined }> {
    const answer = await upgrade(api, `${base}/web/portforward`, webSocketHeaders(protocols.join(', ')));
    if (!('socket' in answer)) throw new Error(answer.body);
    // The library cannot ask for such a name itself: it is given the connection after the handshake.
    const webSocket = new WebSocket(null as unknown as string, [], {}) as WebSocket & {
      setSocket(socket: Duplex, head: Buffer, options: object): void;
    };
    Object.assign(webSocket, { _isServer: false });
    webSocket.setSocket(answer.socket, Buffer.alloc(0), { allowSynchronousEvents: true, maxPayload: 0, skipUTF8Validation: true });
    return {
      client: new SpdyClient(createWebSocketStream(webSocket)),
      code: answer.code,
      protocol: answer.headers['sec-websocket-protocol'],
    };
  }
});

async function pairOf(client: SpdyClient, port: number, requestid: string): Promise<{ error: number; data: number }> {
  const error = await client.open({ streamtype: 'error', port: String(port), requestid }, true);
  return { error, data: await client.open({ streamtype: 'data', port: String(port), requestid }) };
}

describe('logs', () => {
  test.each(['binary.k8s.io', ''])('come as messages of bytes (%s)', async (protocol) => {
    const it = await talk(api, `${base}/web/log?tailLines=2`, protocol);
    expect(await it.closed).toBe(1000);
    expect(it.messages[0]?.length).toBe(0);
    expect(Buffer.concat(it.messages).toString()).toBe('one\ntwo\n');
  });

  test('come as messages of base64', async () => {
    const it = await talk(api, `${base}/web/log`, 'base64.binary.k8s.io');
    await it.closed;
    expect(it.messages.map((message) => Buffer.from(message.toString(), 'base64').toString()).join('')).toBe('one\ntwo\n');
  });

  test('that are followed end with the container, and with the client', async () => {
    const it = await talk(api, `${base}/web/log?follow=true`, 'binary.k8s.io');
    await eventually('lines', () => Buffer.concat(it.messages).includes('more'));
    api.node.endLogs();
    await it.closed;
    const other = await talk(api, `${base}/web/log?follow=true`, 'binary.k8s.io');
    await eventually('lines', () => other.messages.length > 1);
    other.socket.terminate();
    await eventually('the end of the follower', () => !api.node.open.has('logs'));
  });

  test('are refused in HTTP', async () => {
    const answer = await upgrade(api, `${base}/web/log?tailLines=-1`, webSocketHeaders('binary.k8s.io'));
    expect(answer).toMatchObject({ code: 422 });
  });

  test('of a pod without a node are empty', async () => {
    const it = await talk(api, `${base}/nowhere/log`, 'binary.k8s.io');
    await it.closed;
    expect(Buffer.concat(it.messages).length).toBe(0);
  });
});

test('a server that closes does not wait for those who talk to containers', async () => {
  const short = await openStreamingApi();
  await short.addPod('web');
  const it = await talk(short, exec('cat', 'stdin=1&stdout=1'), 'v5.channel.k8s.io');
  await short.api.close();
  await it.closed;
  await short.close();
});
