import type { Listener } from './table.ts';

/** Why a listener does not listen: the port is someone else's, the address is not on this host, or anything else. */
export type ListenFault = { reason: 'taken' | 'no address' | 'not allowed' | 'other'; message: string };

/** Makes connections to listeners end at their endpoints. What a contract test runs over: test/contracts/proxy. */
export interface Traffic {
  /**
   * Opens a listener, or changes where its new connections go. Resolves when new connections go there, or with what keeps
   * them from it; the caller puts it again to try again. A listener without endpoints refuses connections, as if the port
   * were nobody's. TCP connections that are there go on until they end, whatever happens to listener and endpoints;
   * datagrams to an endpoint that has gone go to another a moment later.
   */
  put(listener: Listener): Promise<ListenFault | undefined>;
  /** One that is not there counts as removed. The port is free when it returns; new connections end when it resolves. */
  remove(id: string): Promise<void>;
  /** What is there now, for people. Connections that the kernel carries are not counted. */
  describe(): Array<{ id: string; listens: boolean; endpoints: number; connections?: number }>;
  /** Takes nothing in any more. Open connections end where this process carries them. */
  close(): Promise<void>;
}
