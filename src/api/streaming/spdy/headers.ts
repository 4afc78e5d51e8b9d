import { constants, createInflate, type Inflate } from 'node:zlib';

/** Names and values of a stream's header block; names are lower-case. */
export type Headers = ReadonlyMap<string, string>;

/** What both ends of SPDY/3 know before the first header (SPDY protocol draft 3, section 2.6.10.1): words after their lengths … */
const words =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization ' +
  'cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range ' +
  'content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified ' +
  'location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding ' +
  'upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin';
/** … then text without. */
const text =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information' +
  '204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error' +
  '501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, ' +
  'Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,public' +
  'privatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

export function dictionary(): Buffer {
  return Buffer.concat([...words.split(' ').map((it) => counted(it.replace('_', ' '))), Buffer.from(text)]);
}

/** More than this in one block is no header a client of ours sends. */
const longest = 64 * 1024;

/** Reads the header blocks of one connection, in their order: each builds on those before. */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({ dictionary: dictionary(), finishFlush: constants.Z_SYNC_FLUSH });
  #parts: Buffer[] = [];
  #size = 0;

  constructor() {
    this.#inflate.on('data', (part: Buffer) => {
      this.#size += part.length;
      if (this.#size > longest) this.#inflate.destroy(new Error('a header block is too long'));
      else this.#parts.push(part);
    });
    // Each reader of a block listens too; this is for errors between blocks.
    this.#inflate.on('error', () => {});
  }

  /** Fails on what is not deflated, too long or torn; the connection is lost then. */
  async read(block: Uint8Array): Promise<Headers> {
    this.#parts = [];
    this.#size = 0;
    await new Promise<void>((resolve, reject) => {
      this.#inflate.once('error', reject);
      // The last part comes with a later turn than the callback may.
      this.#inflate.write(block, (error) => (error ? reject(error) : setImmediate(resolve)));
    });
    this.#inflate.removeAllListeners('error').on('error', () => {});
    return parse(Buffer.concat(this.#parts));
  }

  close(): void {
    this.#inflate.destroy();
  }
}

/** Fails when a length points beyond the end. */
function parse(block: Buffer): Headers {
  let at = 4;
  const next = (): string => {
    const end = at + 4 + block.readUInt32BE(at);
    if (end > block.length) throw new Error('a header block is torn');
    const found = block.toString('latin1', at + 4, end);
    at = end;
    return found;
  };
  const headers = new Map<string, string>();
  for (let count = block.readUInt32BE(0); count > 0; count--) {
    const name = next().toLowerCase();
    headers.set(name, next());
  }
  return headers;
}

/**
 * Header blocks without a header, for replies: nothing is compressed, but the stream of blocks is a zlib stream.
 * Each block ends with an empty stored one: Go's reader hands nothing on before it.
 */
export function createEmptyHeaders(): () => Buffer {
  let begun = false;
  return () => {
    const head = begun ? [] : [0x78, 0x01];
    begun = true;
    return Buffer.from([...head, 0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
  };
}

function counted(word: string): Buffer {
  const bytes = Buffer.alloc(4 + word.length);
  bytes.writeUInt32BE(word.length);
  bytes.write(word, 4, 'latin1');
  return bytes;
}
