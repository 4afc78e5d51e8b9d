import { BlockList, connect, createServer, type Server, type Socket } from 'node:net';
import { type Clock, seconds } from '../../lib/clock.ts';
import type { Endpoint } from '../endpoints.ts';
import type { Listener } from '../table.ts';
import type { ListenFault } from '../traffic.ts';
import type { Balancer } from './balancer.ts';
import { faultOf } from './fault.ts';
import { relay } from './relay.ts';

/** An endpoint that has not answered by then is passed over for another. */
const connectTimeout = seconds(3);

/** Fewer and larger steps for bulk transfers. */
const highWaterMark = 256 * 1024;

export type PortDeps = {
  clock: Clock;
  connections: Set<Socket>;
  count: (what: 'connection' | 'failed connect') => void;
  /** This host's address among its pods: the one that endpoints in the host's network have. */
  ownAddress?: string;
};

/** One open port: what `userspace.ts` needs of it, for TCP and UDP alike. */
export interface OpenPort {
  readonly ready: Promise<ListenFault | undefined>;
  /** After the balancer's endpoints changed. */
  update(listener: Listener): void;
  /** The port is free when it returns. */
  close(): void;
  connections(): number;
}

export function openTcp(start: Listener, balancer: Balancer, deps: PortDeps): OpenPort {
  let open = 0;
  let allows = sourceFilter(start.allow);
  // A client that vanished without a word must not keep its connection for ever; relay.ts sees to endpoints.
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: seconds(60) };
  const server: Server = createServer(
    { allowHalfOpen: true, pauseOnConnect: true, noDelay: true, highWaterMark, ...keepAlive },
    (client) => {
      if (!allows(client.remoteAddress)) {
        client.destroy();
        return;
      }
      deps.count('connection');
      open += 1;
      deps.connections.add(client);
      client.on('close', () => {
        open -= 1;
        deps.connections.delete(client);
      });
      serve(client, balancer, deps);
    },
  );
  const ready = new Promise<ListenFault | undefined>((resolve) => {
    server.once('error', (error) => resolve(faultOf(error)));
    server.once('close', () => resolve(undefined));
    server.listen({ host: start.address, port: start.port, exclusive: true, backlog: 4096 }, () => {
      // A fault of accepting, such as too many open files, passes: the port stays open.
      server.removeAllListeners('error').on('error', () => {});
      resolve(undefined);
    });
  });
  return {
    ready,
    update(listener) {
      allows = sourceFilter(listener.allow);
    },
    close: () => void server.close(),
    connections: () => open,
  };
}

/** Finds an endpoint that answers, one after the other, and joins it with the client. */
function serve(client: Socket, balancer: Balancer, { clock, connections, count }: PortDeps): void {
  const address = client.remoteAddress ?? '';
  const tried: Endpoint[] = [];
  let upstream: Socket | undefined;
  // The client may go before any endpoint answers.
  const onEarlyEnd = (): void => void upstream?.destroy();
  client.on('error', onEarlyEnd);
  client.on('close', onEarlyEnd);

  const attempt = (): void => {
    if (client.destroyed) return;
    const endpoint = balancer.pick(address, tried);
    if (!endpoint) {
      client.resetAndDestroy();
      return;
    }
    tried.push(endpoint);
    const options = { host: endpoint.address, port: endpoint.port, allowHalfOpen: true, noDelay: true, highWaterMark };
    const socket = connect(options);
    upstream = socket;
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    const cancel = clock.schedule(connectTimeout, () => socket.destroy(new Error('no answer')));
    const onFailure = (): void => {
      cancel();
      count('failed connect');
      attempt();
    };
    socket.once('error', onFailure);
    socket.once('connect', () => {
      cancel();
      socket.off('error', onFailure);
      client.off('error', onEarlyEnd);
      client.off('close', onEarlyEnd);
      relay(client, socket);
    });
  };
  attempt();
}

function sourceFilter(ranges: readonly string[] | undefined): (address: string | undefined) => boolean {
  if (!ranges) return () => true;
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits = ''] = range.split('/');
    if (!address.includes(':')) list.addSubnet(address, Number(bits), 'ipv4');
  }
  return (address) => address !== undefined && list.check(address);
}
