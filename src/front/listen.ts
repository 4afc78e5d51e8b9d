import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { type Clock, seconds } from '../lib/clock.ts';

/** Requests of either version of HTTP, as Node's older interface has them. */
export type Handlers = {
  request: (request: IncomingMessage, response: ServerResponse, isSecure: boolean) => void;
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, isSecure: boolean) => void;
  /** What proves a host's name. */
  contextOf: (host: string) => SecureContext | undefined;
};

const preface = Buffer.from('PRI * HTTP/2');
/** Milliseconds in which a client must have said something. */
const patience = 30_000;

type Acceptor = { accept(socket: Socket): void; close(): void };

/** Plain connections: HTTP/1.1, or HTTP/2 for who begins with its preface (gRPC does). */
export function plainAcceptor({ request, upgrade }: Handlers): Acceptor {
  const http1 = createHttp({ keepAliveTimeout: 60_000, requestTimeout: 0, headersTimeout: patience });
  http1.on('request', (asked, answer) => request(asked, answer, false));
  http1.on('upgrade', (asked, socket, head) => upgrade(asked, socket, head, false));
  // Loaded when it is needed, which is seldom.
  let http2: Promise<Server> | undefined;
  const second = (): Promise<Server> => {
    http2 ??= import('node:http2').then(({ createServer: create }) => {
      const server = create();
      server.on('request', (asked, answer) => request(asked as unknown as IncomingMessage, answer as unknown as ServerResponse, false));
      server.on('sessionError', () => undefined);
      return server as unknown as Server;
    });
    return http2;
  };
  return {
    accept(socket) {
      socket.on('error', () => socket.destroy());
      socket.setTimeout(patience, () => socket.destroy());
      socket.once('data', (first: Buffer) => {
        socket.setTimeout(0);
        // Put back, so that whoever takes the connection over reads it from its beginning.
        socket.pause();
        socket.unshift(first);
        if (first.subarray(0, preface.length).equals(preface)) void second().then((it) => it.emit('connection', socket));
        else {
          http1.emit('connection', socket);
          socket.resume();
        }
      });
    },
    close: () => http1.close(),
  };
}

/** TLS for both versions of HTTP. Nothing of it is loaded before the first connection. */
export function secureAcceptor({ request, upgrade, contextOf }: Handlers, fallback: { cert: string; key: string }): Acceptor {
  let opened: Promise<Server> | undefined;
  const open = async (): Promise<Server> => {
    const { createSecureServer } = await import('node:http2');
    const server = createSecureServer({
      ...{ ...fallback, allowHTTP1: true, handshakeTimeout: patience },
      SNICallback: (name, done) => done(null, contextOf(name.toLowerCase())),
    });
    server.on('request', (asked, answer) => request(asked as unknown as IncomingMessage, answer as unknown as ServerResponse, true));
    server.on('upgrade', (asked: IncomingMessage, socket: Duplex, head: Buffer) => upgrade(asked, socket, head, true));
    server.on('sessionError', () => undefined);
    server.on('tlsClientError', (_, socket) => socket.destroy());
    return server as unknown as Server;
  };
  return {
    accept(socket) {
      opened ??= open();
      void opened.then((it) => it.emit('connection', socket));
    },
    close: () => void opened?.then((it) => it.close()),
  };
}

/** One address and port, tried again as long as somebody else has it. */
export interface Door {
  /** Undefined while it is open. */
  fault(): (Error & { code?: string }) | undefined;
  port(): number | undefined;
  close(): void;
}

const [soon, late] = [seconds(1), seconds(30)];

type DoorOptions = { address: string; port: number; accept: (socket: Socket) => void; clock: Clock; onChange: () => void };

/** Resolves when it has been tried once. */
export async function openDoor({ address, port, accept, clock, onChange }: DoorOptions): Promise<Door> {
  const open = new Set<Socket>();
  let server: Server | undefined;
  let fault: (Error & { code?: string }) | undefined;
  let isClosed = false;
  let cancel = (): void => undefined;
  const attempt = (wait: number): Promise<void> =>
    new Promise((resolve) => {
      const tried = createServer({ noDelay: true }, (socket) => {
        open.add(socket);
        socket.once('close', () => open.delete(socket));
        accept(socket);
      });
      tried.once('error', (error) => {
        const isNew = fault === undefined;
        fault = error;
        if (!isClosed) cancel = clock.schedule(wait, () => void attempt(Math.min(wait * 2, late)));
        if (isNew) onChange();
        resolve();
      });
      tried.listen({ host: address, port, exclusive: true, backlog: 4096 }, () => {
        tried.removeAllListeners('error').on('error', () => undefined);
        if (isClosed) tried.close();
        else server = tried;
        fault = undefined;
        onChange();
        resolve();
      });
    });
  await attempt(soon);
  return {
    fault: () => fault,
    port: () => (server?.address() as AddressInfo | null | undefined)?.port,
    close() {
      isClosed = true;
      cancel();
      server?.close();
      for (const socket of open) socket.destroy();
    },
  };
}
