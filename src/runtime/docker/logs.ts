import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { ContainerId, LogChunk, LogRequest } from '../runtime.ts';
import { inContainer } from './exec.ts';
import { frames, stampedOnce, unframed, withoutRepeats } from './frames.ts';

/** A container's output, as a stream also when it is not followed: it can be fifty megabytes. */
export async function engineLogs(
  docker: Docker,
  id: ContainerId,
  { follow, timestamps, tailLines, since }: LogRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<LogChunk>> {
  // The answer does not say whether it has frames: that follows from the terminal.
  const { Config: config } = await inContainer(docker.getContainer(id).inspect());
  const stream = await inContainer(
    open(docker, id, signal, {
      follow,
      timestamps: timestamps || (follow && !config.Tty),
      stdout: true,
      stderr: true,
      tail: tailLines ?? 'all',
      ...(since !== undefined && { since: (since / 1000).toFixed(3) }),
    }),
  );
  if (config.Tty) return quietly(unframed(stream), signal);
  const chunks = follow ? withoutRepeats(frames(stream), timestamps) : frames(stream);
  return quietly(timestamps ? stampedOnce(chunks) : chunks, signal);
}

/** The library reads a log that is not followed to its end before it answers. */
function open(docker: Docker, id: ContainerId, signal: AbortSignal, options: object): Promise<Readable> {
  return new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        path: `/containers/${id}/logs?`,
        method: 'GET',
        isStream: true,
        abortSignal: signal,
        statusCodes: { 101: true, 200: true, 404: 'no such container', 500: 'server error' },
        options,
      },
      (error: unknown, stream: unknown) => (error ? reject(error) : resolve(stream as Readable)),
    );
  });
}

/** One that is told to stop ends without an error. */
async function* quietly(source: AsyncIterable<LogChunk>, signal: AbortSignal): AsyncGenerator<LogChunk> {
  try {
    yield* source;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
