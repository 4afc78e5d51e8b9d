import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { StatusError } from '../../meta/status-error.ts';

/** A node agent would not begin. Its words go to the client as they are, as those of upstream's kubelet do: clients put their own before them. */
export class AgentRefusal extends Error {
  readonly code: number;
  constructor(cause: unknown) {
    super((cause as Error).message, { cause });
    this.name = 'AgentRefusal';
    this.code = cause instanceof StatusError ? cause.code : 500;
  }
}

export const notAllowed = (): StatusError =>
  new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', { details: {} });

/** Answers in HTTP on a connection that HTTP has let go of, and hangs up. Gives back the code it has answered with. */
export function refuseUpgrade(socket: Socket, error: unknown): number {
  const { code, type, body } = answerTo(error);
  if (socket.destroyed) return code;
  socket.on('error', () => socket.destroy());
  const head = [
    `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}`,
    `Content-Type: ${type}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // What the client still sends is not read: it may wait for us to close.
  socket.resume();
  socket.once('finish', () => socket.destroy());
  return code;
}

function answerTo(error: unknown): { code: number; type: string; body: string } {
  if (error instanceof AgentRefusal) return { code: error.code, type: 'text/plain; charset=utf-8', body: error.message };
  const known =
    error instanceof StatusError
      ? error
      : new StatusError('InternalError', `Internal error occurred: ${(error as Error).message}`, { cause: error });
  return { code: known.code, type: 'application/json', body: JSON.stringify(known.toStatus()) };
}
