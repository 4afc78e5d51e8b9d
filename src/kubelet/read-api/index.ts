import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { core } from '../../kinds/index.ts';
import { isReason } from '../../meta/status-error.ts';
import type { ContainerState, EngineInfo } from '../../runtime/index.ts';
import { label } from '../names.ts';
import { isSandbox } from '../observed.ts';
import type { KubeletConfig } from '../parts.ts';
import type { NodeConnection } from '../streaming/index.ts';
import type { Sample } from '../usage/index.ts';
import { configurationOf } from './configuration.ts';
import { type Facts, gatherFacts } from './facts.ts';
import { agentMetrics, cadvisorMetrics, resourceMetrics } from './prometheus.ts';
import { summaryOf } from './summary.ts';

export type ReadApi = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

type Deps = {
  config: KubeletConfig;
  engine: EngineInfo;
  startedAt: number;
  /** Pods of the node, as the API has them. */
  pods(): readonly core.Pod[];
  containersOf(uid: string): readonly ContainerState[];
  sample(): Promise<Sample>;
  connection: Pick<NodeConnection, 'logs' | 'usage'>;
  /** What ails the node; undefined when it is well. */
  fault(): string | undefined;
};

const json = 'application/json';
const text = 'text/plain; charset=utf-8';
const prometheus = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * What upstream's kubelet serves on port 10250 to be read: clients come through the API server (nodes/proxy), which has
 * found that they may. What acts on containers is not here: the API server has subresources of pods for that.
 */
export function createReadApi(deps: Deps): ReadApi {
  const { config, engine } = deps;
  const facts = async (): Promise<Facts> => {
    const rates = await deps.connection.usage();
    return gatherFacts({
      ...{ nodeName: config.nodeName, startedAt: deps.startedAt, cpus: engine.cpus, memoryBytes: engine.memoryBytes },
      ...{ rootDir: config.rootDir, sharesHost: engine.sharesHost, pods: deps.pods(), containersOf: deps.containersOf },
      ...{ sample: await deps.sample(), rates },
    });
  };
  const list = (items: readonly core.Pod[]): string => JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items });
  const health = (): Answer => {
    const fault = deps.fault();
    return fault === undefined ? { type: text, body: 'ok' } : { code: 500, type: text, body: fault };
  };
  const states = (): ContainerState[] => deps.pods().flatMap((it) => [...deps.containersOf(it.metadata.uid)]);
  const answers: { readonly [path: string]: () => Answer | Promise<Answer> } = {
    '/healthz': health,
    '/healthz/ping': () => ({ type: text, body: 'ok' }),
    '/healthz/syncloop': health,
    '/pods': () => ({ type: json, body: list(deps.pods()) }),
    '/runningpods': () => ({ type: json, body: list(deps.pods().flatMap((it) => runningPod(it, deps.containersOf(it.metadata.uid)))) }),
    '/configz': () => ({ type: json, body: JSON.stringify({ kubeletconfig: configurationOf(config) }) }),
    '/stats/summary': async () => ({ type: json, body: JSON.stringify(summaryOf(await facts())) }),
    '/metrics': () => ({
      type: prometheus,
      body: agentMetrics(
        config.nodeName,
        states().map((it) => ({ status: it.status, isSandbox: isSandbox(it) })),
      ),
    }),
    '/metrics/resource': async () => ({ type: prometheus, body: resourceMetrics(await facts()) }),
    '/metrics/cadvisor': async () => ({ type: prometheus, body: cadvisorMetrics(await facts()) }),
    '/metrics/probes': () => ({ type: prometheus, body: '' }),
  };

  return async (request, response, path) => {
    request.resume();
    const url = new URL(path, 'http://node');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const log = /^\/containerLogs\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(url.pathname);
    if (log && isRead) return sendLog(deps, response, log.slice(1).map(decodeURIComponent) as [string, string, string], url.searchParams);
    const known = answers[url.pathname.replace(/(?<=.)\/$/, '')];
    if (!known) return send(response, { code: 404, type: text, body: '404 page not found\n' });
    if (!isRead) return send(response, { code: 405, type: text, body: 'Method Not Allowed' });
    send(response, await known(), request.method === 'HEAD');
  };
}

type Answer = { code?: number; type: string; body: string };

function send(response: ServerResponse, { code = 200, type, body }: Answer, isHead = false): void {
  response.writeHead(code, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(isHead ? undefined : body);
}

/** A pod as the engine shows it: its name and what runs of it. */
function runningPod({ metadata: { name, namespace, uid } }: core.Pod, states: readonly ContainerState[]): core.Pod[] {
  const running = states.filter((it) => !isSandbox(it) && it.status === 'running');
  if (running.length === 0) return [];
  const containers = running.map((it) => ({ name: it.labels[label.container] ?? '', image: it.image, resources: {} }));
  return [
    { metadata: { name, ...(namespace !== undefined && { namespace }), uid }, spec: { containers }, status: {} } as unknown as core.Pod,
  ];
}

async function sendLog(
  { pods, connection }: Deps,
  response: ServerResponse,
  [namespace, pod, container]: [string, string, string],
  query: URLSearchParams,
): Promise<void> {
  const found = pods().find((it) => it.metadata.namespace === namespace && it.metadata.name === pod);
  if (!found) return send(response, { code: 404, type: text, body: `pod ${JSON.stringify(pod)} does not exist\n` });
  const number = (name: string): number | undefined => (/^\d+$/.test(query.get(name) ?? '') ? Number(query.get(name)) : undefined);
  const [tailLines, sinceSeconds, limitBytes] = [number('tailLines'), number('sinceSeconds'), number('limitBytes')];
  const sinceTime = query.get('sinceTime');
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const log = await connection.logs(
      { namespace, pod, uid: found.metadata.uid, container },
      {
        ...{
          follow: query.get('follow') === 'true',
          previous: query.get('previous') === 'true',
          timestamps: query.get('timestamps') === 'true',
        },
        ...(tailLines !== undefined && { tailLines }),
        ...(sinceSeconds !== undefined && { sinceSeconds }),
        ...(limitBytes !== undefined && { limitBytes }),
        ...(sinceTime && { sinceTime }),
      },
      gone.signal,
    );
    response.writeHead(200, { 'Content-Type': text });
    await pipeline(log, response).catch((error: unknown) => {
      if (!gone.signal.aborted) throw error;
    });
  } catch (error) {
    if (!isReason(error, 'BadRequest', 'NotFound')) throw error;
    send(response, { code: error.code, type: text, body: `${error.message}\n` });
  }
}
