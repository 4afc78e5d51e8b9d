import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Duplex, Readable, type Writable } from 'node:stream';
import type { core } from '../../kinds/index.ts';
import { type Clock, seconds, sleep } from '../../lib/clock.ts';
import { StatusError } from '../../meta/status-error.ts';
import type { ContainerState, ProcessIO, Streams } from '../../runtime/index.ts';
import { label } from '../names.ts';
import { isSandbox } from '../observed.ts';
import type { NodeUsage } from '../usage/index.ts';
import { logSource, statusOf } from './log-source.ts';

type ContainerRef = { namespace: string; pod: string; uid: string; container: string };
type LogOptions = {
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  sinceTime?: string;
  limitBytes?: number;
  stream?: 'All' | 'Stdout' | 'Stderr';
};
type SessionOptions = { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean };
type Session = {
  stdin: Writable | undefined;
  stdout: Readable | undefined;
  stderr: Readable | undefined;
  resize(size: { width: number; height: number }): void;
  exitCode: Promise<number>;
  close(): void;
};

/** What the API server asks of a node; it declares the same shape in api/node-connection.ts. */
export type NodeConnection = {
  logs(container: ContainerRef, options: LogOptions, signal: AbortSignal): Promise<Readable>;
  exec(container: ContainerRef, command: readonly string[], options: SessionOptions): Promise<Session>;
  attach(container: ContainerRef, options: SessionOptions): Promise<Session>;
  portForward(pod: Omit<ContainerRef, 'container'>, port: number): Promise<Duplex>;
  usage(): Promise<NodeUsage>;
  serve?(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>;
};

type Deps = {
  streams: Streams;
  /** A pod's containers as the engine has them, its sandboxes among them. */
  containersOf(uid: string): readonly ContainerState[];
  /** The pod as the API has it. */
  podOf(uid: string): core.Pod | undefined;
  usage(): Promise<NodeUsage>;
  clock: Clock;
};

export function createNodeConnection({ streams, containersOf, podOf, usage, clock }: Deps): NodeConnection {
  /** All attempts of a container, the newest first. */
  const attempts = (ref: ContainerRef): ContainerState[] =>
    containersOf(ref.uid)
      .filter((it) => !isSandbox(it) && it.labels[label.container] === ref.container)
      .sort((a, b) => Number(b.labels[label.attempt] ?? 0) - Number(a.labels[label.attempt] ?? 0) || b.createdAt - a.createdAt);

  const running = (ref: ContainerRef): ContainerState => {
    const newest = attempts(ref)[0];
    if (newest?.status === 'running') return newest;
    throw new StatusError('InternalError', `container not found (${JSON.stringify(ref.container)})`);
  };

  const session = (io: ProcessIO): Session => ({ ...io, resize: inTurn(io.resize, clock) });

  return {
    async logs(ref, options, signal) {
      const { id } = logSource(attempts(ref), statusOf(podOf(ref.uid), ref.container), { ...ref, previous: options.previous });
      const since =
        options.sinceSeconds === undefined
          ? options.sinceTime && Date.parse(options.sinceTime)
          : clock.now() - seconds(options.sinceSeconds);
      const chunks = await streams.logs(
        id,
        {
          follow: options.follow,
          timestamps: options.timestamps,
          ...(options.tailLines !== undefined && { tailLines: options.tailLines }),
          ...(typeof since === 'number' && { since }),
        },
        signal,
      );
      return Readable.from(limited(chunks, options), { objectMode: false });
    },
    exec: async (ref, command, options) => session(await streams.exec(running(ref).id, command, options)),
    attach: async (ref, options) => session(await streams.attach(running(ref).id, options)),
    async portForward(pod, port) {
      const sandbox = containersOf(pod.uid).find((it) => isSandbox(it) && it.status === 'running');
      if (!sandbox) throw new StatusError('InternalError', `pod not found (${JSON.stringify(`${pod.pod}_${pod.namespace}`)})`);
      return streams.dial(sandbox.id, port, sandbox.labels[label.address] ?? '');
    },
    usage,
  };
}

type Size = { width: number; height: number };

/** The engine refuses sizes until the process runs, a moment after it was asked to: docker's own command asks as often. */
const mostTries = 10;

/** One size at a time: of two that come at once (kubectl attach sends such) the engine must take the second one last. */
function inTurn(resize: (size: Size) => Promise<void>, clock: Clock): (size: Size) => void {
  let next: Size | undefined;
  let busy = false;
  const attempt = async (size: Size): Promise<void> => {
    for (let tries = 1; next === undefined; tries++) {
      try {
        return await resize(size);
      } catch {
        // A process that has ended has no size.
        if (tries === mostTries) return;
        await sleep(clock, 10 * tries);
      }
    }
  };
  const work = async (): Promise<void> => {
    busy = true;
    for (let size = next; size; size = next) {
      next = undefined;
      await attempt(size);
    }
    busy = false;
  };
  return (size) => {
    next = size;
    if (!busy) void work();
  };
}

/** Only what comes from the streams that are wanted, up to the limit. */
async function* limited(
  chunks: AsyncIterable<{ stream: 'stdout' | 'stderr'; data: Buffer }>,
  { limitBytes = Number.POSITIVE_INFINITY, stream = 'All' }: LogOptions,
): AsyncGenerator<Buffer> {
  let left = limitBytes;
  for await (const chunk of chunks) {
    if (stream !== 'All' && chunk.stream !== stream.toLowerCase()) continue;
    yield chunk.data.subarray(0, left);
    left -= chunk.data.length;
    if (left <= 0) return;
  }
}
