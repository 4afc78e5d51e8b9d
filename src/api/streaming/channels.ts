import { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';

/** How messages carry channel and bytes: a leading byte, or a digit and base64. */
export type Coding = 'binary' | 'base64';

const closeSignal = 255;

/** Several streams in both directions over one WebSocket, each with a number (`channel.k8s.io` and its successors). */
export class Channels {
  /** Settles when the connection has closed. */
  readonly closed: Promise<void>;
  readonly #webSocket: WebSocket;
  readonly #coding: Coding;
  readonly #tellsEnds: boolean;
  readonly #channels = new Map<number, Channel>();
  readonly #full = new Set<Channel>();

  /** `ends` says who can end its half of a channel (since version 5: the client). */
  constructor(webSocket: WebSocket, coding: Coding, ends: 'neither' | 'client' | 'both') {
    this.#webSocket = webSocket;
    this.#coding = coding;
    this.#tellsEnds = ends === 'both';
    webSocket.on('message', (data, isBinary) => {
      const [number, bytes] = this.#decode(data, isBinary);
      if (ends !== 'neither' && number === closeSignal) this.#channels.get(bytes[0] ?? closeSignal)?.deliverEnd();
      else if (bytes.length > 0) this.#channels.get(number)?.deliver(bytes);
    });
    this.closed = new Promise((resolve) => {
      webSocket.once('close', () => {
        for (const channel of this.#channels.values()) channel.destroy();
        resolve();
      });
    });
  }

  /** The stream of that number. Bytes that come for numbers nobody has asked for are dropped. */
  channel(number: number): Duplex {
    const channel = new Channel(
      (bytes, done) => this.#send(number, bytes, done),
      (full) => this.#hold(channel, full),
      (done) => (this.#tellsEnds ? this.#send(closeSignal, Buffer.of(number), done) : done()),
    );
    this.#channels.set(number, channel);
    return channel;
  }

  /** An empty message tells clients that wait for one that the server is there. */
  greet(number: number): void {
    this.#send(number, Buffer.alloc(0), () => {});
  }

  /** Hangs up after all that has been written; what the client still sends is dropped. */
  async close(): Promise<void> {
    for (const channel of this.#channels.values()) channel.resume();
    this.#full.clear();
    this.#webSocket.resume();
    this.#webSocket.close(1000);
    await this.closed;
  }

  #decode(data: RawData, isBinary: boolean): [number: number, bytes: Buffer] {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data;
    if (this.#coding === 'binary' || isBinary) return [bytes[0] ?? closeSignal, bytes.subarray(1)];
    return [(bytes[0] ?? 0) - 0x30, Buffer.from(bytes.toString('latin1', 1), 'base64')];
  }

  #send(number: number, bytes: Buffer, done: (error?: Error | null) => void): void {
    if (this.#coding === 'binary') this.#webSocket.send(Buffer.concat([Buffer.of(number), bytes]), done);
    else this.#webSocket.send(`${number}${bytes.toString('base64')}`, done);
  }

  /** One that is full holds up all, as there is no telling the client. */
  #hold(channel: Channel, full: boolean): void {
    if (full) this.#full.add(channel);
    else this.#full.delete(channel);
    if (this.#full.size > 0) this.#webSocket.pause();
    else this.#webSocket.resume();
  }
}

/** Bytes of one channel that may wait to be read before the whole connection waits. */
const mostWaiting = 1024 * 1024;

class Channel extends Duplex {
  readonly #send: (bytes: Buffer, done: (error?: Error | null) => void) => void;
  readonly #hold: (full: boolean) => void;
  readonly #tellEnd: (done: (error?: Error | null) => void) => void;
  #full = false;
  #ended = false;

  constructor(
    send: (bytes: Buffer, done: (error?: Error | null) => void) => void,
    hold: (full: boolean) => void,
    tellEnd: (done: (error?: Error | null) => void) => void,
  ) {
    super({ allowHalfOpen: true, highWaterMark: 64 * 1024 });
    this.#send = send;
    this.#hold = hold;
    this.#tellEnd = tellEnd;
    // Nobody has to care for a channel whose connection breaks.
    this.on('error', () => {});
  }

  deliver(bytes: Buffer): void {
    if (this.#ended || this.destroyed) return;
    this.push(bytes);
    if (this.readableLength < mostWaiting || this.#full) return;
    this.#full = true;
    this.#hold(true);
  }

  deliverEnd(): void {
    if (this.#ended || this.destroyed) return;
    this.#ended = true;
    this.push(null);
  }

  override _read(): void {
    if (!this.#full) return;
    this.#full = false;
    this.#hold(false);
  }

  override _write(bytes: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(bytes, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#tellEnd(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this._read();
    done(error);
  }
}
