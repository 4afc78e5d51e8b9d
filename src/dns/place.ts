import { type Clock, seconds } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type Answer, type Listener, listenTcp, listenUdp } from './listen.ts';

/** One address that is listened on, one way; as long as it cannot be had, it is tried again and again. */
export interface Place {
  /** Resolves when it has been tried once. */
  open(): Promise<void>;
  fault(): string | undefined;
  /** Where it listens now. */
  listens(): { address: string; port: number; by: 'udp' | 'tcp' } | undefined;
  close(): void;
}

const againAfter = seconds(5);

type Deps = { answer: Answer; clock: Clock; log: Log };

export function createPlace(address: string, port: number, by: 'udp' | 'tcp', { answer, clock, log }: Deps): Place {
  let listener: Listener | undefined;
  let fault: string | undefined;
  let isClosed = false;
  let cancel = (): void => undefined;

  function failed(error: Error): void {
    if (isClosed) return;
    listener = undefined;
    const now = `cannot listen on ${address} port ${port} (${by}): ${error.message}`;
    if (now !== fault) log.warn('a DNS address cannot be listened on', { address, port, by, error: error.message });
    fault = now;
    cancel();
    cancel = clock.schedule(againAfter, () => void open());
  }

  async function open(): Promise<void> {
    if (isClosed) return;
    try {
      const opened = await (by === 'udp' ? listenUdp(address, port, answer, failed) : listenTcp(address, port, answer, clock, failed));
      if (isClosed) opened.close();
      else listener = opened;
      fault = undefined;
    } catch {
      // `failed` has been told, with the reason.
    }
  }

  return {
    open,
    fault: () => fault,
    listens: () => listener && { address, port: listener.port, by },
    close() {
      isClosed = true;
      cancel();
      listener?.close();
    },
  };
}
