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

/** All at once: a datagram that is sent meanwhile is lost. */
export async function forgetFlows(flows: readonly Flows[], { run }: Programs): Promise<void> {
  const forget = async (selection: string): Promise<void> => {
    try {
      await run('conntrack', '-D', '-p', 'udp', ...selection.split(' '));
    } catch (error) {
      // That none was found is an exit code of 1 with a count on standard error.
      if (!/ 0 flow entries/.test((error as Error).message)) throw error;
    }
  };
  await Promise.all(selections(flows).map(forget));
}

/**
 * What `conntrack` is asked for, each a run of it. An endpoint that several listeners have lost, as those of one service
 * port do when a pod ends, is asked for once, whoever led to it: what is forgotten in excess is learned anew.
 */
export function selections(flows: readonly Flows[]): string[] {
  const byEndpoint = new Map<string, Flows[]>();
  const all = new Set<string>();
  for (const it of flows) {
    if (!it.endpoint) {
      all.add(`--orig-dst ${it.address} --orig-port-dst ${it.port}`);
      continue;
    }
    const via = `--reply-src ${it.endpoint.address} --reply-port-src ${it.endpoint.port}`;
    byEndpoint.set(via, [...(byEndpoint.get(via) ?? []), it]);
  }
  for (const [via, [first, ...more]] of byEndpoint)
    all.add(first && more.length === 0 ? `--orig-dst ${first.address} --orig-port-dst ${first.port} ${via}` : via);
  return [...all];
}
