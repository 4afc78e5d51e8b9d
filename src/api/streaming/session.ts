import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Status } from '../../meta/types.ts';
import type { Session } from '../node-connection.ts';

/** The client's end of a session, whatever protocol it speaks. Streams that were not asked for are undefined. */
export type Remote = {
  /** Ends when the client has closed it; older WebSocket protocols cannot. */
  stdin: Readable | undefined;
  stdout: Writable | undefined;
  stderr: Writable | undefined;
  /** JSON texts of terminal sizes, cut anywhere. */
  resize: Readable | undefined;
  /** Tells how it ended, after all output, and hangs up. Resolves when the connection has closed. */
  finish(status: Status): Promise<void>;
  /** Settles when the connection has closed. */
  closed: Promise<void>;
};

/** Joins a process and a client until one of them is gone. Never fails: the client is told how it ended. */
export async function join(session: Session, remote: Remote, doing: 'executing command in' | 'attaching to'): Promise<void> {
  void remote.closed.then(() => session.close());
  feed(remote.stdin, session.stdin);
  if (remote.resize) readSizes(remote.resize, (size) => session.resize(size));
  const outputs = Promise.all([pump(session.stdout, remote.stdout), pump(session.stderr, remote.stderr)]);
  const status = await outcome(session.exitCode, doing);
  // A client that has gone reads no more.
  await Promise.race([outputs, remote.closed]);
  await remote.finish(status);
  session.close();
}

/** What the client types goes in; when the process takes no more, it is dropped until the end. */
function feed(from: Readable | undefined, to: Writable | undefined): void {
  if (!from) return;
  from.on('error', () => {});
  if (!to) {
    from.resume();
    return;
  }
  from.pipe(to);
  // After pipe, which stops the flow when it lets go.
  to.on('error', () => from.resume());
  to.once('close', () => from.resume());
}

async function pump(from: Readable | undefined, to: Writable | undefined): Promise<void> {
  if (!from) return void to?.end();
  if (!to) return void from.resume();
  // A process or client that goes away in the middle is the end of its output.
  await pipeline(from, to).catch(() => undefined);
}

const failure = (of: Partial<Status>): Status => ({ metadata: {}, status: 'Failure', ...of });

async function outcome(exitCode: Promise<number>, doing: string): Promise<Status> {
  try {
    const code = await exitCode;
    if (code === 0) return { metadata: {}, status: 'Success' };
    return failure({
      message: `command terminated with non-zero exit code: exit status ${code}`,
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
    });
  } catch (error) {
    const message = `error ${doing} container: ${(error as Error).message}`;
    return failure({
      message: `Internal error occurred: ${message}`,
      reason: 'InternalError',
      details: { causes: [{ message }] },
      code: 500,
    });
  }
}

/** A size is a flat object: it ends at its bracket. What is none is passed over. */
function readSizes(from: Readable, onSize: (size: { width: number; height: number }) => void): void {
  let text = '';
  from.on('error', () => {});
  from.on('data', (part: Buffer) => {
    text += part.toString('latin1');
    for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}')) {
      const [width, height] = ['Width', 'Height'].map(
        (it) => new RegExp(`"${it}"\\s*:\\s*(\\d{1,5})\\b`, 'i').exec(text.slice(0, end))?.[1],
      );
      text = text.slice(end + 1);
      if (width && height && Number(width) > 0 && Number(height) > 0) onSize({ width: Number(width), height: Number(height) });
    }
    if (text.length > 1024) text = '';
  });
}
