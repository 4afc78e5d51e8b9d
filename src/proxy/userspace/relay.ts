import type { Socket } from 'node:net';
import { seconds } from '../../lib/clock.ts';

/** Carries bytes both ways until both directions have ended; an end goes on as an end, a reset as a reset. */
export function relay(client: Socket, endpoint: Socket): void {
  carry(client, endpoint);
  carry(endpoint, client);
  // A pod that vanished without a word must not keep the connection for ever.
  endpoint.setKeepAlive(true, seconds(60));
  client.resume();
}

// Sockets that read into a buffer of their own (`onread`) were tried and gained nothing that could be measured.
function carry(from: Socket, to: Socket): void {
  from.on('data', (chunk: Buffer) => {
    // What cannot be sent on at once is not read any further.
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  from.on('error', () => to.resetAndDestroy());
  from.on('close', () => {
    // Closed without an end of its own: a half-open other side would wait for ever.
    if (!from.readableEnded) to.destroy();
  });
}
