import { type Duplex, Readable, type Writable } from 'node:stream';
import { badRequest, StatusError } from '../../meta/status-error.ts';
import type { ContainerState, ProcessIO, Streams } from '../../runtime/index.ts';
import { isSandbox } from '../observed.ts';
import { label } from '../names.ts';

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
};

type Deps = { streams: Streams; find(pod: { uid: string }): readonly ContainerState[] };

export function createNodeConnection({ streams, find }: Deps): NodeConnection {
  /** All attempts of a container, the newest first. */
  const attempts = (ref: ContainerRef): ContainerState[] =>
    find(ref)
      .filter((it) => !isSandbox(it) && it.labels[label.container] === ref.container)
      .sort((a, b) => Number(b.labels[label.attempt] ?? 0) - Number(a.labels[label.attempt] ?? 0) || b.createdAt - a.createdAt);

  const running = (ref: ContainerRef): ContainerState => {
    const newest = attempts(ref)[0];
    if (newest?.status !== 'running') {
      throw new StatusError(
        'InternalError',
        `Internal error occurred: unable to upgrade connection: container not found (${JSON.stringify(ref.container)})`,
      );
    }
    return newest;
  };

  const session = (io: ProcessIO): Session => ({ ...io, resize: (size) => void io.resize(size).catch(() => undefined) });

  return {
    async logs(ref, options, signal) {
      const all = attempts(ref).filter((it) => it.status !== 'created');
      const wanted = all[options.previous ? 1 : 0];
      if (!wanted) {
        if (options.previous)
          throw badRequest(`previous terminated container ${JSON.stringify(ref.container)} in pod ${JSON.stringify(ref.pod)} not found`);
        throw badRequest(
          `container ${JSON.stringify(ref.container)} in pod ${JSON.stringify(ref.pod)} is waiting to start: ContainerCreating`,
        );
      }
      const since = options.sinceTime
        ? Date.parse(options.sinceTime)
        : options.sinceSeconds !== undefined
          ? Date.now() - options.sinceSeconds * 1000
          : undefined;
      const chunks = await streams.logs(
        wanted.id,
        {
          follow: options.follow && !options.previous,
          timestamps: options.timestamps,
          ...(options.tailLines !== undefined && { tailLines: options.tailLines }),
          ...(since !== undefined && { since }),
        },
        signal,
      );
      return Readable.from(limited(chunks, options), { objectMode: false });
    },
    exec: async (ref, command, options) => session(await streams.exec(running(ref).id, command, options)),
    attach: async (ref, options) => session(await streams.attach(running(ref).id, options)),
    async portForward(pod, port) {
      const sandbox = find(pod).find((it) => isSandbox(it) && it.status === 'running');
      if (!sandbox)
        throw badRequest(`unable to forward port because pod is not running. Current status=${find(pod).length ? 'Failed' : 'Pending'}`);
      return streams.dial(sandbox.id, port, sandbox.labels[label.address] ?? '');
    },
  };
}

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
