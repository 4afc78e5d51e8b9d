import type { Writable } from 'node:stream';

/** Writes whole lines, each with a prefix, and waits for the reader where that is slow. */
export class LineWriter {
  readonly #output: Writable;
  readonly #prefix: Buffer;
  #rest = Buffer.alloc(0);

  constructor(output: Writable, prefix: string) {
    this.#output = output;
    this.#prefix = Buffer.from(prefix);
  }

  async write(chunk: Buffer): Promise<void> {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const end = bytes.lastIndexOf(10) + 1;
    this.#rest = Buffer.from(bytes.subarray(end));
    if (end > 0) await writeAll(this.#output, this.#prefixed(bytes.subarray(0, end)));
  }

  async end(): Promise<void> {
    if (this.#rest.length > 0) await writeAll(this.#output, this.#prefixed(this.#rest));
    this.#rest = Buffer.alloc(0);
  }

  #prefixed(bytes: Buffer): Buffer {
    if (this.#prefix.length === 0) return bytes;
    const parts: Buffer[] = [];
    for (let from = 0; from < bytes.length; ) {
      const at = bytes.indexOf(10, from);
      const to = at < 0 ? bytes.length : at + 1;
      parts.push(this.#prefix, bytes.subarray(from, to));
      from = to;
    }
    return Buffer.concat(parts);
  }
}

export function writeAll(output: Writable, bytes: Uint8Array): Promise<void> {
  if (output.write(bytes)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      output.off('drain', done);
      output.off('close', done);
      resolve();
    };
    output.on('drain', done);
    output.on('close', done);
  });
}
