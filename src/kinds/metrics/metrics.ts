import { goDuration } from '../../lib/go-duration.ts';
import { addQuantities } from '../../meta/quantity.ts';
import type { KubeObject } from '../../meta/types.ts';
import { type AnyKind, type Column, defineKind } from '../define.ts';
import type * as metrics from '../generated/metrics-v1beta1.ts';

type Usage = { [resource: string]: string };

/** The columns of metrics-server: what is used, and over which span that was looked at. */
const columns = <T extends KubeObject & { window: string }>(usageOf: (it: T) => Usage): Array<Column<T>> => [
  { name: 'Name', type: 'string', format: 'name', description: 'Name of the resource', value: (it) => it.metadata.name },
  { name: 'cpu', type: 'string', format: 'quantity', value: (it) => usageOf(it).cpu ?? '0' },
  { name: 'memory', type: 'string', format: 'quantity', value: (it) => usageOf(it).memory ?? '0' },
  { name: 'Window', type: 'string', format: 'duration', value: (it) => it.window },
];

const sum = (containers: readonly metrics.ContainerMetrics[], resource: string): string =>
  containers.map((it) => it.usage[resource] ?? '0').reduce(addQuantities, '0');

const both = { group: 'metrics.k8s.io', version: 'v1beta1', singular: '', status: false, verbs: ['get', 'list'], bareTable: true } as const;

export const nodeMetrics = defineKind<metrics.NodeMetrics & KubeObject>({
  ...{ ...both, kind: 'NodeMetrics', plural: 'nodes', namespaced: false },
  columns: columns((it) => it.usage),
});

export const podMetrics = defineKind<metrics.PodMetrics & KubeObject>({
  ...{ ...both, kind: 'PodMetrics', plural: 'pods', namespaced: true },
  columns: columns((it) => ({ cpu: sum(it.containers, 'cpu'), memory: sum(it.containers, 'memory') })),
});

/** What is measured when it is asked for, and never stored. */
export const measured: readonly AnyKind[] = [nodeMetrics, podMetrics];

/** A span as a metav1.Duration. */
export const windowText = (milliseconds: number): string => goDuration(Math.round(milliseconds));
