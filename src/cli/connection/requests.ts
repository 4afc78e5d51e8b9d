import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { createInterface } from 'node:readline';
import { type Reason, StatusError } from '../../meta/status-error.ts';
import type { Status } from '../../meta/types.ts';
import { CommandError } from '../command.ts';
import { Unreachable } from '../faults.ts';
import type { Login } from './contexts.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined | readonly string[]>>;
export type Call = {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Query;
  /** Sent as JSON. */
  body?: unknown;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
};

export type WatchEvent<T> = { type: string; object: T };

/** Requests to one API server. All fail with a StatusError in the server's words, or Unreachable. */
export interface Requests {
  readonly login: Login;
  json<T>(call: Call): Promise<T>;
  text(call: Call): Promise<string>;
  /** The body as it comes. */
  stream(call: Call): Promise<IncomingMessage>;
  /** Ends when `signal` aborts or the server ends it; an ERROR event is a StatusError. */
  watch<T>(call: Call): AsyncIterable<WatchEvent<T>>;
  close(): void;
}

export type RequestOptions = { onWarning: (text: string) => void; timeoutMilliseconds?: number };

export function createRequests(login: Login, { onWarning, timeoutMilliseconds }: RequestOptions): Requests {
  const base = new URL(login.server);
  const secure = base.protocol === 'https:';
  const agent = secure ? new https.Agent({ keepAlive: true, ...tlsOf(login) }) : new http.Agent({ keepAlive: true });

  function open({ method = 'GET', path, query, body, contentType, accept, signal }: Call): Promise<IncomingMessage> {
    const url = urlOf(login.server, path, query);
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      accept: accept ?? 'application/json',
      'user-agent': 'peapod',
      ...(sent !== undefined && { 'content-type': contentType ?? 'application/json', 'content-length': Buffer.byteLength(sent) }),
      ...headersOf(login),
    };
    return new Promise((resolve, reject) => {
      const options = { method, agent, headers, ...(signal && { signal }) };
      const request = secure ? https.request(url, options) : http.request(url, options);
      if (timeoutMilliseconds)
        request.setTimeout(timeoutMilliseconds, () => request.destroy(new Error('the server did not answer in time')));
      request.on('response', (response) => {
        for (const it of [response.headers.warning ?? []].flat()) for (const text of warningsOf(String(it))) onWarning(text);
        resolve(response);
      });
      request.on('error', (cause: NodeJS.ErrnoException) => reject(signal?.aborted ? cause : unreachable(base, cause)));
      request.end(sent);
    });
  }

  async function answered(call: Call): Promise<IncomingMessage> {
    const response = await open(call);
    if ((response.statusCode ?? 500) >= 300) throw errorOf(response, await textOf(response));
    return response;
  }

  return {
    login,
    json: async <T>(call: Call) => JSON.parse(await textOf(await answered(call))) as T,
    text: async (call) => textOf(await answered(call)),
    stream: answered,
    async *watch<T>(call: Call) {
      let response: IncomingMessage;
      try {
        response = await answered(call);
      } catch (error) {
        if (call.signal?.aborted) return;
        throw error;
      }
      const reader = createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY });
      response.on('error', () => reader.close());
      try {
        for await (const line of reader) {
          if (line === '') continue;
          const event = JSON.parse(line) as WatchEvent<T>;
          if (event.type === 'ERROR') throw statusError(event.object as Status, 500);
          yield event;
        }
      } catch (error) {
        if (!call.signal?.aborted) throw error;
      } finally {
        response.destroy();
      }
    },
    close: () => agent.destroy(),
  };
}

export const tlsOf = ({ ca, cert, key, insecure, serverName }: Login) => ({
  ...(ca && { ca }),
  ...(cert && { cert }),
  ...(key && { key }),
  ...(insecure && { rejectUnauthorized: false }),
  ...(serverName && { servername: serverName }),
});

/** Who asks, for servers that are not told by certificate. */
export const headersOf = ({ token, basic, impersonate }: Login): Record<string, string | string[]> => ({
  ...(token && { authorization: `Bearer ${token}` }),
  ...(basic && !token && { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }),
  ...(impersonate.user && { 'impersonate-user': impersonate.user }),
  ...(impersonate.groups.length > 0 && { 'impersonate-group': [...impersonate.groups] }),
  ...(impersonate.uid && { 'impersonate-uid': impersonate.uid }),
});

export function urlOf(server: string, path: string, query: Query = {}): URL {
  const url = new URL(server + path);
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === '') continue;
    for (const it of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(it));
  }
  return url;
}

/** The texts of a Warning header: `299 - "text"`. */
const warningsOf = (header: string): string[] =>
  [...header.matchAll(/299 \S+ ("(?:[^"\\]|\\.)*")/g)].map(([, quoted = '""']) => quoted.slice(1, -1).replace(/\\(.)/g, '$1'));

export function unreachable(base: URL, cause: NodeJS.ErrnoException): Error {
  const port = base.port || (base.protocol === 'https:' ? '443' : '80');
  const host = `${base.hostname}:${port}`;
  if (cause.code === 'ECONNREFUSED' || (cause instanceof AggregateError && cause.errors.some((it) => it.code === 'ECONNREFUSED')))
    return new Unreachable(
      `The connection to the server ${base.port ? base.host : host} was refused - did you specify the right host or port?`,
      {
        cause,
      },
    );
  if (cause.code === 'ENOTFOUND' || cause.code === 'EAI_AGAIN')
    return new Unreachable(`Unable to connect to the server: dial tcp: lookup ${base.hostname}: no such host`, { cause });
  if (String(cause.code).startsWith('ERR_TLS') || /certificate|self.signed/i.test(`${cause.code} ${cause.message}`))
    return new Unreachable(`Unable to connect to the server: tls: failed to verify certificate: ${cause.message}`, { cause });
  return new CommandError(`unable to reach the server ${host}: ${cause.message}`, { cause });
}

export async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export function errorOf(response: IncomingMessage, text: string): StatusError {
  const code = response.statusCode ?? 500;
  const status = statusIn(text);
  return statusError(status ?? { message: text.trim() || `the server answered ${code}` }, code);
}

function statusIn(text: string): Status | undefined {
  try {
    const found = JSON.parse(text) as Status & { kind?: string };
    return found.kind === 'Status' ? found : undefined;
  } catch {
    // Not from an API server, or from in front of it: the text is all there is.
    return undefined;
  }
}

const byCode: Readonly<Record<number, Reason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Expired',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  501: 'NotImplemented',
  503: 'ServiceUnavailable',
};

export function statusError(status: Status, httpCode: number): StatusError {
  const code = status.code ?? httpCode;
  const reason = (status.reason as Reason | undefined) || byCode[code] || 'InternalError';
  return new StatusError(reason, status.message ?? `the server answered ${code}`, {
    code,
    ...(status.details && { details: status.details }),
  });
}
