import { createHash, randomBytes } from 'node:crypto';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type StreamingApi, container, eventually, openStreamingApi } from '../../fixtures/api/streaming.ts';
import { kubectlsOf } from '../../fixtures/kubectl.ts';

// SPDY alone; before and after WebSockets became the default; the newest.
const found = kubectlsOf('logs, exec, attach and port-forward', ['1.20', '1.27', '1.30', '1.33']);
const all = found.flatMap(({ version, path }) => {
  if (version === '1.20' || version === '1.27') return [{ version, path, over: 'SPDY' }];
  return ['WebSocket', 'SPDY'].map((over) => ({ version, path, over }));
});
const megabytes = 20;
/** Gives a program a terminal. */
const hasScript = spawnSync('script', ['--version'], { stdio: 'ignore' }).status === 0;
if (!hasScript) console.warn('!! there is no script(1) here: NOT tested: exec -it');
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

let api: StreamingApi;
beforeAll(async () => {
  api = await openStreamingApi();
  await api.addPod('web');
  await api.addPod('two', { containers: [container('a'), container('b')] });
  await api.addPod('dying');
});
afterAll(() => api.close());
afterEach(async () => {
  api.node.failures.clear();
  await eventually('the end of all', () => !['exec', 'attach', 'logs', 'forward'].some((it) => api.node.open.has(it)));
});

test.skipIf(all.length === 0)('there are kubectls to try with', () => expect(all.every(({ path }) => path !== '')).toBe(true));

