import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { core } from '../../kinds/index.ts';
import type { ContainerRef, NodeConnection } from '../node-connection.ts';
import { containerOf, logOptions } from './options.ts';

type Nodes = (name: string) => NodeConnection;

/** Answers with a container's log as it comes. Fails, before anything is sent, with what is wrong with the request or the container. */
export async function serveLog(response: ServerResponse, pod: core.Pod, query: URLSearchParams, node: Nodes): Promise<void> {
  const options = logOptions(pod.metadata.name ?? '', query);
  const ref = refOf(pod, containerOf(pod, query));
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const begin = (): void => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' });
    // Followers want to know that they are heard before there is anything to read.
    response.flushHeaders();
  };
  if (!pod.spec?.nodeName) {
    // Not scheduled: there is nothing to say yet, which is no error.
    begin();
    response.end();
    return;
  }
  const log = await node(pod.spec.nodeName).logs(ref, options, gone.signal);
  if (gone.signal.aborted) return void log.destroy();
  begin();
  // The answer has begun: whatever breaks now can only cut it short, and pipeline does.
  await pipeline(log, response).catch(() => undefined);
}

export const refOf = (pod: core.Pod, container: string): ContainerRef => ({
  namespace: pod.metadata.namespace ?? '',
  pod: pod.metadata.name ?? '',
  uid: pod.metadata.uid ?? '',
  container,
});
