import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Duplex, PassThrough, type Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { Clock } from '../../lib/clock.ts';
import { ExecTimeout, type LogChunk, NoSuchContainer, type ProcessIO, type Streams, type Usage } from '../runtime.ts';
import { codeOf } from './failure.ts';

/** Takes the engine's frames apart: 1 byte of stream, 3 of nothing, 4 of length, then the data. */
async function* frames(source: AsyncIterable<Buffer>): AsyncGenerator<LogChunk> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length ? Buffer.concat([rest, chunk]) : chunk;
    while (rest.length >= 8) {
      const length = rest.readUInt32BE(4);
      if (rest.length < 8 + length) break;
      yield { stream: rest[0] === 2 ? 'stderr' : 'stdout', data: rest.subarray(8, 8 + length) };
      rest = rest.subarray(8 + length);
    }
  }
}

async function* plain(source: AsyncIterable<Buffer>): AsyncGenerator<LogChunk> {
  for await (const data of source) yield { stream: 'stdout', data };
}

/** Hands the frames on to one stream each, no faster than they are read. */
function split(source: AsyncIterable<Buffer>, tty: boolean): { stdout: PassThrough; stderr: PassThrough; ended: Promise<void> } {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const pump = async (): Promise<void> => {
    try {
      for await (const { stream, data } of tty ? plain(source) : frames(source)) {
        const target = stream === 'stderr' ? stderr : stdout;
        if (target.destroyed) continue;
        if (!target.write(data)) await new Promise<void>((resolve) => target.once('drain', resolve).once('close', resolve));
      }
    } finally {
      stdout.end();
      stderr.end();
    }
  };
  // A connection that breaks is the end of the output.
  return { stdout, stderr, ended: pump().catch(() => undefined) };
}

export function dockerStreams(docker: Docker, { clock, ownHost }: { clock: Clock; ownHost: boolean }): Streams {
  async function exec(
    id: string,
    command: readonly string[],
    want: { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean },
  ): Promise<ProcessIO> {
    const made = await docker
      .getContainer(id)
      .exec({
        Cmd: [...command],
        AttachStdin: want.stdin,
        AttachStdout: want.stdout,
        AttachStderr: want.stderr && !want.tty,
        Tty: want.tty,
      })
      .catch((error: unknown) => {
        throw codeOf(error) === 404 ? new NoSuchContainer(id) : error;
      });
    const socket = (await made.start({ hijack: true, stdin: true, Tty: want.tty })) as Duplex;
    const { stdout, stderr, ended } = split(socket, want.tty);
    if (!want.stdin) socket.end();
    return {
      stdin: want.stdin ? socket : undefined,
      stdout: want.stdout ? stdout : void stdout.resume(),
      stderr: want.stderr && !want.tty ? stderr : void stderr.resume(),
      resize: async ({ width, height }) => void (await made.resize({ w: width, h: height })),
      exitCode: ended.then(async () => {
        // The engine marks the end of the process a moment after its output has ended.
        for (let attempt = 0; attempt < 100; attempt++) {
          const info = await made.inspect();
          if (!info.Running && info.ExitCode !== null) return info.ExitCode;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        return -1;
      }),
      close: () => socket.destroy(),
    };
  }

  return {
    exec,
    async run(id, command, { timeoutMs, limitBytes }) {
      const io = await exec(id, command, { stdin: false, stdout: true, stderr: true, tty: false });
      const parts: Buffer[] = [];
      let size = 0;
      const keep = (data: Buffer): void => {
        if (size < limitBytes) parts.push(data.subarray(0, limitBytes - size));
        size += data.length;
      };
      io.stdout?.on('data', keep);
      io.stderr?.on('data', keep);
      let cancel = (): void => {};
      const late = new Promise<never>((_, reject) => {
        cancel = clock.schedule(timeoutMs, () => {
          io.close();
          reject(new ExecTimeout(`command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`));
        });
      });
      try {
        const exitCode = await Promise.race([io.exitCode, late]);
        return { exitCode, output: Buffer.concat(parts).toString() };
      } finally {
        cancel();
      }
    },
    async attach(id, want) {
      const container = docker.getContainer(id);
      const info = await container.inspect();
      const tty = info.Config.Tty;
      const socket = (await container.attach({
        stream: true,
        hijack: true,
        stdin: want.stdin,
        stdout: want.stdout,
        stderr: want.stderr,
      })) as unknown as Duplex;
      const { stdout, stderr, ended } = split(socket, tty);
      return {
        stdin: want.stdin ? socket : undefined,
        stdout: want.stdout ? stdout : void stdout.resume(),
        stderr: want.stderr && !tty ? stderr : void stderr.resume(),
        resize: async ({ width, height }) => void (await container.resize({ w: width, h: height })),
        exitCode: ended.then(() => 0),
        close: () => socket.destroy(),
      };
    },
    async logs(id, { follow, timestamps, tailLines, since }, signal) {
      const container = docker.getContainer(id);
      const info = await container.inspect().catch((error: unknown) => {
        throw codeOf(error) === 404 ? new NoSuchContainer(id) : error;
      });
      const options = {
        stdout: true,
        stderr: true,
        timestamps,
        tail: tailLines ?? ('all' as unknown as number),
        ...(since !== undefined && { since: since / 1000 }),
      };
      if (!follow) {
        const whole = (await container.logs({ ...options, follow: false })) as unknown as Buffer;
        const once = (async function* () {
          yield Buffer.from(whole);
        })();
        return info.Config.Tty ? plain(once) : frames(once);
      }
      const stream = (await container.logs({ ...options, follow: true })) as unknown as Readable;
      signal.addEventListener('abort', () => stream.destroy(), { once: true });
      if (signal.aborted) stream.destroy();
      return quietly(info.Config.Tty ? plain(stream) : frames(stream), signal);
    },
    async dial(id, port, address) {
      const info = await docker.getContainer(id).inspect();
      if (ownHost && info.State.Pid && process.getuid?.() === 0 && info.HostConfig.NetworkMode !== 'host')
        return dialInside(info.State.Pid, port);
      return dialAddress(address || '127.0.0.1', port);
    },
    async usage(id) {
      const info = await docker.getContainer(id).inspect();
      if (!info.State.Running) return undefined;
      return (ownHost && fromCgroup(id, clock.now())) || fromStats(await docker.getContainer(id).stats({ stream: false }), clock.now());
    },
  };
}

/** A follower that is told to stop ends without an error. */
async function* quietly(source: AsyncGenerator<LogChunk>, signal: AbortSignal): AsyncGenerator<LogChunk> {
  try {
    yield* source;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function dialAddress(host: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket)).once('error', reject);
  });
}

