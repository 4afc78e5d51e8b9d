import { PassThrough } from 'node:stream';
import type { LogChunk } from '../runtime.ts';

const headerBytes = 8;

/** Takes the engine's frames apart: 1 byte of stream, 3 of nothing, 4 of length, then the data. */
export async function* frames(source: AsyncIterable<Buffer>): AsyncGenerator<LogChunk> {
  let parts: Buffer[] = [];
  let size = 0;
  let needed = headerBytes;
  for await (const chunk of source) {
    parts.push(chunk);
    size += chunk.length;
    // Joined only when a frame is complete: large ones come in many chunks.
    if (size < needed) continue;
    let rest = parts.length === 1 ? chunk : Buffer.concat(parts);
    needed = headerBytes;
    while (rest.length >= headerBytes) {
      const end = headerBytes + rest.readUInt32BE(4);
      if (rest.length < end) {
        needed = end;
        break;
      }
      yield { stream: rest[0] === 2 ? 'stderr' : 'stdout', data: rest.subarray(headerBytes, end) };
      rest = rest.subarray(end);
    }
    parts = rest.length > 0 ? [rest] : [];
    size = rest.length;
  }
}

/** What a terminal shows has one stream and no frames. */
export async function* unframed(source: AsyncIterable<Buffer>): AsyncGenerator<LogChunk> {
  for await (const data of source) yield { stream: 'stdout', data };
}

// The engine's time stamp: RFC 3339 with nine decimals and a space.
const stampBytes = '2026-01-01T00:00:00.000000000Z '.length;
const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(Z|[+-]\d\d:\d\d) /;
const newline = 10;

/**
 * The engine keeps long lines in pieces of 16 KB and stamps each piece; a line has one stamp, at its start. One
 * chunk is one piece.
 */
export async function* stampedOnce(source: AsyncIterable<LogChunk>): AsyncGenerator<LogChunk> {
  const within = { stdout: false, stderr: false };
  for await (const chunk of source) {
    const found = within[chunk.stream] ? stamp.exec(chunk.data.subarray(0, stampBytes + 6).toString('latin1')) : null;
    within[chunk.stream] = chunk.data.at(-1) !== newline;
    yield found ? { ...chunk, data: chunk.data.subarray(found[0].length) } : chunk;
  }
}

/** How many of the last pieces are known again. */
const remembered = 4_096;

/**
 * Engines before 23 say some lines twice to who follows a log while its file is changed for the next one (moby,
 * jsonfilelog). Each piece has a time to the nanosecond, by which what was said a moment ago is known; the pieces of
 * one long line share theirs. `stamped`: whether the times are wanted.
 */
export async function* withoutRepeats(source: AsyncIterable<LogChunk>, stamped: boolean): AsyncGenerator<LogChunk> {
  const said = { stdout: recently(), stderr: recently() };
  for await (const chunk of source) {
    const found = stamp.exec(chunk.data.subarray(0, stampBytes + 6).toString('latin1'));
    if (!found) yield chunk;
    else if (!said[chunk.stream].repeats(found[0], chunk.data.at(-1) === newline))
      yield stamped ? chunk : { ...chunk, data: chunk.data.subarray(found[0].length) };
  }
}

function recently(): { repeats(at: string, endsLine: boolean): boolean } {
  const seen = new Set<string>();
  let last = '';
  let within = false;
  return {
    repeats(at, endsLine) {
      if (seen.has(at) && !(within && at === last)) return true;
      seen.add(at);
      const [oldest] = seen;
      if (seen.size > remembered && oldest !== undefined) seen.delete(oldest);
      last = at;
      within = !endsLine;
      return false;
    },
  };
}

/**
 * Hands the frames on to one stream each, no faster than they are read. `ended` never fails: a broken connection is an end.
 * Two seconds after a process has ended the engine throws away what has not been taken from it: once `isOver`, the
 * rest is taken at once, however slowly it is read here. That is little: an engine holds a megabyte and a pipe of it.
 */
export function split(
  source: AsyncIterable<Buffer>,
  tty: boolean,
  { isOver = () => false, onOutput = () => {} }: { isOver?: (() => boolean) | undefined; onOutput?: (() => void) | undefined } = {},
): { stdout: PassThrough; stderr: PassThrough; ended: Promise<void> } {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const pump = async (): Promise<void> => {
    try {
      for await (const { stream, data } of tty ? unframed(source) : frames(source)) {
        const target = stream === 'stderr' ? stderr : stdout;
        onOutput();
        if (target.destroyed) continue;
        if (!target.write(data) && !isOver()) await drained(target, isOver);
      }
    } finally {
      stdout.end();
      stderr.end();
    }
  };
  return { stdout, stderr, ended: pump().catch(() => undefined) };
}

/** Resolves when it takes more, never will, or waiting is over. */
function drained(target: PassThrough, isOver: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearInterval(timer);
      target.off('drain', done).off('close', done);
      resolve();
    };
    const timer = setInterval(() => isOver() && done(), lookEvery).unref();
    target.on('drain', done).on('close', done);
  });
}

const lookEvery = 200;
