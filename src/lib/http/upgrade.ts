import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { dial, type Target, Unreachable } from './forward.ts';
import { answerHeaders, type Headers } from './headers.ts';

type Client = { request: IncomingMessage; socket: Duplex; head: Buffer };

/**
 * Passes on a wish for another protocol (WebSocket, SPDY). When the backend agrees, bytes go both ways until either end
 * closes; when it does not, its answer is passed on and the connection ends. Fails with Unreachable before that.
 * `refuse` may turn an answer down instead of passing it on, by throwing.
 */
export async function forwardUpgrade(
  { request, socket, head }: Client,
  target: Target,
  headers: Headers,
  refuse: (answer: IncomingMessage) => void = () => undefined,
): Promise<void> {
  const wish = { ...headers, connection: ['Upgrade'], upgrade: request.headersDistinct.upgrade ?? [] };
  const onward = await dial(target, { method: request.method ?? 'GET', headers: wish });
  const onGone = (): void => void onward.destroy();
  socket.once('close', onGone);
  const outcome = await new Promise<{ answer: IncomingMessage; backend?: Duplex; first?: Buffer }>((resolve, reject) => {
    onward.once('upgrade', (answer, backend, first) => resolve({ answer, backend, first }));
    onward.once('response', (answer) => resolve({ answer }));
    onward.once('error', (error) => reject(new Unreachable(error)));
    onward.end();
  });
  socket.off('close', onGone);
  const { answer, backend, first } = outcome;
  if (!backend) {
    try {
      refuse(answer);
    } catch (error) {
      onward.destroy();
      throw error;
    }
    socket.write(headText(answer, ['Connection', 'close', ...answerHeaders(answer)]));
    await pipeline(answer, socket).catch(() => void socket.destroy());
    return;
  }
  socket.write(headText(answer, answer.rawHeaders));
  if (first?.length) socket.write(first);
  if (head.length > 0) backend.write(head);
  await join(socket, backend);
}

/** Bytes both ways. One end that closes ends the other, which still gets what was on its way; resolves when both are gone. */
async function join(a: Duplex, b: Duplex): Promise<void> {
  const gone = (one: Duplex, other: Duplex): Promise<void> =>
    new Promise((resolve) => {
      one.once('error', () => one.destroy());
      one.once('close', () => {
        if (!other.writableEnded) other.end();
        if (other.writableFinished) other.destroy();
        else other.once('finish', () => other.destroy());
        resolve();
      });
    });
  const both = [gone(a, b), gone(b, a)];
  a.pipe(b);
  b.pipe(a);
  await Promise.all(both);
}

function headText(answer: IncomingMessage, headers: readonly string[]): string {
  const code = answer.statusCode ?? 502;
  const lines = [`HTTP/1.1 ${code} ${answer.statusMessage || STATUS_CODES[code] || ''}`];
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
