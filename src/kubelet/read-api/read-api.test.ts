import { expect, test } from 'vitest';
import { podForTests } from '../../../test/fixtures/kubelet/pods.ts';
import type { ContainerState } from '../../runtime/index.ts';
import { type Facts, interfacesIn } from './facts.ts';
import { agentMetrics, cadvisorMetrics, resourceMetrics } from './prometheus.ts';
import { summaryOf } from './summary.ts';

const at = Date.parse('2026-11-24T12:00:00Z');
const state = { id: 'c1', name: 'k8s_app_web', image: 'app:1', startedAt: at - 60_000, status: 'running' } as ContainerState;
const usage = { at, cpuNanoseconds: 1_500_000_000, memoryWorkingSetBytes: 4096, memoryRssBytes: 1024 };
const eth0 = { name: 'eth0', rxBytes: 10, rxErrors: 1, txBytes: 20, txErrors: 2 };
const facts: Facts = {
  ...{ nodeName: 'n1', at, startedAt: at - 3_600_000, cpus: 2, memoryBytes: 1_000_000 },
  host: { cpuNanoseconds: 9_000_000_000, memoryBytes: 300_000 },
  rate: { nanocores: 250_000_000, memoryBytes: 300_000 },
  disk: { capacityBytes: 100, availableBytes: 40, inodes: 10, inodesFree: 4 },
  pods: [{ pod: podForTests({}), containers: [{ name: 'app', state, usage, nanocores: 50_000_000 }], network: [eth0] }],
};

test('interfaces of a pod', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0:      10       1    1    0    0     0          0         0       20       1    2    0    0     0       0          0
`;
  expect(interfacesIn(text)).toEqual([eth0]);
});

test('the summary has the shape that clients read', () => {
  expect(summaryOf(facts)).toMatchObject({
    node: {
      nodeName: 'n1',
      startTime: '2026-11-24T11:00:00Z',
      cpu: { usageNanoCores: 250_000_000, usageCoreNanoSeconds: 9_000_000_000 },
      memory: { availableBytes: 700_000, workingSetBytes: 300_000 },
      fs: { time: '2026-11-24T12:00:00Z', availableBytes: 40, capacityBytes: 100, usedBytes: 60, inodesFree: 4, inodes: 10, inodesUsed: 6 },
    },
    pods: [
      {
        podRef: { name: 'web', namespace: 'default', uid: 'u1' },
        containers: [
          { name: 'app', startTime: '2026-11-24T11:59:00Z', cpu: { usageNanoCores: 50_000_000 }, memory: { workingSetBytes: 4096 } },
        ],
        cpu: { usageNanoCores: 50_000_000, usageCoreNanoSeconds: 1_500_000_000 },
        memory: { workingSetBytes: 4096, rssBytes: 1024 },
        network: { name: 'eth0', rxBytes: 10, txErrors: 2, interfaces: [eth0] },
      },
    ],
  });
});

test('metrics for metrics-server', () => {
  const lines = resourceMetrics(facts)
    .split('\n')
    .filter((it) => !it.startsWith('#'));
  expect(lines).toEqual([
    `container_cpu_usage_seconds_total{container="app",namespace="default",pod="web"} 1.5 ${at}`,
    `container_memory_working_set_bytes{container="app",namespace="default",pod="web"} 4096 ${at}`,
    `container_start_time_seconds{container="app",namespace="default",pod="web"} ${at / 1000 - 60}`,
    `node_cpu_usage_seconds_total 9 ${at}`,
    `node_memory_working_set_bytes 300000 ${at}`,
    `pod_cpu_usage_seconds_total{namespace="default",pod="web"} 1.5 ${at}`,
    `pod_memory_working_set_bytes{namespace="default",pod="web"} 4096 ${at}`,
    'resource_scrape_error 0',
    '',
  ]);
});

test('metrics as cadvisor has them', () => {
  const text = cadvisorMetrics(facts);
  expect(text).toContain('# TYPE container_cpu_usage_seconds_total counter\n');
  expect(text).toContain(
    `container_memory_rss{container="app",id="/docker/c1",image="app:1",name="k8s_app_web",namespace="default",pod="web"} 1024 ${at}\n`,
  );
  expect(text).toContain('container_network_transmit_bytes_total{interface="eth0",namespace="default",pod="web"} 20\n');
  expect(text).toContain('machine_cpu_cores 2\n');
});

test('metrics of the agent', () => {
  const text = agentMetrics('n"1', [
    { status: 'running', isSandbox: true },
    { status: 'running', isSandbox: false },
    { status: 'exited', isSandbox: false },
  ]);
  expect(text).toContain('kubelet_node_name{node="n\\"1"} 1\n');
  expect(text).toContain('kubelet_running_containers{container_state="exited"} 1\n');
  expect(text).toContain('kubelet_running_pods 1\n');
});
