import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../lib/clock.ts';
import { badRequest } from '../../meta/status-error.ts';

/** Of one message: far above what any client sends at once. */
const largestMessage = 16 * 1024 * 1024;
const pingEvery = 30_000;

/** The protocol both know, by the client's order; '' when the client names none. Fails with BadRequest before anything has been done. */
export function chooseProtocol(request: IncomingMessage, known: readonly string[]): string {
  const { 'sec-websocket-key': key = '', 'sec-websocket-version': version } = request.headers;
  if (request.method !== 'GET' || !/^[+/0-9A-Za-z]{22}==$/.test(key) || (version !== '13' && version !== '8'))
    throw badRequest('unable to upgrade: this is no WebSocket handshake');
  const offered = offeredBy(request);
  if (offered.length === 0 && known.includes('')) return '';
  const chosen = offered.find((it) => known.includes(it));
  if (chosen !== undefined) return chosen;
  throw badRequest(`unable to upgrade: client supports [${offered.join(' ')}], server accepts [${known.filter((it) => it).join(' ')}]`);
}

const offeredBy = (request: IncomingMessage): string[] =>
  (request.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((it) => it.trim())
    .filter((it) => it !== '');

/** Shakes hands with the protocol chosen before. Fails when the client's handshake is broken or it has gone. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string,
  clock: Clock,
): Promise<WebSocket> {
  // The library takes protocols of the form of a token alone, and SPDY/3.1+portforward.k8s.io is none: we answer for it.
  delete request.headers['sec-websocket-protocol'];
  const server = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: largestMessage });
  server.on('headers', (headers) => {
    if (protocol) headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
  });
  return new Promise((resolve, reject) => {
    if (socket.destroyed) throw new Error('the client has gone');
    server.once('wsClientError', (error) => reject(badRequest(`unable to upgrade: ${error.message}`, error)));
    socket.once('close', () => reject(new Error('the client has gone')));
    server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate());
      keepAlive(webSocket, clock);
      resolve(webSocket);
    });
  });
}

/** A client that has vanished shows when we write. */
function keepAlive(webSocket: WebSocket, clock: Clock): void {
  let cancel = (): void => {};
  const later = (): void => {
    cancel = clock.schedule(pingEvery, () => {
      if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
      later();
    });
  };
  webSocket.once('close', () => cancel());
  later();
}
