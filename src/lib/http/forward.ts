import { type Agent, type ClientRequest, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { answerHeaders, type Headers } from './headers.ts';

/** Where a request goes on to. `path` has its query with it. */
export type Target = { protocol: 'http:' | 'https:'; host: string; port: number; path: string };

/** Nobody answered, or not in HTTP: nothing has been sent to the client yet. */
export class Unreachable extends Error {
  /** As the system names it: ECONNREFUSED. */
  readonly code: string | undefined;
  /** It was a connection kept from before, which the backend had given up: a new one may do. */
  readonly wasKept: boolean;
  constructor(cause: Error & { code?: string }, wasKept = false) {
    super(cause.message, { cause });
    this.wasKept = wasKept;
    this.name = 'Unreachable';
    this.code = cause.code;
  }
}

/** What becomes of an answer on its way back; undefined: nothing. */
export type Rewrite = (answer: IncomingMessage) => { headers: string[]; through?: Transform[] } | undefined;

export type ForwardOptions = {
  method: string;
  headers: Headers;
  rewrite?: Rewrite;
  /** Keeps connections to backends; only for requests without a body, which can be made a second time. */
  agent?: Agent;
  /** A backend that has not begun to answer by then is not waited for any longer. */
  answerWithin?: number;
};

/** A name with one value is that value: the library wants a host to be plain text. */
const asSent = (headers: Headers): Record<string, string | string[]> =>
  Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.length === 1 ? (values[0] as string) : values]));

/** HTTP/2 wants names in lower case and knows no words for a status. */
function byName(flat: readonly string[]): Record<string, string[]> {
  const named: Record<string, string[]> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = (flat[i] as string).toLowerCase();
    named[name] = [...(named[name] ?? []), flat[i + 1] as string];
  }
  return named;
}

/** Certificates of backends are their own affair: they are asked for by address, which no certificate names. */
export const dial = async (target: Target, options: { method: string; headers: Headers; agent?: Agent }) => {
  const plain = {
    ...{ host: target.host, port: target.port, path: target.path, method: options.method, headers: asSent(options.headers) },
    setHost: false,
  };
  if (target.protocol === 'http:') return requestHttp({ ...plain, agent: options.agent ?? false });
  // Loaded when it is first needed: few backends speak it.
  const { request } = await import('node:https');
  return request({ ...plain, agent: false, rejectUnauthorized: false });
};

/** The connection is made anew for each request, so it is never there at once. */
function whenConnected(onward: ClientRequest, isSecure: boolean, begin: () => void): void {
  const onSocket = (socket: Socket): void => {
    if (socket.connecting || isSecure) socket.once(isSecure ? 'secureConnect' : 'connect', begin);
    else begin();
  };
  if (onward.socket) onSocket(onward.socket);
  else onward.once('socket', onSocket);
}

/**
 * Sends a request on and its answer back, both as they come, with whatever backpressure either side makes. Fails with
 * Unreachable as long as the client has been told nothing; what breaks later breaks the client's connection, since half
 * an answer must not look whole.
 */
export async function forward(request: IncomingMessage, response: ServerResponse, target: Target, options: ForwardOptions): Promise<void> {
  const onward = await dial(target, options);
  const onGone = (): void => void onward.destroy();
  response.once('close', onGone);
  if (options.answerWithin) onward.setTimeout(options.answerWithin, () => onward.destroy(new Error('i/o timeout')));
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const onClose = (): void => reject(new Unreachable(new Error('the connection was closed'), onward.reusedSocket));
      onward.once('error', (error) => reject(new Unreachable(error, onward.reusedSocket)));
      onward.once('close', onClose);
      onward.once('response', (answer) => {
        onward.off('close', onClose);
        resolve(answer);
      });
      // Nothing of the body is taken before somebody is there to have it: the caller may try somebody else.
      whenConnected(onward, target.protocol === 'https:', () => request.pipe(onward));
    });
    onward.setTimeout(0);
    // What breaks from here on shows in the answer.
    onward.on('error', () => undefined);
    const changed = options.rewrite?.(answer);
    const headers = changed?.headers ?? answerHeaders(answer);
    if (request.httpVersionMajor === 1) response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
    else response.writeHead(answer.statusCode ?? 502, byName(headers));
    // With the first of the body, if that is there already.
    setImmediate(() => response.flushHeaders());
    const parts = [answer, ...(changed?.through ?? []), response];
    await pipeline(parts as [IncomingMessage, ...Transform[], ServerResponse]).catch(() => void response.destroy());
    // Who answered early wants to read no more of it.
    if (!request.readableEnded) request.resume();
  } finally {
    response.off('close', onGone);
    request.unpipe(onward);
  }
}