describe.each(all)('kubectl $version over $over', ({ path, over }) => {
  const children = new Set<ChildProcess>();
  afterEach(() => {
    for (const child of children) child.kill();
    children.clear();
  });
  const command = (args: readonly string[]): string[] => [path, `--kubeconfig=${api.kubeconfig}`, ...args];
  const start = (args: readonly string[], [program, ...rest] = command(args)): ChildProcess => {
    const webSockets = String(over === 'WebSocket');
    const env = { ...process.env, KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets, KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets };
    const child = spawn(program as string, rest, { stdio: 'pipe', env });
    child.stdin?.on('error', () => {});
    children.add(child);
    return child;
  };
  const kubectl = async (args: readonly string[], input?: Buffer | string): Promise<{ code: number; out: Buffer; err: string }> => {
    const child = start(args);
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout?.on('data', (it: Buffer) => out.push(it));
    child.stderr?.on('data', (it: Buffer) => err.push(it));
    child.stdin?.end(input);
    const [code] = (await once(child, 'close')) as [number];
    return { code, out: Buffer.concat(out), err: Buffer.concat(err).toString() };
  };

  test('exec hands on both outputs and the exit code', async () => {
    const { code, out, err } = await kubectl(['exec', 'web', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect([code, out.toString(), err]).toEqual([3, 'out\n', 'err\ncommand terminated with exit code 3\n']);
  });

  test('exec of a command that ends well ends well', async () => {
    expect(await kubectl(['exec', 'web', '--', 'true'])).toMatchObject({ code: 0, err: '' });
  });

  test('exec -i ends the standard input of the command', async () => {
    const { code, out } = await kubectl(['exec', '-i', 'web', '--', 'sh', '-c', 'cat; echo over'], 'hello\n');
    expect([code, out.toString()]).toEqual([0, 'hello\nover\n']);
  });

  test('exec -i carries many bytes each way', async () => {
    const bytes = randomBytes(megabytes * 1024 * 1024);
    const { code, out } = await kubectl(['exec', '-i', 'web', '--', 'cat'], bytes);
    expect([code, out.length, digest(out)]).toEqual([0, bytes.length, digest(bytes)]);
  });

  test('a command that does not read its input does not hold up the rest', async () => {
    const { code, out } = await kubectl(['exec', '-i', 'web', '--', 'sh', '-c', 'echo done'], randomBytes(4 * 1024 * 1024));
    expect([code, out.toString()]).toEqual([0, 'done\n']);
  });

  test.skipIf(!hasScript)('exec -it gives a terminal, with its size', async () => {
    const line = command(['exec', '-it', 'web', '--', 'sh', '-c', 'read it; echo "got $it"; echo err >&2; exit 5']);
    const quoted = line.map((it) => `'${it}'`).join(' ');
    const child = start([], ['script', '-qec', `stty rows 31 cols 97; ${quoted}`, '/dev/null']);
    const out: string[] = [];
    child.stdout?.on('data', (it: Buffer) => out.push(it.toString()));
    await eventually('the size', () => api.node.sizes.includes('97x31'));
    child.stdin?.write('typed\n');
    expect(await once(child, 'close')).toEqual([5, null]);
    expect(out.join('')).toMatch(/got typed/);
    expect(api.node.asked.at(-1)?.options).toEqual({ stdin: true, stdout: true, stderr: false, tty: true });
    api.node.sizes.length = 0;
  });

  test('a command is let go of when kubectl is killed', async () => {
    const child = start(['exec', '-i', 'web', '--', 'cat']);
    await eventually('the command', () => api.node.open.has('exec'));
    child.kill('SIGKILL');
    await eventually('its end', () => !api.node.open.has('exec'));
  });

  test('the container must be named where there are several', async () => {
    expect(await kubectl(['exec', 'two', '-c', 'b', '--', 'true'])).toMatchObject({ code: 0 });
    expect(api.node.asked.at(-1)?.ref.container).toBe('b');
    const { code, err } = await kubectl(['exec', 'two', '-c', 'c', '--', 'true']);
    expect(code).toBe(1);
    expect(err).toMatch(/container c is not valid for pod two|container not found \(c\) in pod/);
  });

  test('what the node says of a container that does not run is told', async () => {
    api.node.failures.set('exec', new Error('container not found ("main")'));
    const { code, err } = await kubectl(['exec', 'web', '--', 'true']);
    expect([code, err]).toEqual([1, 'error: unable to upgrade connection: container not found ("main")\n']);
  });

  test('attach reads what is said and says what is typed', async () => {
    const child = start(['attach', '-i', 'web']);
    const out: string[] = [];
    child.stdout?.on('data', (it: Buffer) => out.push(it.toString()));
    await eventually('the attached', () => api.node.open.has('attach'));
    child.stdin?.write('hello\n');
    await eventually('the answer', () => out.join('').includes('hello\n'));
    child.stdin?.end();
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  test('logs come whole, and with a container named', async () => {
    expect((await kubectl(['logs', 'web', '--tail=5', '--timestamps', '--limit-bytes=100', '-p'])).out.toString()).toBe('one\ntwo\n');
    expect(api.node.asked.at(-1)?.options).toMatchObject({
      tailLines: 5,
      timestamps: true,
      limitBytes: 100,
      previous: true,
      follow: false,
    });
    expect((await kubectl(['logs', 'two', '-c', 'a'])).code).toBe(0);
  });

  test('logs -f ends when the container does', async () => {
    const child = start(['logs', '-f', 'web']);
    const out: string[] = [];
    child.stdout?.on('data', (it: Buffer) => out.push(it.toString()));
    await eventually('lines', () => out.join('').includes('more\n'));
    api.node.endLogs();
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(out.join('')).toMatch(/^one\n(more\n)+last\n$/);
  });

  test('followed logs are let go of when kubectl is killed', async () => {
    const child = start(['logs', '-f', 'web']);
    await eventually('the follower', () => api.node.open.has('logs'));
    child.kill('SIGKILL');
    await eventually('its end', () => !api.node.open.has('logs'));
  });

  describe('port-forward', () => {
    let server: Server;
    beforeEach(async () => {
      server = createServer({ allowHalfOpen: true }, (socket) => {
        socket.on('error', () => {});
        socket.pipe(socket);
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
    });
    afterEach(() => server.close());
    const forward = async (port: number): Promise<number> => {
      const child = start(['port-forward', 'pod/web', `:${port}`, '--address=127.0.0.1']);
      const said: string[] = [];
      child.stdout?.on('data', (it: Buffer) => said.push(it.toString()));
      return Number(await eventually('the port', () => /Forwarding from 127\.0\.0\.1:(\d+)/.exec(said.join(''))?.[1]));
    };
    const portOf = (it: Server): number => (it.address() as { port: number }).port;
    const exchange = async (port: number, bytes: Buffer): Promise<Buffer> => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      const parts: Buffer[] = [];
      socket.on('data', (it: Buffer) => parts.push(it));
      socket.end(bytes);
      await once(socket, 'end');
      return Buffer.concat(parts);
    };

    test('carries several connections at a time, each to its end', async () => {
      const port = await forward(portOf(server));
      const sent = Array.from({ length: 5 }, () => randomBytes(2 * 1024 * 1024));
      const got = await Promise.all(sent.map((it) => exchange(port, it)));
      expect(got.map(digest)).toEqual(sent.map(digest));
      await eventually('all ended', () => !api.node.open.has('forward'));
    });

    test('ends the connection of a client that waits for the end of the server', async () => {
      const speaker = createServer((socket) => socket.end('bye\n'));
      await once(speaker.listen(0, '127.0.0.1'), 'listening');
      const port = await forward(portOf(speaker));
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      const parts: Buffer[] = [];
      socket.on('data', (it: Buffer) => parts.push(it));
      await once(socket, 'end');
      expect(Buffer.concat(parts).toString()).toBe('bye\n');
      socket.end();
      speaker.close();
    });

    test('says when nothing listens', async () => {
      const closed = createServer();
      await once(closed.listen(0, '127.0.0.1'), 'listening');
      const nobody = portOf(closed);
      closed.close();
      const child = start(['port-forward', 'pod/web', `:${nobody}`, '--address=127.0.0.1']);
      const [out, err] = [[] as string[], [] as string[]];
      child.stdout?.on('data', (it: Buffer) => out.push(it.toString()));
      child.stderr?.on('data', (it: Buffer) => err.push(it.toString()));
      const port = Number(await eventually('the port', () => /Forwarding from 127\.0\.0\.1:(\d+)/.exec(out.join(''))?.[1]));
      const socket = connect({ port, host: '127.0.0.1' });
      await once(socket, 'close');
      await eventually('the message', () => err.join('').includes(`error forwarding port ${nobody} to pod web`));
    });
  });
});
