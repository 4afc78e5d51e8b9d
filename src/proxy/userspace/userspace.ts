import type { Socket } from 'node:net';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { Listener } from '../table.ts';
import type { Traffic } from '../traffic.ts';
import { Balancer } from './balancer.ts';
import { type OpenPort, openTcp, type PortDeps } from './tcp.ts';
import { openUdp } from './udp.ts';

type Deps = { clock: Clock; random: Random; count?: PortDeps['count']; ownAddress?: string };

/** Traffic carried by this process: a socket per listener, and a pair of sockets per connection. */
export function createUserspace({ clock, random, count = () => {}, ownAddress }: Deps): Traffic {
  const listeners = new Map<string, { listener: Listener; port: OpenPort | undefined }>();
  const balancers = new Map<string, { balancer: Balancer; ids: Set<string> }>();
  const connections = new Set<Socket>();
  const deps: PortDeps = { clock, connections, count, ...(ownAddress !== undefined && { ownAddress }) };

  function join({ group, id }: Listener): Balancer {
    let shared = balancers.get(group);
    if (!shared) {
      shared = { balancer: new Balancer(clock, random), ids: new Set() };
      balancers.set(group, shared);
    }
    shared.ids.add(id);
    return shared.balancer;
  }

  function leave({ group, id }: Listener): void {
    const shared = balancers.get(group);
    shared?.ids.delete(id);
    if (shared?.ids.size === 0) balancers.delete(group);
  }

  function remove(id: string): void {
    const known = listeners.get(id);
    if (!known) return;
    listeners.delete(id);
    known.port?.close();
    leave(known.listener);
  }

  return {
    async put(listener) {
      const { id } = listener;
      const known = listeners.get(id);
      // Another service took the port over: its connections are its own.
      if (known && known.listener.group !== listener.group) remove(id);
      const balancer = join(listener);
      balancer.update(listener.endpoints, listener.affinitySeconds);
      let port = listeners.get(id)?.port;
      if (listener.endpoints.length === 0) {
        // Nobody listens, so the kernel refuses: at once, and for datagrams too.
        port?.close();
        listeners.set(id, { listener, port: undefined });
        return undefined;
      }
      if (port) port.update(listener);
      else port = listener.protocol === 'TCP' ? openTcp(listener, balancer, deps) : openUdp(listener, balancer, deps);
      listeners.set(id, { listener, port });
      const fault = await port.ready;
      if (fault && listeners.get(id)?.port === port) {
        port.close();
        listeners.set(id, { listener, port: undefined });
      }
      return fault;
    },
    async remove(id) {
      remove(id);
    },
    describe: () =>
      [...listeners.values()].map(({ listener, port }) => ({
        id: listener.id,
        listens: port !== undefined,
        endpoints: listener.endpoints.length,
        connections: port?.connections() ?? 0,
      })),
    async close() {
      for (const id of [...listeners.keys()]) remove(id);
      for (const socket of connections) socket.destroy();
    },
  };
}
