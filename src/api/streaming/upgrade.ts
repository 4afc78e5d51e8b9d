import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { core } from '../../kinds/index.ts';
import type { Clock } from '../../lib/clock.ts';
import { badRequest, StatusError } from '../../meta/status-error.ts';
import type { NodeConnection, Session } from '../node-connection.ts';
import type { RequestInfo } from '../request.ts';
import { forwardChannels, forwardProtocol, forwardSpdy, forwardTunnel, halfCloseProtocol, type Target, tunnelProtocol } from './forward.ts';
import { logProtocols, noLog, openLog, refOf, sendLog } from './log.ts';
import { containerOf, execCommand, forwardPorts, sessionOptions } from './options.ts';
import { AgentRefusal, notAllowed } from './refuse.ts';
import { join, type Remote } from './session.ts';
import { type SessionProtocol, sessionProtocols, spdyRemote } from './spdy-session.ts';
import { acceptWebSocket, chooseProtocol } from './websocket.ts';
import { channelProtocols, codingOf, webSocketRemote } from './websocket-session.ts';

/** A client that wants to go over to another protocol, and the pod it means. */
export type Upgrade = { request: IncomingMessage; socket: Duplex; head: Buffer; info: RequestInfo; pod: core.Pod };
export type UpgradeDeps = { clock: Clock; node: (name: string) => NodeConnection };

/**
 * Serves exec, attach, port-forward, and logs as messages. Everything that can be refused is refused, as a StatusError, before the
 * client is told that it may go over; once it has, this never fails and resolves when the connection is gone.
 */
export async function serveUpgrade(upgrade: Upgrade, deps: UpgradeDeps): Promise<void> {
  const { request, info, pod } = upgrade;
  if (request.method !== 'GET' && request.method !== 'POST') throw notAllowed();
  const wanted = (request.headers.upgrade ?? '').toLowerCase();
  if (wanted !== 'websocket' && wanted !== 'spdy/3.1') throw badRequest(`unable to upgrade: ${JSON.stringify(wanted)} is not spoken here`);
  const isWebSocket = wanted === 'websocket';
  if (info.subresource === 'log') return serveLogMessages(upgrade, deps, isWebSocket);
  if (info.subresource === 'portforward') return serveForward(upgrade, deps, isWebSocket);
  const executing = info.subresource === 'exec';
  const options = sessionOptions(info.query);
  const command = executing ? execCommand(info.query) : [];
  const ref = refOf(pod, containerOf(pod, info.query));
  const node = nodeOf(pod, deps);
  const protocol = isWebSocket ? chooseProtocol(request, channelProtocols) : chooseSpdyProtocol(request, sessionProtocols);
  const session = await (executing ? node.exec(ref, command, options) : node.attach(ref, options)).catch((error: unknown) => {
    throw new AgentRefusal(error);
  });
  const remote = await begin(session, async () => {
    if (isWebSocket) return webSocketRemote(await accept(upgrade, deps, protocol), protocol, options);
    return spdyRemote(acceptSpdy(upgrade, protocol), deps.clock, protocol as SessionProtocol, options);
  });
  if (remote) await join(session, remote, executing ? 'executing command in' : 'attaching to');
}

/** A process is let go of when its client does not get through. */
async function begin(session: Session, connect: () => Promise<Remote | undefined>): Promise<Remote | undefined> {
  // Nobody may be there to hear how it ended.
  session.exitCode.catch(() => undefined);
  let remote: Remote | undefined;
  try {
    remote = await connect();
    return remote;
  } finally {
    if (!remote) session.close();
  }
}

function serveForward(upgrade: Upgrade, deps: UpgradeDeps, isWebSocket: boolean): Promise<void> {
  const { request, info, pod } = upgrade;
  const node = nodeOf(pod, deps);
  const { container: _, ...ref } = refOf(pod, '');
  const target: Target = { name: ref.pod, uid: ref.uid, dial: (port) => node.portForward(ref, port) };
  if (!isWebSocket) return forwardSpdy(acceptSpdy(upgrade, chooseSpdyProtocol(request, [forwardProtocol, ''])), target, deps.clock);
  const protocol = chooseProtocol(request, [
    ...[tunnelProtocol, halfCloseProtocol],
    ...channelProtocols.filter((it) => !it.startsWith('v5.')),
    forwardProtocol,
  ]);
  if (protocol === tunnelProtocol) return accept(upgrade, deps, protocol).then((it) => forwardTunnel(it, target, deps.clock));
  const ports = forwardPorts(info.query);
  return accept(upgrade, deps, protocol).then((it) =>
    forwardChannels(it, codingOf(protocol), ports, target, protocol === halfCloseProtocol ? deps.clock : undefined),
  );
}

async function serveLogMessages(upgrade: Upgrade, deps: UpgradeDeps, isWebSocket: boolean): Promise<void> {
  const { request, socket, info, pod } = upgrade;
  if (!isWebSocket) throw badRequest('unable to upgrade: logs are not sent over SPDY');
  const protocol = chooseProtocol(request, logProtocols);
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  const log = (await openLog(pod, info.query, deps.node, gone.signal)) ?? noLog();
  try {
    await sendLog(await accept(upgrade, deps, protocol), log, protocol.startsWith('base64.'));
  } finally {
    log.destroy();
  }
}

function nodeOf(pod: core.Pod, { node }: UpgradeDeps): NodeConnection {
  if (!pod.spec?.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return node(pod.spec.nodeName);
}

const accept = ({ request, socket, head }: Upgrade, { clock }: UpgradeDeps, protocol: string) =>
  acceptWebSocket(request, socket, head, protocol, clock);

/** By the client's order; a client that names none is older than the names. */
function chooseSpdyProtocol(request: IncomingMessage, known: readonly string[]): string {
  const offered = [request.headers['x-stream-protocol-version'] ?? '']
    .flat()
    .flatMap((it) => it.split(','))
    .map((it) => it.trim());
  const chosen = offered.find((it) => known.includes(it));
  if (chosen !== undefined) return chosen;
  throw new StatusError(
    'Forbidden',
    `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${known.filter((it) => it).join(' ')}]`,
  );
}

function acceptSpdy({ socket, head }: Upgrade, protocol: string): Duplex {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: SPDY/3.1'];
  if (protocol) lines.push(`X-Stream-Protocol-Version: ${protocol}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) socket.unshift(head);
  return socket;
}
