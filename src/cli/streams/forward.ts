import { createServer, type Server, type Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { CommandError, messageOf } from '../command.ts';
import type { Login } from '../connection/contexts.ts';
import { openSocket } from './session.ts';

export type Ports = { local: number; remote: number };
export type Forwarding = { address: string; port: number; close(): void };

/**
 * Listens on a local port and carries each connection to a port of the pod, over a WebSocket of its own: channel 0 is
 * its bytes, channel 1 what goes wrong, and each begins with the number of the port. Either side can end its half where
 * the server is a peapod; elsewhere the pod hears of the client's end only when the connection ends.
 */
export async function forwardPort(login: Login, path: string, address: string, ports: Ports, tell: Tell): Promise<Forwarding> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // A client that breaks off is no fault.
    socket.on('error', () => socket.destroy());
    tell.handling(ports.local);
    carry(login, path, ports.remote, socket).catch((error: unknown) => {
      tell.failed(`an error occurred forwarding ${ports.local} -> ${ports.remote}: ${messageOf(error)}`);
      socket.destroy();
    });
  });
  const port = await listen(server, address, ports.local);
  return {
    address,
    port,
    close() {
      server.close();
      for (const it of open) it.destroy();
    },
  };
}

export type Tell = { handling(port: number): void; failed(text: string): void };

function listen(server: Server, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? `listen tcp4 ${address}:${port}: bind: address already in use` : cause.message;
      reject(new CommandError(`unable to listen on any of the requested ports: [{${port} ${port}}]: ${why}`, { cause }));
    });
    server.listen({ port, host: address }, () => resolve((server.address() as { port: number }).port));
  });
}

const greeting = 2;
const closeSignal = 255;
const halfCloseProtocol = 'halfclose.portforward.peapod.dev';

async function carry(login: Login, path: string, remote: number, socket: Socket): Promise<void> {
  const webSocket = await openSocket(login, path, { ports: remote }, [halfCloseProtocol, 'v4.channel.k8s.io']);
  const greeted = [false, false];
  let fault = '';
  await new Promise<void>((resolve) => {
    webSocket.on('message', (data: Buffer) => {
      const number = data[0] ?? 0;
      if (number === closeSignal) {
        if (data[1] === 0) socket.end();
        return;
      }
      const bytes = data.subarray(greeted[number] ? 1 : 1 + greeting);
      greeted[number] = true;
      if (number === 1) fault += bytes.toString('utf8');
      if (number !== 0 || bytes.length === 0 || socket.destroyed) return;
      if (!socket.write(bytes)) {
        webSocket.pause();
        socket.once('drain', () => webSocket.resume());
      }
    });
    webSocket.on('close', () => resolve());
    webSocket.on('error', () => webSocket.terminate());
    socket.on('data', (bytes: Buffer) => send(webSocket, socket, bytes));
    socket.once('end', () => {
      if (webSocket.protocol === halfCloseProtocol) webSocket.send(Buffer.of(closeSignal, 0));
    });
    socket.once('close', () => webSocket.close());
    socket.resume();
  });
  if (fault !== '') throw new Error(fault);
  socket.end();
}

function send(webSocket: WebSocket, socket: Socket, bytes: Buffer): void {
  socket.pause();
  webSocket.send(Buffer.concat([Buffer.of(0), bytes]), () => socket.resume());
}
