import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ContainerEvent,
  type ContainerId,
  type ContainerSpec,
  ExecTimeout,
  type Labels,
  NoSuchContainer,
  PullFailed,
  type Runtime,
  type SandboxSpec,
  StartFailed,
} from '../../../src/runtime/index.ts';

/** An engine to be tried, empty of things with these labels; all that is made with them is removed by `close`. */
export type RuntimeTrial = {
  runtime: Runtime;
  labels: Labels;
  image: string;
  network: { name: string; subnet: string; gateway: string };
  /** An address in it, another each time. */
  address(): string;
  close(): Promise<void>;
};

const text = async (chunks: AsyncIterable<{ data: Buffer }>): Promise<string> => {
  const all: Buffer[] = [];
  for await (const { data } of chunks) all.push(data);
  return Buffer.concat(all).toString();
};
const never = new AbortController().signal;

/** What every engine promises. Commands: `sleep`, `echo`, `cat`, `sh -c 'exit N'`, and `no-such-program`. */
export function runtimeContract(name: string, open: () => Promise<RuntimeTrial>): void {
  describe(`runtime contract: ${name}`, () => {
    let trial: RuntimeTrial;
    let sandbox: ContainerId;
    let sandboxSpec: SandboxSpec;
    let number = 0;

    beforeAll(async () => {
      trial = await open();
      const { runtime, labels, network } = trial;
      await runtime.resources.ensureNetwork({ ...network, labels });
      sandboxSpec = {
        name: `${network.name}-sandbox`,
        labels: { ...labels, role: 'sandbox' },
        hostname: 'web-0',
        network: { name: network.name, address: trial.address() },
        mounts: [],
      };
      sandbox = await runtime.containers.createSandbox(sandboxSpec);
      await runtime.containers.start(sandbox);
    });
    afterAll(async () => {
      await trial?.close();
    });

    const spec = (command: readonly string[], more: Partial<ContainerSpec> = {}): ContainerSpec => ({
      name: `${trial.network.name}-${++number}`,
      labels: trial.labels,
      sandbox,
      image: trial.image,
      command,
      env: [],
      mounts: [],
      tty: false,
      stdin: false,
      stdinOnce: false,
      limits: {},
      privileged: false,
      readOnlyRootFilesystem: false,
      noNewPrivileges: false,
      seccomp: 'unconfined',
      ...more,
    });
    const started = async (command: readonly string[], more: Partial<ContainerSpec> = {}): Promise<ContainerId> => {
      const id = await trial.runtime.containers.create(spec(command, more));
      await trial.runtime.containers.start(id);
      return id;
    };
    const untilExited = async (id: ContainerId): Promise<number> => {
      for (;;) {
        const state = await trial.runtime.containers.inspect(id);
        if (state?.status === 'exited') return state.exitCode;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };

    describe('containers', () => {
      test('a container has a life: created, running, exited, gone', async () => {
        const { containers } = trial.runtime;
        const wanted = spec(['sleep', '1000']);
        const id = await containers.create(wanted);
        expect(await containers.inspect(id)).toMatchObject({ id, name: wanted.name, status: 'created', startedAt: 0, pid: 0, error: '' });
        await containers.start(id);
        const running = await containers.inspect(id);
        expect(running).toMatchObject({ status: 'running', image: trial.image, tty: false });
        expect(running?.startedAt).toBeGreaterThan(0);
        await containers.stop(id, 0);
        expect(await containers.inspect(id)).toMatchObject({ status: 'exited', exitCode: 137, pid: 0 });
        await containers.remove(id);
        expect(await containers.inspect(id)).toBeUndefined();
      });

      test('each call twice equals once', async () => {
        const { containers } = trial.runtime;
        const wanted = spec(['sleep', '1000']);
        const id = await containers.create(wanted);
        expect(await containers.create(wanted)).toBe(id);
        await containers.start(id);
        await containers.start(id);
        expect(await containers.create(wanted)).toBe(id);
        await containers.kill(id, 'SIGKILL');
        await untilExited(id);
        await containers.kill(id, 'SIGKILL');
        await containers.stop(id, 1);
        await Promise.all([containers.remove(id), containers.remove(id)]);
        await containers.remove(id);
        await containers.stop(id, 1);
        await containers.kill(id, 'SIGKILL');
        expect(await trial.runtime.containers.createSandbox(sandboxSpec)).toBe(sandbox);
      });

      test('what a container may use is told, and changes while it runs', async () => {
        const { containers } = trial.runtime;
        const [small, large] = [16 * 1024 * 1024, 32 * 1024 * 1024];
        const before = { cpuShares: 102, nanoCpus: 200_000_000, memoryBytes: small };
        const id = await started(['sleep', '1000'], { limits: before });
        const state = await containers.inspect(id);
        expect(state?.limits).toEqual(before);
        await containers.update(id, { cpuShares: 512, nanoCpus: 500_000_000, memoryBytes: large });
        expect((await containers.inspect(id))?.limits).toEqual({ cpuShares: 512, nanoCpus: 500_000_000, memoryBytes: large });
        await containers.update(id, { memoryBytes: small });
        const after = await containers.inspect(id);
        expect([after?.limits, after?.startedAt]).toEqual([
          { cpuShares: 512, nanoCpus: 500_000_000, memoryBytes: small },
          state?.startedAt,
        ]);
        await containers.remove(id);
      });

      test('a name taken by something else is taken back', async () => {
        const { containers } = trial.runtime;
        const first = spec(['sleep', '1000'], { labels: { ...trial.labels, attempt: '0' } });
        const old = await containers.create(first);
        const fresh = await containers.create({ ...first, labels: { ...trial.labels, attempt: '1' } });
        expect(fresh).not.toBe(old);
        expect(await containers.inspect(old)).toBeUndefined();
        await containers.remove(fresh);
      });

      test('a container that ends by itself tells its exit code', async () => {
        const id = await started(['sh', '-c', 'exit 3']);
        expect(await untilExited(id)).toBe(3);
        const state = await trial.runtime.containers.inspect(id);
        expect(state?.finishedAt).toBeGreaterThanOrEqual(state?.startedAt ?? 0);
      });

      test('one that cannot be started says why', async () => {
        const { containers } = trial.runtime;
        const id = await containers.create(spec(['no-such-program']));
        const failure = await containers.start(id).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(StartFailed);
        expect(failure).toMatchObject({ exitCode: 127, message: expect.stringContaining('"no-such-program": executable file not found') });
        expect(await containers.inspect(id)).toMatchObject({ startedAt: 0, error: expect.stringContaining('no-such-program') });
        const missing = await containers.start('0123456789abcdef').catch((error: unknown) => error);
        expect(missing).toBeInstanceOf(NoSuchContainer);
      });

      test('lists by labels, all of which must fit', async () => {
        const { containers } = trial.runtime;
        const id = await containers.create(spec(['sleep', '1'], { labels: { ...trial.labels, color: 'blue' } }));
        expect((await containers.list({ ...trial.labels, color: 'blue' })).map((it) => it.id)).toEqual([id]);
        expect((await containers.list({ ...trial.labels, role: 'sandbox' })).map((it) => it.id)).toEqual([sandbox]);
        expect(await containers.list({ ...trial.labels, color: 'red' })).toEqual([]);
        await containers.remove(id);
      });

      test('events come in order, to those who asked for the labels', async () => {
        const { containers } = trial.runtime;
        const stop = new AbortController();
        const seen: ContainerEvent[] = [];
        const events = containers.events({ ...trial.labels, color: 'green' }, stop.signal)[Symbol.asyncIterator]();
        expect((await events.next()).value).toBe('resync');
        const listening = (async () => {
          for (;;) {
            const { value: event, done } = await events.next();
            if (done) return;
            if (event === 'resync') continue;
            seen.push(event);
            if (event.action === 'destroy') return;
          }
        })();
        const id = await started(['sh', '-c', 'exit 4'], { labels: { ...trial.labels, color: 'green' } });
        await untilExited(id);
        await containers.remove(id);
        await listening;
        stop.abort();
        expect(seen.map((it) => it.action)).toEqual(['create', 'start', 'die', 'destroy']);
        expect(seen.every((it) => it.id === id && it.labels.color === 'green' && it.at > 0)).toBe(true);
        expect(seen.find((it) => it.action === 'die')?.exitCode).toBe(4);
      });

      test('events end with the signal', async () => {
        const stop = new AbortController();
        const events = trial.runtime.containers.events(trial.labels, stop.signal)[Symbol.asyncIterator]();
        await events.next();
        const end = events.next();
        stop.abort();
        expect((await end).done).toBe(true);
      });
    });

    describe('streams', () => {
      let app: ContainerId;
      beforeAll(async () => {
        app = await started(['sleep', '1000']);
      });

      test('runs a command to its end', async () => {
        const { streams } = trial.runtime;
        const limits = { timeoutMs: 10_000, limitBytes: 100 };
        expect(await streams.run(app, ['echo', 'hello', 'world'], limits)).toEqual({ exitCode: 0, output: 'hello world\n' });
        expect(await streams.run(app, ['sh', '-c', 'exit 7'], limits)).toEqual({ exitCode: 7, output: '' });
        expect(await streams.run(app, ['echo', 'hello'], { ...limits, limitBytes: 3 })).toEqual({ exitCode: 0, output: 'hel' });
        const missing = await streams.run(app, ['no-such-program'], { ...limits, limitBytes: 1000 });
        expect(missing.exitCode).toBe(126);
        expect(missing.output).toContain('executable file not found');
      });

      test('a command that takes too long is a timeout', async () => {
        const late = await trial.runtime.streams
          .run(app, ['sleep', '60'], { timeoutMs: 150, limitBytes: 10 })
          .catch((error: unknown) => error);
        expect(late).toBeInstanceOf(ExecTimeout);
        expect(late).toMatchObject({ message: 'command timed out: "sleep 60" timed out after 0.15s' });
      });

      test('exec carries input, output and the exit code', async () => {
        const io = await trial.runtime.streams.exec(app, ['cat'], { stdin: true, stdout: true, stderr: false, tty: false });
        const chunks: Buffer[] = [];
        io.stdout?.on('data', (chunk) => chunks.push(chunk));
        const big = Buffer.alloc(300_000, 'x');
        io.stdin?.write('first\n');
        io.stdin?.end(big);
        expect(await io.exitCode).toBe(0);
        expect(Buffer.concat(chunks).length).toBe(6 + big.length);
        expect(io.stderr).toBeUndefined();
      });

      test('nothing can be run in what is not there', async () => {
        const { streams } = trial.runtime;
        const gone = '0123456789abcdef';
        const wanted = { stdin: false, stdout: true, stderr: true, tty: false };
        await expect(streams.exec(gone, ['true'], wanted)).rejects.toBeInstanceOf(NoSuchContainer);
        await expect(streams.logs(gone, { follow: false, timestamps: false }, never)).rejects.toBeInstanceOf(NoSuchContainer);
        expect(await streams.usage(gone)).toBeUndefined();
      });

      test('logs of a container that has ended, whole, in part, with times', async () => {
        const { streams } = trial.runtime;
        const id = await started(['echo', 'only line']);
        await untilExited(id);
        const plain = { follow: false, timestamps: false };
        expect(await text(await streams.logs(id, plain, never))).toBe('only line\n');
        expect(await text(await streams.logs(id, { ...plain, tailLines: 1 }, never))).toBe('only line\n');
        expect(await text(await streams.logs(id, { ...plain, tailLines: 0 }, never))).toBe('');
        expect(await text(await streams.logs(id, { ...plain, since: Date.now() + 3_600_000 }, never))).toBe('');
        expect(await text(await streams.logs(id, { ...plain, timestamps: true }, never))).toMatch(
          /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z only line\n$/,
        );
        // One that is followed ends with the container.
        expect(await text(await streams.logs(id, { ...plain, follow: true }, never))).toBe('only line\n');
      });

      test('a log that is followed ends with its container, or with the signal', async () => {
        const { streams, containers } = trial.runtime;
        const id = await started(['sleep', '1000']);
        const whole = text(await streams.logs(id, { follow: true, timestamps: false }, never));
        const stop = new AbortController();
        const part = text(await streams.logs(id, { follow: true, timestamps: false }, stop.signal));
        stop.abort();
        expect(await part).toBe('');
        await containers.remove(id);
        expect(await whole).toBe('');
      });

      test('nobody listens', async () => {
        await expect(
          trial.runtime.streams.dial(sandbox, 81, sandboxSpec.network === 'host' ? '' : sandboxSpec.network.address),
        ).rejects.toThrow('dial tcp4 127.0.0.1:81: connect: connection refused');
      });

      test('tells what a running container uses', async () => {
        const usage = await trial.runtime.streams.usage(app);
        expect(usage?.at).toBeGreaterThan(0);
        expect(usage?.cpuNanoseconds).toBeGreaterThanOrEqual(0);
        expect(usage?.memoryWorkingSetBytes).toBeGreaterThanOrEqual(0);
      });
    });

    describe('images', () => {
      test('an image is there or not', async () => {
        const { images } = trial.runtime;
        expect(await images.inspect(trial.image)).toMatchObject({ id: expect.stringContaining('sha256:') });
        expect(await images.inspect('missing/no-such-image:1')).toBeUndefined();
      });

      test('an image has one more name, and again one less', async () => {
        const { images } = trial.runtime;
        const name = `peapod.example/${trial.network.name}/renamed:2`;
        await images.tag(trial.image, name);
        await images.tag(trial.image, name);
        expect((await images.inspect(name))?.id).toBe((await images.inspect(trial.image))?.id);
        await images.untag(name);
        await images.untag(name);
        expect(await images.inspect(name)).toBeUndefined();
        expect(await images.inspect(trial.image)).toBeDefined();
      });

      test('a pull that cannot work fails, and says what kind of failure', async () => {
        // Port 1 of this host: nobody is there.
        const failure = await trial.runtime.images.pull('missing.localhost:1/none:1', undefined).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(PullFailed);
        expect(['unreachable', 'not-found']).toContain((failure as PullFailed).kind);
      });
    });

    describe('resources', () => {
      test('a volume is made once, listed by its labels, and gone when removed', async () => {
        const { resources } = trial.runtime;
        const name = `${trial.network.name}-data`;
        const labels = { ...trial.labels, color: 'blue' };
        const made = await resources.ensureVolume(name, labels);
        expect(made.hostPath).toMatch(/^\//);
        expect(await resources.ensureVolume(name, labels)).toEqual(made);
        expect(await resources.listVolumes(labels)).toEqual([name]);
        expect(await resources.listVolumes({ ...trial.labels, color: 'red' })).toEqual([]);
        await resources.removeVolume(name);
        await resources.removeVolume(name);
        expect(await resources.listVolumes(labels)).toEqual([]);
      });

      test('a network is made once; another range under its name is refused', async () => {
        const { resources } = trial.runtime;
        const { network, labels } = trial;
        await resources.ensureNetwork({ ...network, labels });
        await expect(resources.ensureNetwork({ ...network, labels, subnet: '10.250.0.0/24' })).rejects.toThrow(
          `the Docker network ${network.name} has the subnet ${network.subnet}, not 10.250.0.0/24`,
        );
        await resources.removeNetwork(`${network.name}-none`);
      });
    });

    test('the engine says what it is', async () => {
      expect(await trial.runtime.info()).toMatchObject({ architecture: expect.stringMatching(/\w/), cpus: expect.any(Number) });
    });
  });
}
