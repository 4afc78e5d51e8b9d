import type { Listener } from './table.ts';

/** Why a listener does not listen: the port is someone else's, the address is not on this host, or anything else. */
export type ListenFault = { reason: 'taken' | 'no address' | 'not allowed' | 'other'; message: string };

/** Makes connections to listeners end at their endpoints. What a contract test runs over: test/contracts/proxy. */
export interface Traffic {
  /**
   * Opens a listener, or changes where its new connections go. Resolves when new connections go there, or with what keeps
   * them from it; the caller puts it again to try again. A listener without endpoints refuses connections, as if the port
   * were nobody's. TCP connections that are there go on until they end, whatever happens to listener and endpoints;
   * datagrams to an endpoint that has gone go to another from then on.
   */
  put(listener: Listener): Promise<ListenFault | undefined>;
  /** One that is not there counts as removed. When it returns, the port is free. */
  remove(id: string): void;
  /** What is there now, for people. */
  describe(): Array<{ id: string; listens: boolean; endpoints: number; connections: number }>;
  /** Ends everything, open connections too. */
  close(): void;
}
