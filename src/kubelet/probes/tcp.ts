import { connect } from 'node:net';
import { dialFault } from './dial-fault.ts';
import type { Outcome, Target } from './outcome.ts';

/** Succeeds when a connection is made. Never fails by itself. */
export function probeTcp({ address, port, timeoutMs }: Target): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (outcome: Outcome): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.setTimeout(timeoutMs, () => end({ result: 'failure', output: `dial tcp ${address}:${port}: i/o timeout` }));
    socket.once('connect', () => end({ result: 'success', output: '' }));
    socket.once('error', (error: NodeJS.ErrnoException) => end({ result: 'failure', output: dialFault(error, address, port) }));
  });
}
