import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { badRequest, StatusError } from '../meta/status-error.ts';
import type { Pki } from './auth/pki.ts';

type Handlers = {
  request: (request: IncomingMessage, response: ServerResponse) => void;
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
};

/** Milliseconds that a client gets to read why it is hung up on. */
const patience = 1000;

/** An HTTPS server that asks for client certificates and takes those who have none; resolves when it listens. */
export function listenOn(host: string, port: number, pki: Pki, { request, upgrade }: Handlers): Promise<{ server: Server; port: number }> {
  const server = createServer(
    {
      ...{ cert: pki.server.cert, key: pki.server.key, ca: pki.caCertificate },
      ...{ requestCert: true, rejectUnauthorized: false },
      ...{ maxHeaderSize: 64 * 1024, ALPNProtocols: ['http/1.1'] },
    },
    request,
  );
  // Watches last for hours.
  server.requestTimeout = 0;
  server.headersTimeout = 30_000;
  server.keepAliveTimeout = 120_000;
  server.on('upgrade', upgrade);
  server.on('clientError', (error, socket) => refuseConnection(error, socket as Socket));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve({ server, port: (server.address() as AddressInfo).port }));
  });
}

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
