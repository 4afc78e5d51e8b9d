import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SpdyClient } from '../../fixtures/api/spdy-client.ts';
import { eventually, openStreamingApi, type StreamingApi } from '../../fixtures/api/streaming.ts';
import { spdy, upgrade } from '../../fixtures/api/upgrade.ts';

const base = '/api/v1/namespaces/default/pods';
const exec = (command: string, options = 'stdout=1&stderr=1'): string =>
  `${base}/web/exec?${options}${['sh', '-c', command].map((it) => `&command=${encodeURIComponent(it)}`).join('')}`;
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

let api: StreamingApi;
beforeAll(async () => {
  api = await openStreamingApi();
  await api.addPod('web');
});
afterAll(() => api.close());
afterEach(async () => {
  api.node.failures.clear();
  await eventually('the end of all', () => !['exec', 'forward'].some((it) => api.node.open.has(it)));
});

type Session = { client: SpdyClient & { protocol: string | undefined }; ids: Record<string, number> };

async function session(path: string, types: string[], protocols?: string[]): Promise<Session> {
  const client = await spdy(api, path, protocols);
  const ids: Record<string, number> = {};
  for (const type of types) ids[type] = await client.open({ streamtype: type });
  return { client, ids };
}

const read = async ({ client, ids }: Session, type: string): Promise<string> => (await client.bytes(ids[type] as number)).toString();

