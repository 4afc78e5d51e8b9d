import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import type { Status } from '../../meta/types.ts';
import type { SessionOptions } from '../node-connection.ts';
import type { Remote } from './session.ts';
import { SpdyConnection } from './spdy/connection.ts';
import type { SpdyStream } from './spdy/stream.ts';

/** Newest first; the empty name is a client from before there were names. */
export const sessionProtocols = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io', ''] as const;
export type SessionProtocol = (typeof sessionProtocols)[number];

type StreamType = 'error' | 'stdin' | 'stdout' | 'stderr' | 'resize';
const creationLimit = 30_000;

/** Waits for the streams the client opens. Undefined when it does not open them all in time, or goes away. */
export async function spdyRemote(
  transport: Duplex,
  clock: Clock,
  protocol: SessionProtocol,
  options: SessionOptions,
): Promise<Remote | undefined> {
  const { stdin, stdout, stderr, tty } = options;
  const resizes = tty && ['v4.channel.k8s.io', 'v3.channel.k8s.io'].includes(protocol);
  const wanted = new Set<string>(
    Object.entries({ error: true, stdin, stdout, stderr, resize: resizes } satisfies Record<StreamType, boolean>)
      .filter(([, asked]) => asked)
      .map(([type]) => type),
  );
  const streams: Partial<Record<StreamType, SpdyStream>> = {};
  let complete = (): void => {};
  const opened = new Promise<boolean>((resolve) => {
    complete = () => resolve(true);
  });
  const connection = new SpdyConnection(transport, clock, (stream) => {
    const type = stream.headers.get('streamtype') ?? '';
    if (!wanted.delete(type)) throw new Error(`nobody asked for a stream of type ${type}`);
    streams[type as StreamType] = stream;
    if (wanted.size === 0) complete();
  });
  let cancel = (): void => {};
  const late = new Promise<boolean>((resolve) => {
    cancel = clock.schedule(creationLimit, () => resolve(false));
  });
  const ready = await Promise.race([opened, late, connection.closed.then(() => false)]);
  cancel();
  if (!ready) {
    await connection.close();
    return undefined;
  }
  const error = streams.error as SpdyStream;
  for (const stream of [error, streams.stdout, streams.stderr]) stream?.resume();
  return {
    stdin: streams.stdin,
    stdout: streams.stdout,
    stderr: streams.stderr,
    resize: streams.resize,
    closed: connection.closed,
    async finish(status) {
      error.end(statusText(status, protocol));
      if (!error.destroyed) await Promise.race([once(error, 'finish').catch(() => undefined), connection.closed]);
      await connection.close();
    },
  };
}

/** Since version 4 the outcome is a Status; before that, a fault's text, and nothing for success. */
export const statusText = (status: Status, protocol: string): string => {
  if (/^v[45]\./.test(protocol)) return JSON.stringify(status);
  return status.status === 'Success' ? '' : (status.message ?? '');
};
