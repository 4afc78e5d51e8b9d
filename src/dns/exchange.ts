import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { Clock, Milliseconds } from '../lib/clock.ts';
import { questionText } from './wire.ts';

export type Server = { address: string; port: number };

/** Whether a message answers the query: the same id and question, and no question itself. */
export function isAnswerTo(query: Buffer, message: Buffer): boolean {
  if (message.length < 12 || message.readUInt16BE(0) !== query.readUInt16BE(0) || (message.readUInt16BE(2) & 0x8000) === 0) return false;
  // Servers that could not read the question repeat none.
  if (message.readUInt16BE(4) === 0) return message.length === 12;
  return message.readUInt16BE(4) === 1 && questionText(message) === questionText(query);
}

/** One datagram there and one back, from a port of its own. Fails when the server is not there or does not answer in time. */
export function askByUdp(server: Server, query: Buffer, patience: Milliseconds, clock: Clock): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
    const end = (result: Buffer | Error): void => {
      cancel();
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.close();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    const cancel = clock.schedule(patience, () => end(new Error(`${server.address} did not answer in ${patience} ms`)));
    socket.once('error', end);
    socket.on('message', (message) => {
      if (isAnswerTo(query, message)) end(message);
    });
    socket.once('connect', () => socket.send(query, (error) => error && end(error)));
    // Connected: what others send is not heard, and "port unreachable" is told.
    socket.connect(server.port, server.address);
  });
}

/** The same over a connection, for answers that do not fit a datagram. */
export function askByTcp(server: Server, query: Buffer, patience: Milliseconds, clock: Clock): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, server.address);
    let received = Buffer.alloc(0);
    const end = (result: Buffer | Error): void => {
      cancel();
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    const cancel = clock.schedule(patience, () => end(new Error(`${server.address} did not answer in ${patience} ms`)));
    socket.once('error', end);
    socket.once('close', () => end(new Error(`${server.address} closed the connection`)));
    socket.once('connect', () => socket.write(framed(query)));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const message = received.subarray(2, 2 + received.readUInt16BE(0));
      end(isAnswerTo(query, message) ? message : new Error(`${server.address} answered something else`));
    });
  });
}

/** A message as it goes over a connection: its length before it. */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.alloc(2 + message.length);
  frame.writeUInt16BE(message.length, 0);
  frame.set(message, 2);
  return frame;
}
