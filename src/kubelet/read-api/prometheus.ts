import type { Facts } from './facts.ts';

type Sample = { labels?: { [name: string]: string }; value: number; at?: number };
type Family = { name: string; help: string; type: 'counter' | 'gauge'; samples: Sample[] };

const escaped = (text: string): string => text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');

/** The text format of Prometheus. Families without samples are left out. */
const written = (families: readonly Family[]): string =>
  families
    .filter((it) => it.samples.length > 0)
    .map(({ name, help, type, samples }) => {
      const lines = samples.map(({ labels = {}, value, at }) => {
        const inside = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
        return `${name}${inside.length > 0 ? `{${inside.join(',')}}` : ''} ${value}${at === undefined ? '' : ` ${at}`}`;
      });
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
    })
    .join('');

const secondsOf = (nanoseconds: number): number => nanoseconds / 1e9;

/** /metrics/resource: what metrics-server reads (kubelet, metrics/collectors/resource_metrics). */
export function resourceMetrics({ at, host, rate, pods }: Facts): string {
  const containers = pods.flatMap(({ pod: { metadata }, containers: all }) =>
    all.map((it) => ({ ...it, labels: { container: it.name, namespace: metadata.namespace ?? '', pod: metadata.name } })),
  );
  const ofPods = pods
    .filter((it) => it.containers.length > 0)
    .map(({ pod: { metadata }, containers: all }) => ({
      labels: { namespace: metadata.namespace ?? '', pod: metadata.name },
      at: Math.max(...all.map((it) => it.usage.at)),
      nanoseconds: all.reduce((sum, it) => sum + it.usage.cpuNanoseconds, 0),
      bytes: all.reduce((sum, it) => sum + it.usage.memoryWorkingSetBytes, 0),
    }));
  return written([
    {
      name: 'container_cpu_usage_seconds_total',
      help: '[STABLE] Cumulative cpu time consumed by the container in core-seconds',
      type: 'counter',
      samples: containers.map(({ labels, usage }) => ({ labels, value: secondsOf(usage.cpuNanoseconds), at: usage.at })),
    },
    {
      name: 'container_memory_working_set_bytes',
      help: '[STABLE] Current working set of the container in bytes',
      type: 'gauge',
      samples: containers.map(({ labels, usage }) => ({ labels, value: usage.memoryWorkingSetBytes, at: usage.at })),
    },
    {
      name: 'container_start_time_seconds',
      help: '[STABLE] Start time of the container since unix epoch in seconds',
      type: 'gauge',
      samples: containers.map(({ labels, state }) => ({ labels, value: state.startedAt / 1000 })),
    },
    {
      name: 'node_cpu_usage_seconds_total',
      help: '[STABLE] Cumulative cpu time consumed by the node in core-seconds',
      type: 'counter',
      samples: host ? [{ value: secondsOf(host.cpuNanoseconds), at }] : [],
    },
    {
      name: 'node_memory_working_set_bytes',
      help: '[STABLE] Current working set of the node in bytes',
      type: 'gauge',
      samples: [{ value: rate.memoryBytes, at }],
    },
    {
      name: 'pod_cpu_usage_seconds_total',
      help: '[STABLE] Cumulative cpu time consumed by the pod in core-seconds',
      type: 'counter',
      samples: ofPods.map((it) => ({ labels: it.labels, value: secondsOf(it.nanoseconds), at: it.at })),
    },
    {
      name: 'pod_memory_working_set_bytes',
      help: '[STABLE] Current working set of the pod in bytes',
      type: 'gauge',
      samples: ofPods.map((it) => ({ labels: it.labels, value: it.bytes, at: it.at })),
    },
    {
      name: 'resource_scrape_error',
      help: '[STABLE] 1 if there was an error while getting container metrics, 0 otherwise',
      type: 'gauge',
      samples: [{ value: 0 }],
    },
  ]);
}

