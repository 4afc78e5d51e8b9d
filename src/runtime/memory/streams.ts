import { PassThrough } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import {
  type ContainerId,
  type ContainerState,
  ExecTimeout,
  type LogChunk,
  type LogRequest,
  NoSuchContainer,
  type ProcessIO,
  type Streams,
} from '../runtime.ts';

type Line = LogChunk & { at: number };
type Deps = {
  clock: Clock;
  check(): void;
  find(id: ContainerId): ContainerState | undefined;
  ended(id: ContainerId): Promise<void>;
  answerOf(state: ContainerState, command: readonly string[]): { exitCode: number; output: string };
};

/** Output that containers are told to write; commands answer what they are told to, except `cat`, which repeats, and `sleep`. */
export function memoryStreams({ clock, check, find, ended, answerOf }: Deps): {
  streams: Streams;
  write(id: ContainerId, text: string, stream: LogChunk['stream']): void;
  forget(id: ContainerId): void;
} {
  const written = new Map<ContainerId, Line[]>();
  const followers = new Map<ContainerId, Set<() => void>>();
  const wakeAll = (id: ContainerId): void => {
    for (const wake of followers.get(id) ?? []) wake();
  };
  const known = (id: ContainerId): ContainerState => {
    check();
    const state = find(id);
    if (!state) throw new NoSuchContainer(`No such container: ${id}`);
    return state;
  };

  async function* follow(id: ContainerId, from: number, request: LogRequest, signal: AbortSignal): AsyncGenerator<LogChunk> {
    const wakers = followers.get(id) ?? new Set();
    followers.set(id, wakers);
    let over = !request.follow;
    let wake = (): void => {};
    const waker = (): void => wake();
    wakers.add(waker);
    signal.addEventListener('abort', waker, { once: true });
    void ended(id).then(() => {
      over = true;
      wake();
    });
    try {
      for (let next = from; !signal.aborted; ) {
        const line = written.get(id)?.[next];
        if (line) {
          next++;
          const stamp = request.timestamps ? `${new Date(line.at).toISOString().replace('Z', '000000Z')} ` : '';
          yield { stream: line.stream, data: Buffer.concat([Buffer.from(stamp), line.data]) };
        } else if (over) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      wakers.delete(waker);
      signal.removeEventListener('abort', waker);
    }
  }

  const streams: Streams = {
    async exec(id, command, want) {
      const state = known(id);
      const { exitCode, output } = answerOf(state, command);
      const io = command[0] === 'cat' ? cat(want.stdin) : ending(exitCode, output);
      return { ...io, stdout: want.stdout ? io.stdout : undefined, stderr: want.stderr ? io.stderr : undefined };
    },
    async run(id, command, { timeoutMs, limitBytes }) {
      const state = known(id);
      if (command[0] === 'sleep' && Number(command[1]) * 1000 > timeoutMs) {
        await new Promise<void>((resolve) => void clock.schedule(timeoutMs, resolve));
        throw new ExecTimeout(`command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`);
      }
      const { exitCode, output } = answerOf(state, command);
      return { exitCode, output: Buffer.from(output).subarray(0, limitBytes).toString() };
    },
    async attach(id) {
      known(id);
      const stdout = new PassThrough();
      void ended(id).then(() => stdout.end());
      return { ...ending(0, ''), stdout, exitCode: ended(id).then(() => 0) };
    },
    async logs(id, request, signal) {
      known(id);
      const lines = written.get(id) ?? [];
      const since = lines.findIndex((it) => it.at >= (request.since ?? 0));
      const first = request.since === undefined ? 0 : since < 0 ? lines.length : since;
      const tail = request.tailLines === undefined ? 0 : Math.max(0, lines.length - request.tailLines);
      return follow(id, Math.max(first, tail), request, signal);
    },
    dial: async (id, port) => {
      known(id);
      throw new Error(`dial tcp4 127.0.0.1:${port}: connect: connection refused`);
    },
    disk: async (id) => (find(id) ? 0 : undefined),
    files: async (id) => (find(id) ? 0 : undefined),
    usage: async (id) =>
      find(id)?.status === 'running' ? { at: clock.now(), cpuNanoseconds: 0, memoryWorkingSetBytes: 0, memoryRssBytes: 0 } : undefined,
  };
  return {
    streams,
    write(id, text, stream) {
      const lines = written.get(id) ?? [];
      written.set(id, lines);
      for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) lines.push({ stream, data: Buffer.from(line), at: clock.now() });
      wakeAll(id);
    },
    forget(id) {
      written.delete(id);
      wakeAll(id);
    },
  };
}

function ending(exitCode: number, output: string): ProcessIO {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  stdout.end(output);
  stderr.end();
  return { stdin: undefined, stdout, stderr, resize: async () => {}, exitCode: Promise.resolve(exitCode), close: () => {} };
}

function cat(stdin: boolean): ProcessIO {
  const pipe = new PassThrough();
  if (!stdin) pipe.end();
  const exitCode = new Promise<number>((resolve) => void pipe.once('end', () => resolve(0)));
  const io = ending(0, '');
  return { ...io, stdin: stdin ? pipe : undefined, stdout: pipe, exitCode, close: () => void pipe.destroy() };
}
