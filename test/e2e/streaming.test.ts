import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Exec, KubeConfig, type V1Status } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../fixtures/api/streaming.ts';
import { pause, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { kubectlOf } from '../fixtures/cluster/kubectl.ts';
import { kubectlsOf } from '../fixtures/kubectl.ts';

// The oldest and the newest way of talking to the server: SPDY and WebSockets.
const all = kubectlsOf('streams into containers', ['1.20', '1.33']);
const hasScript = spawnSync('script', ['--version'], { stdio: 'ignore' }).status === 0;
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const pods = `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: main
    image: busybox:1.36
    command:
    - sh
    - -c
    - |
      mkdir /www && head -c 4000000 /dev/urandom > /www/big
      httpd -p 7000 -h /www && httpd -p 127.0.0.1:7001 -h /www
      for i in 1 2 3; do echo line $i; done
      echo wrong >&2
      exec sleep 3600
---
apiVersion: v1
kind: Pod
metadata: { name: reader }
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - { name: main, image: busybox:1.36, stdin: true, command: ["sh", "-c", "while read it; do echo got $it; done"] }
---
apiVersion: v1
kind: Pod
metadata: { name: shell }
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - { name: main, image: busybox:1.36, stdin: true, tty: true, command: ["sh"] }
---
apiVersion: v1
kind: Pod
metadata: { name: again }
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - { name: main, image: busybox:1.36, command: ["sh", "-c", "date +%s; exit 1"] }
---
apiVersion: v1
kind: Pod
metadata: { name: stuck }
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - { name: main, image: "peapod.invalid/nothing:1", imagePullPolicy: Never }
`;

let cluster: TestCluster;
beforeAll(async () => {
  if (all.length === 0) return;
  cluster = await startTestCluster({ name: 'streaming', second: 240, nodePorts: '24000-24499' });
  const kubectl = kubectlOf(all.at(-1)?.path as string, cluster.kubeconfig);
  await eventually('the service account', async () => (await kubectl(['get', 'serviceaccount', 'default'])).code === 0);
  await kubectl.ok(['apply', '-f', '-'], { input: pods });
  await kubectl.ok(['wait', '--for=condition=Ready', 'pod/web', 'pod/reader', 'pod/shell', '--timeout=60s']);
});
afterAll(async () => {
  await cluster?.destroy();
});

describe.each(all)('kubectl $version', ({ path }) => {
  const children = new Set<ChildProcess>();
  afterEach(() => {
    for (const child of children) child.kill();
    children.clear();
  });
  const command = (args: readonly string[]): string[] => [path, `--kubeconfig=${cluster.kubeconfig}`, ...args];
  const start = (args: readonly string[], [program, ...rest] = command(args)): ChildProcess & { said: () => string } => {
    const child = spawn(program as string, rest, { stdio: 'pipe' });
    children.add(child);
    const out: string[] = [];
    child.stdin.on('error', () => {});
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (it: Buffer) => out.push(it.toString()));
    return Object.assign(child, { said: () => out.join('') });
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

  describe('exec', () => {
    test('hands on both outputs and the exit code', async () => {
      const { code, out, err } = await kubectl(['exec', 'web', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3']);
      expect([code, out.toString(), err]).toEqual([3, 'out\n', 'err\ncommand terminated with exit code 3\n']);
    });

    test('carries twenty megabytes each way', async () => {
      const bytes = randomBytes(20 * 1024 * 1024);
      const { code, out } = await kubectl(['exec', '-i', 'web', '--', 'cat'], bytes);
      expect([code, out.length, digest(out)]).toEqual([0, bytes.length, digest(bytes)]);
    });

    test('an input that ends, ends for the command, which may still speak', async () => {
      const { out } = await kubectl(['exec', '-i', 'web', '--', 'sh', '-c', 'wc -c; sleep 0.3; echo over'], 'hello\n');
      expect(out.toString()).toBe('6\nover\n');
    });

    test('a command that is not there fails with the code of its kind', async () => {
      expect((await kubectl(['exec', 'web', '--', 'no-such-command'])).code).not.toBe(0);
    });

    test.skipIf(!hasScript)('-it gives a terminal, with its size', async () => {
      const line = command([
        'exec',
        '-it',
        'web',
        '--',
        'sh',
        '-c',
        'while ! stty size | grep -q 97; do sleep 0.1; done; stty size; read it; echo "got $it"; exit 5',
      ]);
      const child = start([], ['script', '-qec', `stty rows 31 cols 97; ${line.map((it) => `'${it}'`).join(' ')}`, '/dev/null']);
      await eventually('the size', () => child.said().includes('31 97'));
      child.stdin?.write('typed\r');
      expect(await once(child, 'close')).toEqual([5, null]);
      expect(child.said()).toContain('got typed');
    });

    test('into a container that does not run is refused', async () => {
      const { code, err } = await kubectl(['exec', 'stuck', '--', 'true']);
      expect(code).toBe(1);
      expect(err).toMatch(/unable to upgrade connection: container not found \("main"\)/);
    });
  });

  test('attach talks to the process itself', async () => {
    const child = start(['attach', '-i', 'reader']);
    await eventually('that it is attached', () => {
      child.stdin?.write('you\n');
      return child.said().includes('got you\n');
    });
  });

  test('attach answers what is piped to it, although the input ends at once', async () => {
    const { code, out } = await kubectl(['attach', '-i', 'reader'], 'piped\n');
    expect([code, out.toString()]).toEqual([0, expect.stringContaining('got piped\n')]);
  });

  test.skipIf(!hasScript)('attach -it has the terminal of the container, with its size', async () => {
    const line = command(['attach', '-it', 'shell']);
    const child = start([], ['script', '-qec', `stty rows 33 cols 99; ${line.map((it) => `'${it}'`).join(' ')}`, '/dev/null']);
    await eventually('the size', async () => {
      child.stdin?.write('stty size\r');
      await pause(100);
      return child.said().includes('33 99');
    });
  });

  test('run -i makes a pod, feeds it, hands on how it ended, and removes it', async () => {
    const run = ['--rm', '-i', '--restart=Never', '--image=busybox:1.36', '--', 'sh', '-c'];
    const { code, out } = await kubectl(['run', 'quick', ...run, 'read it; echo "got $it"; exit 3'], 'this\n');
    expect([code, out.toString()]).toEqual([3, expect.stringContaining('got this\n')]);
    expect((await kubectl(['get', 'pod', 'quick'])).err).toContain('NotFound');
  });

  test('cp copies in and out', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'peapod-cp-'));
    try {
      const bytes = randomBytes(3_000_000);
      writeFileSync(join(folder, 'in'), bytes);
      expect((await kubectl(['cp', join(folder, 'in'), 'web:/tmp/copied'])).code).toBe(0);
      expect((await kubectl(['cp', 'web:/tmp/copied', join(folder, 'out')])).code).toBe(0);
      expect(digest(readFileSync(join(folder, 'out')))).toBe(digest(bytes));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  describe('logs', () => {
    const log = async (...args: string[]): Promise<string> => (await kubectl(['logs', ...args])).out.toString();
    const sorted = (text: string): string => text.split('\n').sort().join('\n').trim();

    test('come whole, in part, with times', async () => {
      expect(sorted(await log('web'))).toBe('line 1\nline 2\nline 3\nwrong');
      expect(await log('web', '--limit-bytes=6')).toHaveLength(6);
      expect((await log('web', '--tail=2')).split('\n')).toHaveLength(3);
      expect(await log('web', '--tail=0')).toBe('');
      expect(await log('web', '--since-time=2099-01-01T00:00:00Z')).toBe('');
      expect(sorted(await log('web', '--since=1h'))).toBe('line 1\nline 2\nline 3\nwrong');
      expect(await log('web', '--timestamps', '--tail=1')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z (line 3|wrong)\n$/);
    });

    test('of the attempt before', async () => {
      const runs = (it: string): number => Number(it);
      await eventually('a second attempt', async () => (await kubectl(['logs', 'again', '--previous'])).code === 0);
      const [before, now] = [runs(await log('again', '--previous')), runs(await log('again'))];
      expect(before).toBeGreaterThan(0);
      expect(now).toBeGreaterThanOrEqual(before);
      const { code, err } = await kubectl(['logs', 'web', '--previous']);
      expect(code).toBe(1);
      expect(err).toBe('Error from server (BadRequest): previous terminated container "main" in pod "web" not found\n');
    });

    test('of a container that waits say what for', async () => {
      await eventually('the reason', async () => (await kubectl(['logs', 'stuck'])).err.includes('ErrImageNeverPull'));
      expect((await kubectl(['logs', 'stuck'])).err).toBe(
        'Error from server (BadRequest): container "main" in pod "stuck" is waiting to start: ErrImageNeverPull\n',
      );
    });

    test('-f ends when the container does', async () => {
      const name = `ends-${randomBytes(3).toString('hex')}`;
      const spec = {
        terminationGracePeriodSeconds: 0,
        restartPolicy: 'Never',
        containers: [{ name: 'main', image: 'busybox:1.36', command: ['sh', '-c', 'echo begun; sleep 2; echo done'] }],
      };
      await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }));
      await eventually('its log', async () => (await kubectl(['logs', name])).code === 0);
      expect(await kubectl(['logs', '-f', name])).toMatchObject({ code: 0, out: Buffer.from('begun\ndone\n') });
      await kubectl(['delete', 'pod', name, '--wait=false']);
    });
  });

  describe('port-forward', () => {
    const forward = async (remote: number): Promise<number> => {
      const child = start(['port-forward', 'pod/web', `:${remote}`, '--address=127.0.0.1']);
      return Number(await eventually('the port', () => /Forwarding from 127\.0\.0\.1:(\d+)/.exec(child.said())?.[1]));
    };
    const exchange = async (port: number, bytes: string): Promise<Buffer> => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      const parts: Buffer[] = [];
      socket.on('data', (it: Buffer) => parts.push(it));
      socket.end(bytes);
      await once(socket, 'end');
      return Buffer.concat(parts);
    };

    test.each([
      ['on all addresses', 7000],
      ['on the loopback alone', 7001],
    ])('reaches a server that listens %s, several times at once', async (_, remote) => {
      const port = await forward(remote);
      const [wanted] = (await kubectl(['exec', 'web', '--', 'sha256sum', '/www/big'])).out.toString().split(' ');
      const got = await Promise.all([1, 2, 3, 4].map(() => exchange(port, 'GET /big HTTP/1.0\r\n\r\n')));
      expect(got.map((it) => digest(it.subarray(-4_000_000)))).toEqual(Array(4).fill(wanted));
    });

    test('says when nothing listens', async () => {
      const child = start(['port-forward', 'pod/web', ':7002', '--address=127.0.0.1']);
      const port = Number(await eventually('the port', () => /Forwarding from 127\.0\.0\.1:(\d+)/.exec(child.said())?.[1]));
      await once(connect({ port, host: '127.0.0.1' }), 'close');
      await eventually('the message', () => /error forwarding port 7002 to pod .*connection refused/.test(child.said()));
    });
  });
});

describe.skipIf(all.length === 0)('the JavaScript client', () => {
  test('runs commands', async () => {
    const config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config).exec('default', 'web', 'main', ['sh', '-c', 'exit 4'], new PassThrough(), null, null, false, resolve).catch(reject);
    });
    expect(status.details?.causes).toEqual([{ reason: 'ExitCode', message: '4' }]);
  });
});
