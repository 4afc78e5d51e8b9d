import { createSocket, type Socket } from 'node:dgram';
import { type Milliseconds, seconds } from '../../lib/clock.ts';
import type { Endpoint } from '../endpoints.ts';
import type { Listener } from '../table.ts';
import type { ListenFault } from '../traffic.ts';
import type { Balancer } from './balancer.ts';
import { faultOf } from './fault.ts';
import type { OpenPort, PortDeps } from './tcp.ts';

/** The kernel's own times for tracked datagrams: a question, or a question and an answer; and a lasting exchange. */
const idle: Milliseconds = seconds(30);
const idleStream: Milliseconds = seconds(120);
/** Each client's port costs a socket: the one longest silent goes when there are more. */
const mostClients = 4096;
const mostWaiting = 64;
const lateAnswers: Milliseconds = seconds(1);

/** A client's port, and the socket that stands for it before the endpoint. */
type Association = {
  endpoint: Endpoint;
  socket: Socket;
  send: (message: Buffer) => void;
  waiting: Buffer[] | undefined;
  began: Milliseconds;
  last: Milliseconds;
  isStream: boolean;
};

export function openUdp(start: Listener, balancer: Balancer, { clock, count, ownAddress }: Omit<PortDeps, 'connections'>): OpenPort {
  /** In the order of last use by the client. */
  const associations = new Map<string, Association>();
  const retired = new Set<Association>();
  const server = createSocket({ type: 'udp4' });
  let isClosed = false;
  let cancelSweep: (() => void) | undefined;

  function drop(key: string): void {
    const known = associations.get(key);
    if (!known) return;
    associations.delete(key);
    known.socket.close();
  }

  /** The endpoint has gone: what comes next goes to another, but an answer may be on its way. */
  function retire(key: string): void {
    const known = associations.get(key);
    if (!known) return;
    associations.delete(key);
    retired.add(known);
    clock.schedule(lateAnswers, () => {
      if (retired.delete(known)) known.socket.close();
    });
  }

  function sweepLater(): void {
    cancelSweep ??= clock.schedule(idle, () => {
      cancelSweep = undefined;
      const now = clock.now();
      for (const [key, it] of associations) if (now - it.last >= (it.isStream ? idleStream : idle)) drop(key);
      if (associations.size > 0) sweepLater();
    });
  }

  function associate(key: string, client: { address: string; port: number }): Association | undefined {
    const endpoint = balancer.pick(client.address);
    if (!endpoint) return undefined;
    count('connection');
    const socket = createSocket({ type: 'udp4', lookup });
    const now = clock.now();
    // Docker hides this host from itself behind another of its addresses, and a server that listens on all of them
    // answers from there: then the port alone tells that it is the endpoint.
    const isOwn = endpoint.address === ownAddress;
    const send = (message: Buffer): void =>
      isOwn ? socket.send(message, endpoint.port, endpoint.address, ignore) : socket.send(message, ignore);
    const made: Association = { endpoint, socket, send, waiting: [], began: now, last: now, isStream: false };
    const isCurrent = (): boolean => associations.get(key) === made;
    // Refused: the next datagram tries another endpoint.
    socket.on('error', () => {
      count('failed connect');
      if (isCurrent()) drop(key);
    });
    socket.on('message', (reply, from) => {
      if (isOwn && from.port !== endpoint.port) return;
      made.last = clock.now();
      if (made.last - made.began > seconds(2)) made.isStream = true;
      if (!isClosed) server.send(reply, client.port, client.address, ignore);
    });
    const onOpen = (): void => {
      for (const message of made.waiting ?? []) if (isCurrent()) send(message);
      made.waiting = undefined;
    };
    if (isOwn) socket.bind(0, onOpen);
    else socket.connect(endpoint.port, endpoint.address, onOpen);
    associations.set(key, made);
    const oldest = associations.keys().next().value;
    if (associations.size > mostClients && oldest !== undefined) drop(oldest);
    sweepLater();
    return made;
  }

  server.on('message', (message, client) => {
    const key = `${client.address}:${client.port}`;
    const known = associations.get(key);
    const to = known ?? associate(key, client);
    if (!to) return;
    if (known) {
      associations.delete(key);
      associations.set(key, known);
    }
    to.last = clock.now();
    if (!to.waiting) to.send(message);
    else if (to.waiting.length < mostWaiting) to.waiting.push(message);
  });

  const ready = new Promise<ListenFault | undefined>((resolve) => {
    server.once('error', (error) => resolve(faultOf(error)));
    server.once('close', () => resolve(undefined));
    server.bind({ address: start.address, port: start.port, exclusive: true }, () => {
      server.removeAllListeners('error').on('error', ignore);
      resolve(undefined);
    });
  });

  return {
    ready,
    update() {
      for (const [key, { endpoint }] of associations) if (!balancer.has(endpoint)) retire(key);
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      cancelSweep?.();
      for (const key of [...associations.keys()]) drop(key);
      for (const { socket } of retired) socket.close();
      retired.clear();
      server.close();
    },
    connections: () => associations.size,
  };
}

/** A datagram may be lost: nobody is told. */
const ignore = (): void => {};

/** Endpoints are addresses: nothing is looked up, so nothing waits. */
const lookup = (address: string, _: unknown, done: (error: null, address: string, family: number) => void): void => done(null, address, 4);
