import type { Duplex } from 'node:stream';
import type { Clock } from '../../../lib/clock.ts';
import { createEmptyHeaders, HeaderReader } from './headers.ts';
import { type Link, SpdyStream } from './stream.ts';

const frame = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7, headers: 8 } as const;
const flagFin = 1;
const status = { refused: 3, cancel: 5 } as const;

/** Control frames are headers of streams: longer ones are no SPDY. */
const longestControl = 64 * 1024;
const mostStreams = 10_000;
/** Bytes that may wait for the client to read them. */
const mostUnread = 4 * 1024 * 1024;
const pingEvery = 30_000;
/** How long the client may take to hang up after we have said good-bye. */
const patience = 5_000;

/**
 * The server's end of SPDY/3.1 (the SPDY protocol, draft 3.1), as far as Kubernetes' clients speak it: they open
 * streams, we answer. There are no windows: those clients neither keep nor send any, and the transport's own
 * backpressure does the work: a stream nobody reads holds up its connection, a slow client its writers.
 */
export class SpdyConnection {
  /** Settles when the transport has closed, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #transport: Duplex;
  readonly #clock: Clock;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #headers = new HeaderReader();
  readonly #emptyHeaders = createEmptyHeaders();
  readonly #link: Link;
  #lastId = 0;
  #pings = 0;
  #closing = false;
  #cancelTimer = (): void => {};
  #rest: Buffer = Buffer.alloc(0);
  /** The data frame that is being read. */
  #data: { stream: SpdyStream | undefined; left: number; fin: boolean } | undefined;

  /** `onStream` takes each stream the client opens, or throws to refuse it. */
  constructor(transport: Duplex, clock: Clock, onStream: (stream: SpdyStream) => void) {
    this.#transport = transport;
    this.#clock = clock;
    this.#onStream = onStream;
    this.#link = {
      send: (id, bytes, last, done) => this.#sendData(id, bytes, last, done),
      reset: (id) => this.#sendReset(id, status.cancel),
      forget: (id) => void this.#streams.delete(id),
    };
    transport.on('error', () => transport.destroy());
    this.closed = new Promise((resolve) => {
      const end = (): void => {
        this.#cancelTimer();
        this.#headers.close();
        for (const stream of [...this.#streams.values()]) stream.deliverReset();
        resolve();
      };
      // A client may have gone before we got to it.
      if (transport.closed) end();
      else transport.once('close', end);
    });
    // Whatever is wrong with what the client sends, the answer is to hang up.
    this.#read().catch(() => transport.destroy());
    this.#pingLater();
  }

  /** Says good-bye after all that has been written, and hangs up. What the client still sends is read and dropped: a reset would cost it our last bytes. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#control(frame.goAway, 0, this.#lastId, 0);
      this.#transport.end();
      for (const stream of this.#streams.values()) stream.resume();
      this.#cancelTimer();
      this.#cancelTimer = this.#clock.schedule(patience, () => this.#transport.destroy());
    }
    await this.closed;
  }

  /** A client that has vanished shows when we write. */
  #pingLater(): void {
    if (this.#transport.closed) return;
    this.#cancelTimer = this.#clock.schedule(pingEvery, () => {
      this.#pings += 2;
      this.#control(frame.ping, 0, this.#pings);
      this.#pingLater();
    });
  }

  async #read(): Promise<void> {
    for await (const chunk of this.#transport) await this.#take(chunk as Buffer);
  }

  async #take(chunk: Buffer): Promise<void> {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    for (;;) {
      if (this.#data) {
        const part = bytes.subarray(0, this.#data.left);
        bytes = bytes.subarray(part.length);
        this.#data.left -= part.length;
        const { stream, left, fin } = this.#data;
        if (part.length > 0 && !this.#closing) await stream?.deliver(part);
        if (left > 0) break;
        if (fin) stream?.deliverEnd();
        this.#data = undefined;
      }
      if (bytes.length < 8) break;
      const [flags, length] = [bytes[4] as number, bytes.readUIntBE(5, 3)];
      if (((bytes[0] as number) & 0x80) === 0) {
        this.#data = { stream: this.#streams.get(bytes.readUInt32BE(0)), left: length, fin: (flags & flagFin) !== 0 };
        bytes = bytes.subarray(8);
        continue;
      }
      if (length > longestControl || (bytes.readUInt16BE(0) & 0x7fff) !== 3) throw new Error('no SPDY/3 frame');
      if (bytes.length < 8 + length) break;
      await this.#takeControl(bytes.readUInt16BE(2), flags, bytes.subarray(8, 8 + length));
      bytes = bytes.subarray(8 + length);
    }
    this.#rest = bytes;
  }

  async #takeControl(type: number, flags: number, body: Buffer): Promise<void> {
    switch (type) {
      case frame.synStream:
        return this.#open(body.readUInt32BE(0) & 0x7fffffff, flags, body.subarray(10));
      case frame.synReply:
      case frame.headers:
        // Nothing in them is for us, but later blocks build on them.
        await this.#headers.read(body.subarray(4));
        return;
      case frame.rstStream:
        this.#streams.get(body.readUInt32BE(0) & 0x7fffffff)?.deliverReset();
        return;
      case frame.ping:
        // One that only asks and never reads gets no more answers.
        if (body.readUInt32BE(0) % 2 === 1 && this.#transport.writableLength < mostUnread)
          this.#control(frame.ping, 0, body.readUInt32BE(0));
        return;
      default:
      // Settings, windows and good-byes change nothing here.
    }
  }

  async #open(id: number, flags: number, block: Buffer): Promise<void> {
    const headers = await this.#headers.read(block);
    if (id % 2 !== 1 || id <= this.#lastId) throw new Error('stream ids of clients are odd and rise');
    this.#lastId = id;
    if (this.#closing || this.#streams.size >= mostStreams) return this.#sendReset(id, status.refused);
    const stream = new SpdyStream(this.#link, id, headers);
    this.#streams.set(id, stream);
    if ((flags & flagFin) !== 0) stream.deliverEnd();
    try {
      this.#onStream(stream);
    } catch {
      stream.destroy();
      return;
    }
    this.#control(frame.synReply, 0, id, this.#emptyHeaders());
  }

  #control(type: number, flags: number, ...parts: Array<number | Buffer>): void {
    if (!this.#transport.writable) return;
    const body = Buffer.concat(parts.map((it) => (typeof it === 'number' ? word(it) : it)));
    this.#transport.write(Buffer.concat([word((0x8003 << 16) | type), word((flags << 24) | body.length), body]));
  }

  #sendReset(id: number, code: number): void {
    this.#control(frame.rstStream, 0, id, code);
  }

  #sendData(id: number, bytes: Uint8Array, last: boolean, done: (error?: Error | null) => void): void {
    if (!this.#transport.writable) {
      done(new Error('the connection has ended'));
      return;
    }
    // One write, since each may become a message or a TLS record of its own.
    const head = [word(id), word(((last ? flagFin : 0) << 24) | bytes.length)];
    this.#transport.write(Buffer.concat([...head, bytes]), done);
  }
}

function word(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
