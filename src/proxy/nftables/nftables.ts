import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Listener } from '../table.ts';
import type { ListenFault, Traffic } from '../traffic.ts';
import { type Flows, forgetFlows, staleFlows } from './conntrack.ts';
import { type Held, hold } from './holder.ts';
import type { KernelTable } from './kernel-table.ts';
import type { Programs } from './nft.ts';
import { piecesOfListener } from './service-pieces.ts';

type Deps = { table: KernelTable; programs: Programs; clock: Clock; log: Log };
type Known = { listener: Listener; held: Held | undefined; isServed: boolean };

/**
 * Traffic that the kernel leads to its endpoint with the first packet of each connection; this process sees none of it,
 * and connections outlive it. What no connection to an endpoint can be made of is refused by the kernel.
 */
export function createNftables({ table, programs, log }: Deps): Traffic {
  const listeners = new Map<string, Known>();
  let isClosed = false;
  let forgetting: Promise<void> = Promise.resolve();
  const stale: Flows[] = [];

  /** Nobody waits for it: each is a run of a program, and the next change of endpoints must not be held up by them. */
  function forget(flows: readonly Flows[]): void {
    if (flows.length === 0) return;
    stale.push(...flows);
    if (stale.length > flows.length) return;
    forgetting = forgetting
      // Those of other listeners of the same change go along.
      .then(() => new Promise((resolve) => setImmediate(resolve)))
      .then(() => forgetFlows(stale.splice(0), programs))
      .catch((error: unknown) => log.warn('datagrams may go on to endpoints that have gone', { error: (error as Error).message }));
  }

  /** Cluster IPs are nobody else's. An external IP may be on another host: what passes here is led all the same. */
  function held({ listener, held: before }: Known): Held | undefined {
    return listener.via === 'cluster IP' ? undefined : (before ?? hold(listener));
  }

  async function put(listener: Listener): Promise<ListenFault | undefined> {
    const { id } = listener;
    const before = listeners.get(id);
    const known: Known = { listener, held: before?.held, isServed: before?.isServed ?? false };
    listeners.set(id, known);
    known.held = held(known);
    const fault = known.held && (await known.held.ready);
    if (isClosed || listeners.get(id) !== known) return undefined;
    if (fault && !(listener.via === 'external IP' && fault.reason === 'no address')) {
      known.held?.release();
      known.held = undefined;
      known.isServed = false;
      await table.want(id, []);
      return fault;
    }
    const old = staleFlows(listener, before?.isServed ? before.listener.endpoints : []);
    known.isServed = true;
    const message = await table.want(id, piecesOfListener(listener));
    if (message !== undefined) return { reason: 'other', message };
    forget(old);
    return undefined;
  }

  async function remove(id: string): Promise<void> {
    const known = listeners.get(id);
    if (!known) return;
    listeners.delete(id);
    known.held?.release();
    await table.want(id, []);
    const { protocol, address, port } = known.listener;
    if (protocol === 'UDP') forget([{ address, port }]);
  }

  return {
    put,
    remove,
    describe: () =>
      [...listeners.values()].map(({ listener, isServed }) => ({
        id: listener.id,
        listens: isServed && listener.endpoints.length > 0,
        endpoints: listener.endpoints.length,
      })),
    async close() {
      if (isClosed) return;
      isClosed = true;
      for (const { held: it } of listeners.values()) it?.release();
      listeners.clear();
      await forgetting;
      await table.close();
    },
  };
}
