import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { faultOf } from '../userspace/fault.ts';
import type { Listener } from '../table.ts';
import type { ListenFault } from '../traffic.ts';

/** A port of this host that is ours; nothing arrives at it while the kernel leads its traffic elsewhere. */
export type Held = { ready: Promise<ListenFault | undefined>; release: () => void };

/**
 * Takes a port as a server does that means to have it. The kernel would lead its traffic away from any program of this
 * host without a word; so a port that is somebody's is left to them, and one that is ours is refused to others.
 */
export const hold = ({ protocol, address, port }: Pick<Listener, 'protocol' | 'address' | 'port'>): Held =>
  protocol === 'TCP' ? holdTcp(address, port) : holdUdp(address, port);

function holdTcp(host: string, port: number): Held {
  const server = createServer((socket) => socket.resetAndDestroy());
  const ready = new Promise<ListenFault | undefined>((resolve) => {
    server.once('error', (error) => resolve(faultOf(error)));
    server.once('close', () => resolve(undefined));
    server.listen({ host, port, exclusive: true, backlog: 1 }, () => {
      server.removeAllListeners('error').on('error', () => {});
      resolve(undefined);
    });
  });
  return { ready, release: () => void server.close() };
}

function holdUdp(address: string, port: number): Held {
  const socket = createSocket({ type: 'udp4' });
  let isOver = false;
  const ready = new Promise<ListenFault | undefined>((resolve) => {
    socket.once('error', (error) => resolve(faultOf(error)));
    socket.once('close', () => resolve(undefined));
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error').on('error', () => {});
      resolve(undefined);
    });
  });
  const release = (): void => {
    if (isOver) return;
    isOver = true;
    socket.close();
  };
  return { ready, release };
}