describe('exec', () => {
  test('keeps outputs apart and tells the exit code as a status', async () => {
    const it = await session(exec('echo out; echo err >&2; exit 3'), ['error', 'stdout', 'stderr'], ['v4.channel.k8s.io']);
    expect(it.client.protocol).toBe('v4.channel.k8s.io');
    expect(await Promise.all([read(it, 'stdout'), read(it, 'stderr')])).toEqual(['out\n', 'err\n']);
    expect(JSON.parse(await read(it, 'error'))).toMatchObject({
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
    await it.client.frame('goAway');
    await it.client.frame('end');
  });

  test('takes the first protocol of the client that is known here', async () => {
    const it = await session(exec('true'), ['error', 'stdout', 'stderr'], ['v5.channel.k8s.io', 'v3.channel.k8s.io', 'v4.channel.k8s.io']);
    expect(it.client.protocol).toBe('v3.channel.k8s.io');
    expect(await read(it, 'error')).toBe('');
  });

  test.each([[['v2.channel.k8s.io']], [['channel.k8s.io']], [undefined]])(
    'before version 4 a fault is told in words (%s)',
    async (protocols) => {
      const it = await session(exec('exit 7'), ['error', 'stdout', 'stderr'], protocols);
      expect(it.client.protocol).toBe(protocols?.[0]);
      expect(await read(it, 'error')).toBe('command terminated with non-zero exit code: exit status 7');
    },
  );

  test('an input that ends, ends for the command', async () => {
    const it = await session(exec('cat; echo over', 'stdin=1&stdout=1'), ['error', 'stdin', 'stdout'], ['v4.channel.k8s.io']);
    it.client.send(it.ids.stdin as number, 'hello\n', true);
    expect(await read(it, 'stdout')).toBe('hello\nover\n');
    expect(JSON.parse(await read(it, 'error'))).toEqual({ metadata: {}, status: 'Success' });
  });

  test('carries many bytes each way, whatever the frames', async () => {
    const it = await session(exec('cat', 'stdin=1&stdout=1'), ['error', 'stdin', 'stdout'], ['v4.channel.k8s.io']);
    const bytes = randomBytes(10_000_000);
    for (const [at, size] of [
      [0, 1],
      [1, 65_535],
      [65_536, 4_000_000],
      [4_065_536, 5_934_464],
    ] as const)
      it.client.send(it.ids.stdin as number, bytes.subarray(at, at + size));
    it.client.send(it.ids.stdin as number, '', true);
    expect(digest(await it.client.bytes(it.ids.stdout as number))).toBe(digest(bytes));
  });

  test('sizes of a terminal have a stream of their own', async () => {
    const it = await session(exec('read line', 'stdin=1&stdout=1&tty=1'), ['error', 'stdin', 'stdout', 'resize'], ['v4.channel.k8s.io']);
    it.client.send(it.ids.resize as number, '{"Width":90,"Height":30}\n');
    await eventually('the size', () => api.node.sizes.includes('90x30'));
    it.client.send(it.ids.stdin as number, '\n');
    await read(it, 'error');
  });

  test('a stream nobody asked for is reset', async () => {
    const it = await session(exec('cat', 'stdin=1&stdout=1'), ['stderr'], ['v4.channel.k8s.io']);
    expect(await it.client.frame('reset')).toMatchObject({ id: it.ids.stderr });
    it.client.end();
  });

  test('the command is let go of when the client vanishes, also before all its streams are there', async () => {
    for (const types of [['error', 'stdin', 'stdout'], ['error']]) {
      const it = await session(exec('cat', 'stdin=1&stdout=1'), types, ['v4.channel.k8s.io']);
      await eventually('the command', () => api.node.open.has('exec'));
      it.client.end();
      await eventually('its end', () => !api.node.open.has('exec'));
    }
  });

  test('no protocol in common is refused', async () => {
    const headers = { Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': 'v9.channel.k8s.io' };
    expect(await upgrade(api, exec('true'), headers, { method: 'POST' })).toMatchObject({
      code: 403,
      body: expect.stringContaining(
        'unable to upgrade: unable to negotiate protocol: client supports [v9.channel.k8s.io], server accepts [v4.channel.k8s.io',
      ),
    });
  });

  test.each(['PUT', 'DELETE'])('%s is not allowed', async (method) => {
    expect(await upgrade(api, exec('true'), { Upgrade: 'SPDY/3.1' }, { method })).toMatchObject({ code: 405 });
  });

  test('garbage ends the connection and nothing else', async () => {
    const it = await session(exec('cat', 'stdin=1&stdout=1'), ['error', 'stdin', 'stdout'], ['v4.channel.k8s.io']);
    it.client.write(Buffer.alloc(64, 0xff));
    await it.client.frame('end');
    await eventually('the end of the command', () => !api.node.open.has('exec'));
  });
});

describe('port-forward', () => {
  const echo = createServer({ allowHalfOpen: true }, (socket) => void socket.on('error', () => {}).pipe(socket));
  const speaker = createServer({ allowHalfOpen: true }, (socket) => void socket.on('error', () => {}).end('bye'));
  const portOf = (it: Server): string => String((it.address() as { port: number }).port);
  beforeAll(async () => {
    for (const it of [echo, speaker]) await once(it.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => {
    echo.close();
    speaker.close();
  });
  const begin = (): Promise<SpdyClient> => spdy(api, `${base}/web/portforward`, ['portforward.k8s.io']);
  const pair = async (client: SpdyClient, port: string, requestid: string): Promise<{ error: number; data: number }> => {
    const error = await client.open({ streamtype: 'error', port, requestid }, true);
    return { error, data: await client.open({ streamtype: 'data', port, requestid }) };
  };

  test('each pair of streams is a connection; what is left after the client has ended its half still comes', async () => {
    const client = await begin();
    const pairs = await Promise.all(['0', '1', '2', '3'].map((it) => pair(client, portOf(echo), it)));
    for (const [i, it] of pairs.entries()) client.send(it.data, `hello ${i}`, true);
    expect((await Promise.all(pairs.map((it) => client.bytes(it.data)))).map(String)).toEqual(['hello 0', 'hello 1', 'hello 2', 'hello 3']);
    for (const it of pairs) expect((await client.bytes(it.error)).length).toBe(0);
    client.end();
    await eventually('the end of all connections', () => !api.node.open.has('forward'));
  });

  test('clients from before request ids are understood', async () => {
    const client = await begin();
    const error = await client.open({ streamtype: 'error', port: portOf(echo) });
    const data = await client.open({ streamtype: 'data', port: portOf(echo) });
    client.send(data, 'old', true);
    expect([(await client.bytes(data)).toString(), (await client.bytes(error)).length]).toEqual(['old', 0]);
    client.end();
  });

  test('a connection the pod ends is over soon, also when the client keeps its half', async () => {
    const client = await begin();
    const it = await pair(client, portOf(speaker), '0');
    expect((await client.bytes(it.data)).toString()).toBe('bye');
    expect((await client.bytes(it.error)).length).toBe(0);
    client.end();
  });

  test('a connection the client resets is no fault', async () => {
    const client = await begin();
    const it = await pair(client, portOf(echo), '0');
    client.send(it.data, 'x');
    await client.frame('data', it.data);
    client.reset(it.data);
    expect((await client.bytes(it.error)).length).toBe(0);
    client.end();
  });

  test('what goes wrong with one is told there, and the others go on', async () => {
    const client = await begin();
    const [good, bad] = [await pair(client, portOf(echo), '0'), await pair(client, '1', '1')];
    expect((await client.bytes(bad.error)).toString()).toMatch(
      /^error forwarding port 1 to pod web, uid [-0-9a-f]+: nothing listens on port 1$/,
    );
    client.send(good.data, 'fine', true);
    expect((await client.bytes(good.data)).toString()).toBe('fine');
    client.end();
  });

  const refused: Array<[name: string, headers: Record<string, string>]> = [
    ['no port', { streamtype: 'data', requestid: '0' }],
    ['a port that is none', { streamtype: 'data', port: '70000', requestid: '0' }],
    ['another type', { streamtype: 'other', port: '80', requestid: '0' }],
  ];
  test.each(refused)('a stream with %s is reset', async (_, headers) => {
    const client = await begin();
    const id = await client.open(headers);
    expect(await client.frame('reset')).toMatchObject({ id });
    client.end();
  });

  test('a second stream of the same request and type is reset', async () => {
    const client = await begin();
    await client.open({ streamtype: 'error', port: '80', requestid: '0' });
    const id = await client.open({ streamtype: 'error', port: '80', requestid: '0' });
    expect(await client.frame('reset')).toMatchObject({ id });
    client.end();
  });
});