/** Connects to 127.0.0.1 inside the network of a process: a small program of ours is run there and joins its stdio to the socket. */
function dialInside(pid: number, port: number): Promise<Duplex> {
  const program = `const s=require('net').connect({host:'127.0.0.1',port:${port},allowHalfOpen:true});s.on('connect',()=>{process.stderr.write('+');process.stdin.pipe(s);s.pipe(process.stdout)});s.on('error',e=>{process.stderr.write(e.message);process.exit(1)})`;
  const child = spawn('nsenter', ['-t', String(pid), '-n', process.execPath, '-e', program], { stdio: 'pipe' });
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  stream.on('close', () => child.kill());
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
      if (said.startsWith('+')) resolve(stream);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(said || `nothing listens on port ${port}`)));
  });
}

/** Totals from the files of the container's control group (version 1 and 2): a thousand times cheaper than the engine's statistics. */
function fromCgroup(id: string, at: number): Usage | undefined {
  const number = (path: string): number => Number(readFileSync(path, 'utf8'));
  const field = (path: string, name: string): number =>
    Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(readFileSync(path, 'utf8'))?.[1] ?? 0);
  try {
    const memory = `/sys/fs/cgroup/memory/docker/${id}`;
    const used = number(`${memory}/memory.usage_in_bytes`);
    return {
      at,
      cpuNanoseconds: number(`/sys/fs/cgroup/cpuacct/docker/${id}/cpuacct.usage`),
      memoryWorkingSetBytes: Math.max(0, used - field(`${memory}/memory.stat`, 'total_inactive_file')),
      memoryRssBytes: field(`${memory}/memory.stat`, 'total_rss'),
    };
  } catch {
    // Version 2, or a group elsewhere.
  }
  try {
    const group = `/sys/fs/cgroup/system.slice/docker-${id}.scope`;
    return {
      at,
      cpuNanoseconds: field(`${group}/cpu.stat`, 'usage_usec') * 1000,
      memoryWorkingSetBytes: Math.max(0, number(`${group}/memory.current`) - field(`${group}/memory.stat`, 'inactive_file')),
      memoryRssBytes: field(`${group}/memory.stat`, 'anon'),
    };
  } catch {
    return undefined;
  }
}

function fromStats(stats: Docker.ContainerStats, at: number): Usage {
  const memory = stats.memory_stats as { usage?: number; stats?: Record<string, number> };
  return {
    at,
    cpuNanoseconds: stats.cpu_stats.cpu_usage.total_usage,
    memoryWorkingSetBytes: (memory.usage ?? 0) - (memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0),
    memoryRssBytes: memory.stats?.total_rss ?? memory.stats?.anon ?? 0,
  };
}
