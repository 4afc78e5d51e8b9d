import { WebSocket } from 'ws';
import type { Status } from '../../meta/types.ts';
import type { Login } from '../connection/contexts.ts';
import { errorOf, headersOf, type Query, statusError, textOf, tlsOf, unreachable, urlOf } from '../connection/requests.ts';

/** Numbers of the streams of exec and attach. */
const channel = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

/** A command that runs in a container, or a container that is attached to. */
export type StreamSession = {
  /** Resolves when the bytes are on their way. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends standard input; with older protocols the container does not hear of it. */
  endInput(): void;
  resize(size: { columns: number; rows: number }): void;
  /** How it ended: undefined when the connection broke before that was told. */
  readonly ended: Promise<Status | undefined>;
  close(): void;
  /** Does not wait for the other side. */
  break(): void;
};

export type Sinks = {
  /** The connection waits until what it returns resolves. */
  stdout(bytes: Buffer): Promise<void> | void;
  stderr(bytes: Buffer): Promise<void> | void;
};

/** Opens the streams of exec or attach over a WebSocket. Fails with the server's StatusError when it refuses. */
export async function openStreams(
  login: Login,
  path: string,
  query: Query,
  sinks: Sinks,
  handshakeMilliseconds = 30_000,
): Promise<StreamSession> {
  const socket = await openSocket(login, path, query, protocols, handshakeMilliseconds);
  let status: Status | undefined;
  let written: Promise<void> = Promise.resolve();
  socket.on('message', (data: Buffer) => {
    const bytes = data.subarray(1);
    if (data[0] === channel.status) status = JSON.parse(bytes.toString('utf8')) as Status;
    if (bytes.length === 0) return;
    const sink = data[0] === channel.stdout ? sinks.stdout : data[0] === channel.stderr ? sinks.stderr : undefined;
    const waits = sink?.(bytes);
    if (!waits) return;
    // A reader that is slow holds up the container, not our memory.
    socket.pause();
    written = waits.then(() => socket.resume());
  });
  const ended = new Promise<Status | undefined>((resolve) => {
    socket.on('close', () => void written.then(() => resolve(status)));
    socket.on('error', () => socket.terminate());
  });
  const send = (number: number, bytes: Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      if (socket.readyState !== WebSocket.OPEN) resolve();
      else socket.send(Buffer.concat([Buffer.of(number), bytes]), () => resolve());
    });
  return {
    write: (bytes) => send(channel.stdin, bytes),
    endInput() {
      if (socket.protocol === protocols[0]) void send(channel.close, Buffer.of(channel.stdin));
    },
    resize: ({ columns, rows }) => void send(channel.resize, Buffer.from(JSON.stringify({ Width: columns, Height: rows }))),
    ended,
    close: () => socket.close(),
    break: () => socket.terminate(),
  };
}

/** A WebSocket to a path of the API. */
export function openSocket(
  login: Login,
  path: string,
  query: Query,
  wanted: readonly string[],
  handshakeMilliseconds = 30_000,
): Promise<WebSocket> {
  const url = urlOf(login.server, path, query);
  const base = new URL(url.origin);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const headers = Object.fromEntries(Object.entries(headersOf(login)).map(([name, value]) => [name, String(value)]));
  const socket = new WebSocket(url, [...wanted], {
    ...tlsOf(login),
    headers,
    handshakeTimeout: handshakeMilliseconds,
    perMessageDeflate: false,
  });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', (error) => reject(unreachable(base, error)));
    socket.once('unexpected-response', (_, response) => {
      textOf(response).then((text) => reject(errorOf(response, text)), reject);
    });
  });
}

/** The exit code of a command; fails with the server's words when it did not run. */
export function exitCodeOf(status: Status | undefined): number {
  if (!status) throw statusError({ message: 'the connection broke before the command had ended' }, 500);
  if (status.status === 'Success') return 0;
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (code === undefined) throw statusError(status, status.code ?? 500);
  return Number(code);
}
