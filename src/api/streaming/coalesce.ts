import { Transform, type TransformCallback } from 'node:stream';

const enough = 32 * 1024;

/** Joins what comes in one turn: logs come in lines, and each write would become a chunk and a TLS record of its own. */
export function coalesce(): Transform {
  let parts: Buffer[] = [];
  let size = 0;
  let turn: NodeJS.Immediate | undefined;
  const flush = (): void => {
    clearImmediate(turn);
    turn = undefined;
    if (parts.length > 0) joined.push(parts.length === 1 ? parts[0] : Buffer.concat(parts, size));
    parts = [];
    size = 0;
  };
  const joined = new Transform({
    transform(bytes: Buffer, _: BufferEncoding, done: TransformCallback) {
      parts.push(bytes);
      size += bytes.length;
      if (size >= enough) flush();
      else turn ??= setImmediate(flush);
      done();
    },
    flush(done) {
      flush();
      done();
    },
    destroy(error, done) {
      clearImmediate(turn);
      done(error);
    },
  });
  return joined;
}
