import type { Endpoint } from '../endpoints.ts';
import type { Listener } from '../table.ts';
import type { Programs } from './nft.ts';

/** Datagram flows to forget: those of a client to this listener, led to `endpoint`, or wherever they were led. */
export type Flows = { address: string; port: number; endpoint?: Endpoint };

/** More than that at once are forgotten by listener, not by endpoint: one program run for each. */
const most = 16;

/**
 * Flows that the kernel leads where nothing is any more. It asks the table for the first datagram of a flow alone, so a
 * client that keeps its port would send to an endpoint that has gone, or to nobody, for as long as it does not fall silent.
 */
export function staleFlows(listener: Listener, before: readonly Endpoint[]): Flows[] {
  const { protocol, address, port, endpoints } = listener;
  if (protocol !== 'UDP') return [];
  if (before.length === 0) return endpoints.length > 0 ? [{ address, port }] : [];
  const gone = before.filter((was) => !endpoints.some((it) => it.address === was.address && it.port === was.port));
  return gone.length > most ? [{ address, port }] : gone.map((endpoint) => ({ address, port, endpoint }));
}

export async function forgetFlows(flows: readonly Flows[], { run }: Programs): Promise<void> {
  for (const { address, port, endpoint } of flows) {
    const to = ['--orig-dst', address, '--orig-port-dst', String(port)];
    const via = endpoint ? ['--reply-src', endpoint.address, '--reply-port-src', String(endpoint.port)] : [];
    try {
      await run('conntrack', '-D', '-p', 'udp', ...to, ...via);
    } catch (error) {
      // That none was found is an exit code of 1 with a count on standard error.
      if (!/ 0 flow entries/.test((error as Error).message)) throw error;
    }
  }
}
