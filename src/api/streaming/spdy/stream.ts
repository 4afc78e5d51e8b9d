import { Duplex } from 'node:stream';
import type { Headers } from './headers.ts';

/** What a stream asks of its connection. */
export type Link = {
  /** Sends bytes, and with `last` says that no more will come; calls back when the network has taken them. */
  send(id: number, bytes: Uint8Array, last: boolean, done: (error?: Error | null) => void): void;
  reset(id: number): void;
  forget(id: number): void;
};

/** Bytes of one stream that may wait to be read before the whole connection waits. */
const mostWaiting = 1024 * 1024;

/** A stream of a connection: ended by each side for itself; destroying it before both have tells the client (RST_STREAM). */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: Headers;
  readonly #link: Link;
  #proceed: (() => void) | undefined;
  #ended = false;
  #reset = false;

  constructor(link: Link, id: number, headers: Headers) {
    super({ allowHalfOpen: true, highWaterMark: 64 * 1024 });
    this.#link = link;
    this.id = id;
    this.headers = headers;
    // Nobody has to care for a stream the client resets.
    this.on('error', () => {});
  }

  /** From the network. Resolves when the stream can take more. */
  async deliver(bytes: Buffer): Promise<void> {
    if (this.destroyed || this.#ended) return;
    this.push(bytes);
    if (this.readableLength < mostWaiting) return;
    await new Promise<void>((resolve) => {
      this.#proceed = resolve;
    });
  }

  /** The client has ended its half. */
  deliverEnd(): void {
    if (this.destroyed || this.#ended) return;
    this.#ended = true;
    this.push(null);
  }

  /** The client, or the end of the connection, has done away with the stream. */
  deliverReset(): void {
    this.#reset = true;
    this.destroy();
  }

  override _read(): void {
    this.#proceed?.();
    this.#proceed = undefined;
  }

  override _write(bytes: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#link.send(this.id, bytes, false, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#link.send(this.id, new Uint8Array(0), true, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#reset && !(this.#ended && this.writableFinished)) this.#link.reset(this.id);
    this.#link.forget(this.id);
    this._read();
    done(error);
  }
}
