import { type AnyKind, type core, nodeMetrics, node as nodeKind, pod as podKind, windowText } from '../kinds/index.ts';
import { toTime } from '../lib/clock.ts';
import { canonicalQuantity, formatQuantity } from '../meta/quantity.ts';
import { notFound } from '../meta/status-error.ts';
import type { KubeObject } from '../meta/types.ts';
import { shown } from './codec.ts';
import type { ApiContext } from './context.ts';
import { answer, answerObjects, type Exchange } from './exchange.ts';
import type { NodeConnection, NodeUsage, Rate } from './node-connection.ts';
import { listQuery } from './options.ts';
import { selectionOf } from './selection.ts';
import { getEntry, listPage } from './verbs/read.ts';

export type NodeLookup = (name: string) => NodeConnection | undefined;

/** metrics.k8s.io: what nodes and pods use, asked of the nodes' agents for this one answer (metrics-server, pkg/api). */
export async function serveMeasured(exchange: Exchange, connectNode: NodeLookup): Promise<void> {
  const { api, kind, info } = exchange;
  const { labelSelector, fieldSelector } = listQuery(info);
  const place = { namespace: info.namespace, name: info.name, labelSelector, fieldSelector };
  const objects = await measure(api, kind, place, connectNode);
  if (info.name === undefined) return answerObjects(exchange, objects);
  const [object] = objects;
  // The name upstream's add-on has for its resources in its own messages.
  if (!object)
    throw notFound({ group: kind.group, plural: kind.kind.toLowerCase() }, [info.namespace, info.name].filter(Boolean).join('/'));
  answer(exchange, 200, { object, entry: undefined });
}

type Place = {
  namespace?: string | undefined;
  name?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
};

/** The same for whoever asks from within. */
export async function measure(api: ApiContext, kind: AnyKind, place: Place, connectNode: NodeLookup): Promise<KubeObject[]> {
  const isNodes = kind === nodeMetrics;
  const found = isNodes ? await nodesOf(api, kind, place) : await podsOf(api, kind, place);
  const names = isNodes ? found.map((it) => it.metadata.name) : found.map((it) => (it as core.Pod).spec.nodeName ?? '');
  const usage = await usageOf(api, connectNode, new Set(names));
  const now = api.clock.now();
  return found.flatMap((it) => {
    const one = isNodes ? nodeMetricsOf(it as core.Node, usage, now) : podMetricsOf(it as core.Pod, usage, now);
    // Nothing that is stored: it has neither uid nor revision.
    return one ? [one as KubeObject] : [];
  });
}

async function nodesOf(api: ApiContext, kind: AnyKind, { name, labelSelector, fieldSelector }: Place): Promise<core.Node[]> {
  if (name !== undefined) return [shown(nodeKind, await getEntry(api, nodeKind, undefined, name)) as core.Node];
  const selection = selectionOf(kind, labelSelector, fieldSelector);
  const { entries } = await listPage(api, nodeKind, {});
  return entries.map((it) => shown(nodeKind, it) as core.Node).filter(selection.matches);
}

/** Pods that run: of others there is nothing to tell. */
async function podsOf(api: ApiContext, kind: AnyKind, { namespace, name, labelSelector, fieldSelector }: Place): Promise<core.Pod[]> {
  const all = name !== undefined ? [await getEntry(api, podKind, namespace, name)] : (await listPage(api, podKind, { namespace })).entries;
  const selection = selectionOf(kind, labelSelector, fieldSelector);
  return all
    .map((it) => shown(podKind, it) as core.Pod)
    .filter((it) => it.status?.phase === 'Running' && (name !== undefined || selection.matches(it)));
}

/** A node that does not answer is as if it had nothing to tell. */
async function usageOf(api: ApiContext, connectNode: NodeLookup, names: ReadonlySet<string>): Promise<ReadonlyMap<string, NodeUsage>> {
  const found = new Map<string, NodeUsage>();
  const ask = async (name: string): Promise<void> => {
    const connection = connectNode(name);
    if (!connection) return;
    try {
      found.set(name, await connection.usage());
    } catch (error) {
      api.log.warn('a node does not say what it uses', { node: name, error: String(error) });
    }
  };
  await Promise.all([...names].map(ask));
  return found;
}

function nodeMetricsOf(node: core.Node, seen: ReadonlyMap<string, NodeUsage>, now: number): object | undefined {
  const usage = seen.get(node.metadata.name);
  return usage && { ...head(node, 'NodeMetrics', now, usage), usage: resources(usage.node) };
}

function podMetricsOf(pod: core.Pod, seen: ReadonlyMap<string, NodeUsage>, now: number): object | undefined {
  const usage = seen.get(pod.spec.nodeName ?? '')?.pods.find((it) => it.uid === pod.metadata.uid);
  if (!usage) return undefined;
  const containers = [...usage.containers]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((it) => ({ name: it.name, usage: resources(it) }));
  return { ...head(pod, 'PodMetrics', now, usage), containers };
}

function head({ metadata }: KubeObject, kind: string, now: number, { at, window }: { at: number; window: number }): object {
  const { name, namespace, labels } = metadata;
  return {
    ...{ kind, apiVersion: nodeMetrics.apiVersion },
    metadata: { name, ...(namespace && { namespace }), creationTimestamp: toTime(now), ...(labels && { labels }) },
    ...{ timestamp: toTime(at), window: windowText(window) },
  };
}

const resources = ({ nanocores, memoryBytes }: Rate): { cpu: string; memory: string } => ({
  cpu: canonicalQuantity(`${nanocores}n`),
  memory: formatQuantity(memoryBytes, 'binary'),
});
