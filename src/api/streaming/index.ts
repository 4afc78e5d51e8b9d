import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { core } from '../../kinds/index.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { badRequest, notFound } from '../../meta/status-error.ts';
import type { KubeObject } from '../../meta/types.ts';
import type { NodeConnection } from '../node-connection.ts';
import type { RequestInfo } from '../request.ts';
import { serveLog } from './log.ts';
import { notAllowed, refuseUpgrade } from './refuse.ts';
import { serveUpgrade } from './upgrade.ts';

export { refuseUpgrade } from './refuse.ts';

export type StreamDeps = {
  clock: Clock;
  log: Log;
  /** The way to a node's agent; undefined when there is none of that name. */
  connectNode: (name: string) => NodeConnection | undefined;
  /** The pod a request means. Fails with NotFound. */
  podOf: (info: RequestInfo) => Promise<core.Pod>;
};

type Exchange = { request: IncomingMessage; response: ServerResponse; info: RequestInfo; pod: KubeObject };

export type Streams = {
  /** What answers plain requests to these subresources of pods. */
  connect: Readonly<Record<'log' | 'exec' | 'attach' | 'portforward', (exchange: Exchange) => Promise<void>>>;
  /** Takes over a connection whose client asks for another protocol; authenticated and authorized before. Never fails. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, info: RequestInfo): void;
  /** Cuts all connections that have been taken over: HTTP servers do not count them as theirs. */
  close(): void;
};

/** Logs, exec, attach and port-forward, between clients and the agents of nodes. */
export function createStreams({ clock, log, connectNode, podOf }: StreamDeps): Streams {
  const sockets = new Set<Socket>();
  const node = (name: string): NodeConnection => {
    const found = connectNode(name);
    if (!found) throw notFound({ group: '', plural: 'nodes' }, name);
    return found;
  };
  const upgradeOnly = async ({ request }: Exchange): Promise<void> => {
    request.resume();
    if (request.method !== 'GET' && request.method !== 'POST') throw notAllowed();
    throw badRequest('Upgrade request required');
  };
  return {
    connect: {
      exec: upgradeOnly,
      attach: upgradeOnly,
      portforward: upgradeOnly,
      async log({ request, response, info, pod }) {
        request.resume();
        if (request.method !== 'GET') throw notAllowed();
        await serveLog(response, pod as core.Pod, info.query, node);
      },
    },
    upgrade(request, socket, head, info) {
      // A client that goes away while it is being served is noticed by its closing.
      socket.on('error', () => socket.destroy());
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      const serve = async (): Promise<void> => {
        if (!canUpgrade(info)) throw badRequest(`nothing at ${info.path} can be upgraded to`);
        await serveUpgrade({ request, socket, head, info, pod: await podOf(info) }, { clock, node });
      };
      serve().catch((error: unknown) => {
        if (refuseUpgrade(socket, error) === 500) log.warn('a stream could not be opened', { path: info.path, error: String(error) });
      });
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

const canUpgrade = (info: RequestInfo): boolean =>
  info.isResource &&
  info.group === '' &&
  info.version === 'v1' &&
  info.plural === 'pods' &&
  info.namespace !== undefined &&
  info.name !== undefined &&
  ['exec', 'attach', 'portforward', 'log'].includes(info.subresource ?? '');
