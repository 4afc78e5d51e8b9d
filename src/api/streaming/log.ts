import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { WebSocket } from 'ws';
import type { core } from '../../kinds/index.ts';
import type { ContainerRef, NodeConnection } from '../node-connection.ts';
import { coalesce } from './coalesce.ts';
import { containerOf, logOptions } from './options.ts';

type Nodes = (name: string) => NodeConnection;

/** Protocols of browsers, which cannot read a long answer in parts: messages of bytes, or of base64. */
export const logProtocols = ['binary.k8s.io', 'base64.binary.k8s.io', ''] as const;

/** A container's log; undefined for a pod without a node, which has nothing to say yet. Fails with what is wrong with the request or the container. */
export async function openLog(pod: core.Pod, query: URLSearchParams, node: Nodes, signal: AbortSignal): Promise<Readable | undefined> {
  const options = logOptions(pod.metadata.name ?? '', query);
  const ref = refOf(pod, containerOf(pod, query));
  return pod.spec?.nodeName ? node(pod.spec.nodeName).logs(ref, options, signal) : undefined;
}

/** Answers with a log as it comes. Fails before anything is sent, or not at all. */
export async function serveLog(response: ServerResponse, pod: core.Pod, query: URLSearchParams, node: Nodes): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const log = await openLog(pod, query, node, gone.signal);
  if (gone.signal.aborted) return void log?.destroy();
  if (!log) return void response.writeHead(204).end();
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' });
  // Followers want to know that they are heard before there is anything to read.
  response.flushHeaders();
  // The answer has begun: whatever breaks now can only cut it short, and pipeline does.
  await pipeline(log, coalesce(), response).catch(() => undefined);
}

/** Sends a log as messages, after an empty one that says the server is there. Never fails. */
export async function sendLog(webSocket: WebSocket, log: Readable, asText: boolean): Promise<void> {
  const closed = once(webSocket, 'close').catch(() => undefined);
  // What clients say here means nothing.
  webSocket.resume();
  webSocket.send(asText ? '' : Buffer.alloc(0));
  const messages = new Writable({
    write: (bytes: Buffer, _, done) => webSocket.send(asText ? bytes.toString('base64') : bytes, done),
  });
  void closed.then(() => messages.destroy());
  await pipeline(log, coalesce(), messages).catch(() => undefined);
  webSocket.close(1000);
  await closed;
}

export const noLog = (): Readable => Readable.from([], { objectMode: false });

export const refOf = (pod: core.Pod, container: string): ContainerRef => ({
  namespace: pod.metadata.namespace ?? '',
  pod: pod.metadata.name ?? '',
  uid: pod.metadata.uid ?? '',
  container,
});
