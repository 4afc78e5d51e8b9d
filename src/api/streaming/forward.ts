import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createWebSocketStream, type WebSocket } from 'ws';
import type { Clock } from '../../lib/clock.ts';
import { Channels, type Coding } from './channels.ts';
import { portOf } from './options.ts';
import { SpdyConnection } from './spdy/connection.ts';
import type { SpdyStream } from './spdy/stream.ts';

/** Connects to a port of the pod; `name` tells the pod in messages. */
export type Target = { name: string; uid: string; dial(port: number): Promise<Duplex> };

export const forwardProtocol = 'portforward.k8s.io';
/** SPDY as above, in the messages of a WebSocket. */
export const tunnelProtocol = `SPDY/3.1+${forwardProtocol}`;
/** Our own: channels as in version 4, of which either side can end its half as in version 5. The `peapod` command asks for it. */
export const halfCloseProtocol = 'halfclose.portforward.peapod.dev';

const creationLimit = 30_000;
/** How long the client may still send after the pod has ended its half: older kubectls end theirs only when they hear of our end. */
const lastWords = 300;

type Pair = { data?: SpdyStream; error?: SpdyStream; cancel: () => void };

/** Each connection the client takes is a pair of streams: one for bytes, one for what goes wrong. Resolves when the client has hung up. */
export function forwardSpdy(transport: Duplex, target: Target, clock: Clock): Promise<void> {
  const pairs = new Map<string, Pair>();
  const connection = new SpdyConnection(transport, clock, (stream) => {
    const type = stream.headers.get('streamtype');
    const port = portOf(stream.headers.get('port') ?? '');
    if (type !== 'data' && type !== 'error') throw new Error(`invalid stream type ${type}`);
    // Clients from before request ids open the error stream first, and the data stream right after.
    const request = stream.headers.get('requestid') ?? String(type === 'error' ? stream.id : stream.id - 2);
    const pair = pairs.get(request) ?? { cancel: clock.schedule(creationLimit, () => giveUp(pairs, request)) };
    if (pair[type]) throw new Error(`there is a stream of type ${type} already`);
    pair[type] = stream;
    pairs.set(request, pair);
    if (!pair.data || !pair.error) return;
    pair.cancel();
    pairs.delete(request);
    void forward(pair.data, pair.error, port, target, clock);
  });
  return connection.closed.then(() => {
    for (const pair of pairs.values()) pair.cancel();
  });
}

function giveUp(pairs: Map<string, Pair>, request: string): void {
  const pair = pairs.get(request);
  pairs.delete(request);
  pair?.error?.end(`request ${request}: timed out waiting for streams`);
  pair?.data?.destroy();
}

export function forwardTunnel(webSocket: WebSocket, target: Target, clock: Clock): Promise<void> {
  return forwardSpdy(createWebSocketStream(webSocket), target, clock);
}

/**
 * The older way: ports stand in the request, channels 2n and 2n+1 are the data and faults of the n-th and begin with its
 * number. With a clock either side can end its half of a channel.
 */
export async function forwardChannels(
  webSocket: WebSocket,
  coding: Coding,
  ports: readonly number[],
  target: Target,
  clock: Clock | undefined,
): Promise<void> {
  const channels = new Channels(webSocket, coding, clock ? 'both' : 'neither');
  const all = ports.map(async (port, i) => {
    const [data, error] = [channels.channel(2 * i), channels.channel(2 * i + 1)];
    const greeting = Buffer.alloc(2);
    greeting.writeUInt16LE(port);
    data.write(greeting);
    error.write(greeting);
    await forward(data, error, port, target, clock);
  });
  await Promise.race([Promise.all(all), channels.closed]);
  await channels.close();
}

/**
 * Carries bytes both ways. A client that has ended its half gets all that the pod still says; once the pod has ended,
 * the client is waited for a moment only, and not at all (no clock) where it has no way to end. Never fails: the
 * client is told.
 */
async function forward(data: Duplex, error: Duplex, port: number, { name, uid, dial }: Target, clock: Clock | undefined): Promise<void> {
  error.resume();
  try {
    const far = await dial(port);
    if (data.destroyed) far.destroy();
    else await both(data, far, clock);
    error.end();
  } catch (cause) {
    data.destroy();
    error.end(`error forwarding port ${port} to pod ${name}, uid ${uid}: ${(cause as Error).message}`);
  }
}

/** Fails when the pod's side breaks; that the client breaks off is no fault. */
async function both(near: Duplex, far: Duplex, clock: Clock | undefined): Promise<void> {
  let fault: unknown;
  far.once('error', (error) => {
    // Where the client has broken off, the far end is torn down after it.
    if (!near.destroyed) fault = error;
  });
  const back = pipeline(far, near).catch(() => undefined);
  const out = pipeline(near, far).catch(() => undefined);
  await back;
  const cancel = clock?.schedule(lastWords, () => near.destroy());
  if (!clock) near.destroy();
  await out;
  cancel?.();
  far.destroy();
  if (fault) throw fault;
}