/** /metrics/cadvisor: the part of cadvisor's series that dashboards and autoscalers are built on. */
export function cadvisorMetrics({ cpus, memoryBytes, pods }: Facts): string {
  const all = pods.flatMap(({ pod: { metadata }, containers }) =>
    containers.map(({ name, state, usage }) => ({
      usage,
      state,
      labels: {
        ...{ container: name, id: `/docker/${state.id}`, image: state.image },
        ...{ name: state.name, namespace: metadata.namespace ?? '', pod: metadata.name },
      },
    })),
  );
  const network = pods.flatMap(({ pod: { metadata }, network: interfaces }) =>
    interfaces.map((it) => ({ ...it, labels: { interface: it.name, namespace: metadata.namespace ?? '', pod: metadata.name } })),
  );
  const gauge = (name: string, help: string, value: (it: (typeof all)[number]) => number): Family => ({
    ...{ name, help, type: 'gauge' },
    samples: all.map((it) => ({ labels: it.labels, value: value(it), at: it.usage.at })),
  });
  const traffic = (name: string, help: string, value: (it: (typeof network)[number]) => number): Family => ({
    ...{ name, help, type: 'counter' },
    samples: network.map((it) => ({ labels: it.labels, value: value(it) })),
  });
  return written([
    {
      name: 'container_cpu_usage_seconds_total',
      help: 'Cumulative cpu time consumed in seconds.',
      type: 'counter',
      samples: all.map((it) => ({ labels: { ...it.labels, cpu: 'total' }, value: secondsOf(it.usage.cpuNanoseconds), at: it.usage.at })),
    },
    gauge('container_last_seen', 'Last time a container was seen by the exporter', (it) => Math.floor(it.usage.at / 1000)),
    gauge('container_memory_rss', 'Size of RSS in bytes.', (it) => it.usage.memoryRssBytes),
    gauge('container_memory_working_set_bytes', 'Current working set in bytes.', (it) => it.usage.memoryWorkingSetBytes),
    gauge('container_start_time_seconds', 'Start time of the container since unix epoch in seconds.', (it) => it.state.startedAt / 1000),
    traffic('container_network_receive_bytes_total', 'Cumulative count of bytes received', (it) => it.rxBytes),
    traffic('container_network_receive_errors_total', 'Cumulative count of errors encountered while receiving', (it) => it.rxErrors),
    traffic('container_network_transmit_bytes_total', 'Cumulative count of bytes transmitted', (it) => it.txBytes),
    traffic('container_network_transmit_errors_total', 'Cumulative count of errors encountered while transmitting', (it) => it.txErrors),
    { name: 'machine_cpu_cores', help: 'Number of logical CPU cores.', type: 'gauge', samples: [{ value: cpus }] },
    { name: 'machine_memory_bytes', help: 'Amount of memory installed on the machine.', type: 'gauge', samples: [{ value: memoryBytes }] },
  ]);
}

/** /metrics: what the node agent says of itself. */
export const agentMetrics = (nodeName: string, states: ReadonlyArray<{ status: string; isSandbox: boolean }>): string => {
  const running = (status: string): number => states.filter((it) => !it.isSandbox && it.status === status).length;
  return written([
    {
      name: 'kubelet_node_name',
      help: "[ALPHA] The node's name. The count is always 1.",
      type: 'gauge',
      samples: [{ labels: { node: nodeName }, value: 1 }],
    },
    {
      name: 'kubelet_running_containers',
      help: '[ALPHA] Number of containers currently running',
      type: 'gauge',
      samples: ['created', 'exited', 'running'].map((state) => ({ labels: { container_state: state }, value: running(state) })),
    },
    {
      name: 'kubelet_running_pods',
      help: '[ALPHA] Number of pods that have a running pod sandbox',
      type: 'gauge',
      samples: [{ value: states.filter((it) => it.isSandbox && it.status === 'running').length }],
    },
  ]);
};
