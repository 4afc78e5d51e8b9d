import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { badRequest, StatusError } from '../meta/status-error.ts';
import type { Pki } from './auth/pki.ts';

type Handlers = {
  request: (request: IncomingMessage, response: ServerResponse) => void;
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
};

/** Milliseconds that a client gets to read why it is hung up on. */
const patience = 1000;

export interface Listener {
  port: number;
  /** Listens on one more address, at the same port; resolves when it does. */
  also(host: string): Promise<void>;
  /** Hangs up on everybody; resolves when nothing listens any more. */
  close(): Promise<void>;
}

/** An HTTPS server that asks for client certificates and takes those who have none; resolves when it listens. */
export async function listenOn(host: string, asked: number, pki: Pki, { request, upgrade }: Handlers): Promise<Listener> {
  const https = createServer(
    {
      ...{ cert: pki.server.cert, key: pki.server.key, ca: pki.caCertificate },
      ...{ requestCert: true, rejectUnauthorized: false },
      ...{ maxHeaderSize: 64 * 1024, ALPNProtocols: ['http/1.1'] },
    },
    request,
  );
  // Watches last for hours.
  https.requestTimeout = 0;
  https.headersTimeout = 30_000;
  https.keepAliveTimeout = 120_000;
  https.on('upgrade', upgrade);
  https.on('clientError', (error, socket) => refuseConnection(error, socket as Socket));
  const port = await listening(https, asked, host);
  const servers: Server[] = [https];
  return {
    port,
    async also(another) {
      // It only takes connections in: what TLS needs is there once, and heavy.
      const door = createTcpServer({ noDelay: true }, (socket) => https.emit('connection', socket));
      servers.push(door);
      await listening(door, port, another);
    },
    async close() {
      const closed = servers.map((it) => new Promise((resolve) => it.close(resolve)));
      https.closeAllConnections();
      await Promise.all(closed);
    },
  };
}

const listening = (server: Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });

/** What comes is no HTTP, or more of it than is read: said once, then the connection ends. */
function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  // Each further piece of what was refused already is an error again.
  if (socket.writableEnded) return;
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const tooMuch = error.code === 'HPE_HEADER_OVERFLOW';
  const status = tooMuch
    ? new StatusError('BadRequest', 'the headers of the request are too large', { code: 431 })
    : badRequest(`the request is no HTTP: ${error.message}`);
  const body = JSON.stringify(status.toStatus());
  const head = [
    `HTTP/1.1 ${status.code} ${tooMuch ? 'Request Header Fields Too Large' : 'Bad Request'}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // What still comes is thrown away, for a moment: hanging up on it would take the answer back.
  socket.resume();
  socket.setTimeout(patience, () => socket.destroy());
}
