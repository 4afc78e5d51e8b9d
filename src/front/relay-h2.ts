import type { ClientHttp2Session, Http2ServerRequest, Http2ServerResponse, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Unreachable } from '../lib/http/forward.ts';
import type { Place } from './backend.ts';

/** Connections to backends that speak HTTP/2, one for each address: many requests share one. */
export class Sessions {
  readonly #open = new Map<string, ClientHttp2Session>();

  async to({ host, port }: Place): Promise<ClientHttp2Session> {
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    const known = this.#open.get(url);
    if (known && !known.closed && !known.destroyed) return known;
    const { connect } = await import('node:http2');
    const session = connect(url);
    this.#open.set(url, session);
    const forget = (): void => void (this.#open.get(url) === session && this.#open.delete(url));
    session.on('close', forget).on('goaway', forget);
    await new Promise<void>((resolve, reject) => {
      session.once('connect', () => resolve());
      session.once('error', (error) => reject(new Unreachable(error)));
    });
    session.on('error', () => session.destroy());
    // One that nobody uses for a minute is let go of.
    session.setTimeout(60_000, () => session.close());
    return session;
  }

  close(): void {
    for (const session of this.#open.values()) session.destroy();
  }
}

/** Headers that HTTP/2 has no place for. */
const dropped = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'http2-settings', 'host'];

/** Passes one request on stream by stream, trailers too: what gRPC needs. Fails with Unreachable before anything was answered. */
export async function relayStream(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  place: Place,
  sessions: Sessions,
  more: Readonly<Record<string, string>>,
): Promise<void> {
  const session = await sessions.to(place);
  const stream = request.stream as ServerHttp2Stream;
  const headers: OutgoingHttpHeaders = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !dropped.includes(name)));
  const onward = session.request({ ...headers, ...more, ':scheme': 'http' });
  stream.once('close', () => onward.close(stream.rstCode));
  stream.on('error', () => onward.close());
  // Node's older interface sends them at the end; they come before the last of the body has gone on.
  onward.on('trailers', (given) => response.addTrailers(given as OutgoingHttpHeaders));
  stream.pipe(onward);
  await new Promise<void>((resolve, reject) => {
    onward.once('response', (answer, flags) => {
      if (stream.destroyed) return resolve();
      // Bit 1 is END_STREAM: an answer of headers alone, as gRPC's failures are.
      if (flags & 1) stream.respond(answer, { endStream: true });
      else {
        stream.respond(answer, { waitForTrailers: true });
        onward.pipe(stream);
      }
      resolve();
    });
    onward.once('error', (error) => (stream.headersSent ? stream.close(2) : reject(new Unreachable(error))));
    onward.once('close', () => {
      if (onward.rstCode !== 0 && !stream.closed) stream.close(onward.rstCode);
      resolve();
    });
  });
}
