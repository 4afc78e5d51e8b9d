import type { Io } from '../io.ts';
import type { Login } from '../connection/contexts.ts';
import type { Query } from '../connection/requests.ts';
import { exitCodeOf, openStreams, type Sinks, type StreamSession } from './session.ts';

export type Interactive = { stdin: boolean; tty: boolean };

/**
 * Joins the user's terminal to a container until it ends; resolves with the exit code. With `tty` every key goes there
 * raw, and a changed size of the window is told.
 */
export async function joinTerminal(login: Login, path: string, query: Query, io: Io, { stdin, tty }: Interactive): Promise<number> {
  const sinks: Sinks = {
    stdout: (bytes) => (io.output.write(bytes) ? undefined : drained(io.output)),
    stderr: (bytes) => (io.faults.write(bytes) ? undefined : drained(io.faults)),
  };
  const session = await openStreams(login, path, query, sinks);
  const leave = [stdin ? pump(io, session, tty) : () => {}, tty ? followSize(io, session) : () => {}];
  try {
    return exitCodeOf(await session.ended);
  } finally {
    for (const it of leave) it();
  }
}

const drained = (output: Io['output']): Promise<void> =>
  new Promise((resolve) => {
    output.once('drain', () => resolve());
    output.once('close', () => resolve());
  });

/** Hands over what is typed; returns how to stop. */
function pump(io: Io, session: StreamSession, tty: boolean): () => void {
  const input = io.input();
  const isRaw = tty && input.isTTY === true;
  if (isRaw) input.setRawMode?.(true);
  const onData = (bytes: Buffer): void => {
    input.pause();
    void session.write(bytes).then(() => input.resume());
  };
  const onEnd = (): void => session.endInput();
  input.on('data', onData);
  input.on('end', onEnd);
  input.resume();
  return () => {
    if (isRaw) input.setRawMode?.(false);
    input.off('data', onData);
    input.off('end', onEnd);
    input.pause();
  };
}

function followSize(io: Io, session: StreamSession): () => void {
  const tell = (): void => session.resize({ columns: io.columns(), rows: io.rows() });
  tell();
  io.output.on('resize', tell);
  return () => io.output.off('resize', tell);
}
