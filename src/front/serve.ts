import type { Agent, IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import { forward, type Target, Unreachable } from '../lib/http/forward.ts';
import { addForwardedFor, type Headers, headersToPassOn } from '../lib/http/headers.ts';
import { forwardUpgrade } from '../lib/http/upgrade.ts';
import type { Destination, Place, Speech } from './backend.ts';
import { relayStream, type Sessions } from './relay-h2.ts';

/** Where a request is to go: a destination, or why there is none. */
export type Decision = { name: string; destination: Destination } | { code: 404 | 503; text: string };
export type Decide = (host: string, path: string) => Decision;

/** Tries endpoints one after the other, each time beginning with the next. */
export class Turns {
  readonly #next = new Map<string, number>();

  of(name: string, places: readonly Place[]): readonly Place[] {
    const start = (this.#next.get(name) ?? 0) % Math.max(1, places.length);
    // A name that is gone is not worth a look: what it costs is a number.
    this.#next.set(name, start + 1);
    return [...places.slice(start), ...places.slice(0, start)].slice(0, 3);
  }
}

type Deps = { decide: Decide; turns: Turns; sessions: Sessions; agent: Agent; count: (code: number) => void };

const hostOf = (request: IncomingMessage): string => {
  const named = request.headers[':authority'] ?? request.headers.host ?? '';
  return String(named).toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
};

const targetOf = ({ host, port }: Place, speech: Speech, path: string): Target => ({
  protocol: speech === 'https' ? 'https:' : 'http:',
  ...{ host, port, path },
});

function onwardHeaders(request: IncomingMessage, isSecure: boolean): Headers {
  const headers = headersToPassOn(request);
  const asked = String(request.headers[':authority'] ?? request.headers.host ?? '');
  headers.host = [asked];
  headers['x-forwarded-host'] = [asked];
  headers['x-forwarded-proto'] = [isSecure ? 'https' : 'http'];
  headers['x-forwarded-port'] = [String(request.socket.localPort ?? '')];
  addForwardedFor(headers, request.socket.remoteAddress);
  return headers;
}

function say(response: ServerResponse, code: number, text: string): void {
  if (response.headersSent) return void response.destroy();
  const body = `${text}\n`;
  response.writeHead(code, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** Answers a request by asking a Service's endpoints. Never fails. */
export async function serve(request: IncomingMessage, response: ServerResponse, isSecure: boolean, deps: Deps): Promise<void> {
  response.on('finish', () => deps.count(response.statusCode));
  response.on('error', () => undefined);
  const url = request.url ?? '/';
  const decision = deps.decide(hostOf(request), url.split('?')[0] ?? '/');
  if ('code' in decision) {
    request.resume();
    return say(response, decision.code, decision.text);
  }
  const { name, destination } = decision;
  let fault: Unreachable | undefined;
  for (const place of deps.turns.of(name, destination.places)) {
    try {
      await pass(request, response, place, destination.speech, isSecure, deps);
      return;
    } catch (error) {
      if (!(error instanceof Unreachable)) {
        response.destroy();
        return;
      }
      fault = error;
      // Somebody was there and has read of the body: it cannot be said a second time.
      if (request.readableDidRead || response.destroyed) break;
    }
  }
  request.resume();
  if (fault) say(response, 502, `no endpoint of ${name} answers: ${fault.message}`);
  else say(response, 503, `no endpoints available for service "${name}"`);
}

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  place: Place,
  speech: Speech,
  isSecure: boolean,
  { sessions, agent }: Deps,
): Promise<void> {
  const headers = onwardHeaders(request, isSecure);
  const isGrpc = request.headers['content-type']?.startsWith('application/grpc') ?? false;
  if (request.httpVersionMajor === 2 && (isGrpc || speech === 'h2c') && speech !== 'https') {
    const more = Object.entries(headers).filter(([name]) => name.startsWith('x-forwarded-'));
    const flat = Object.fromEntries(more.map(([name, values]) => [name, values.join(', ')]));
    return relayStream(request as unknown as Http2ServerRequest, response as unknown as Http2ServerResponse, place, sessions, flat);
  }
  const options = { method: request.method ?? 'GET', headers };
  const target = targetOf(place, speech, request.url ?? '/');
  if (hasBody(request)) return forward(request, response, target, options);
  try {
    await forward(request, response, target, { ...options, agent });
  } catch (error) {
    if (!(error instanceof Unreachable) || !error.wasKept) throw error;
    await forward(request, response, target, options);
  }
}

/** What has none can be said again. */
const hasBody = ({ method = 'GET', headers }: IncomingMessage): boolean =>
  !['GET', 'HEAD', 'OPTIONS'].includes(method) || headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** The same for a connection whose client asks for another protocol. Never fails. */
export async function serveUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, isSecure: boolean, deps: Deps): Promise<void> {
  socket.on('error', () => socket.destroy());
  const url = request.url ?? '/';
  const decision = deps.decide(hostOf(request), url.split('?')[0] ?? '/');
  const refuse = (code: number, words: string, text: string): void =>
    void socket.end(`HTTP/1.1 ${code} ${words}\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`);
  if ('code' in decision) return refuse(decision.code, decision.code === 404 ? 'Not Found' : 'Service Unavailable', decision.text);
  const { name, destination } = decision;
  for (const place of deps.turns.of(name, destination.places)) {
    try {
      await forwardUpgrade({ request, socket, head }, targetOf(place, destination.speech, url), onwardHeaders(request, isSecure));
      deps.count(101);
      return;
    } catch (error) {
      if (!(error instanceof Unreachable)) return void socket.destroy();
    }
  }
  refuse(502, 'Bad Gateway', `no endpoint of ${name} answers`);
}
