import { createSocket } from 'node:dgram';
import { createServer, isIPv6, type Socket } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import { seconds } from '../lib/clock.ts';
import { framed } from './exchange.ts';

/** Undefined means that the message is not worth an answer. Never fails. */
export type Answer = (query: Buffer, by: 'udp' | 'tcp') => Promise<Buffer | undefined>;

export type Listener = { port: number; close(): void };

const mostConnections = 100;
const idleSeconds = 10;

/** Resolves when datagrams are taken in; `onEnd` is called when that ends by itself. */
export function listenUdp(address: string, port: number, answer: Answer, onEnd: (error: Error) => void): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      socket.close();
    };
    socket.on('message', (query, from) => {
      void answer(query, 'udp').then((response) => {
        // Who asked may have gone: nobody is left to tell.
        if (response && isOpen && from.port > 0) socket.send(response, from.port, from.address, () => undefined);
      });
    });
    socket.on('error', (error) => {
      if (!isOpen) return;
      close();
      reject(error);
      onEnd(error);
    });
    socket.bind({ address, port }, () => resolve({ port: socket.address().port, close }));
  });
}

export function listenTcp(address: string, port: number, answer: Answer, clock: Clock, onEnd: (error: Error) => void): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      serve(socket, answer, clock);
    });
    server.maxConnections = mostConnections;
    let isOpen = true;
    const close = (): void => {
      isOpen = false;
      server.close();
      for (const socket of open) socket.destroy();
    };
    server.on('error', (error) => {
      if (!isOpen) return;
      close();
      reject(error);
      onEnd(error);
    });
    server.listen({ host: address, port }, () => {
      const bound = server.address();
      resolve({ port: bound && typeof bound === 'object' ? bound.port : port, close });
    });
  });
}

/** Questions of one connection are answered one after another; it is closed when it is silent for a while. */
function serve(socket: Socket, answer: Answer, clock: Clock): void {
  let received = Buffer.alloc(0);
  let isBusy = false;
  let cancel = (): void => undefined;
  const waitForMore = (): void => {
    cancel();
    cancel = clock.schedule(seconds(idleSeconds), () => socket.destroy());
  };
  const next = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const length = received.readUInt16BE(0);
      const query = Buffer.from(received.subarray(2, 2 + length));
      received = received.subarray(2 + length);
      const response = await answer(query, 'tcp');
      if (socket.destroyed) return;
      if (!response) {
        socket.destroy();
        return;
      }
      if (!socket.write(framed(response)))
        await new Promise<void>((resolve) => {
          socket.once('drain', resolve);
          socket.once('close', resolve);
        });
    }
    isBusy = false;
    if (socket.isPaused()) socket.resume();
    waitForMore();
  };
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.once('close', () => cancel());
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    // Enough to do for now: what more they send stays with them.
    if (received.length > 0x10000 && isBusy) socket.pause();
    void next();
  });
  waitForMore();
}
