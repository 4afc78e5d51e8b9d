import { describe, expect, test } from 'vitest';
import { podForTests } from '../../test/fixtures/kubelet/pods.ts';
import { serviceForTests, sliceForTests } from '../../test/fixtures/proxy/services.ts';
import type { core } from '../kinds/index.ts';
import { type Listener, listenersOfPod, listenersOfService, type NodeFacts } from './table.ts';

const node: NodeFacts = {
  nodeName: 'n1',
  nodePortAddresses: ['127.0.0.1', '10.244.0.1'],
  loadBalancerAddresses: ['127.0.0.1'],
  isServiceAddress: (address) => address.startsWith('10.96.'),
};
const line = ({ id, via, endpoints }: Listener): string => `${id} ${via} ${endpoints.map((it) => `${it.address}:${it.port}`).join(',')}`;
const slices = [
  sliceForTests(['10.244.0.7']),
  sliceForTests(['10.244.1.7'], { endpoints: [{ addresses: ['10.244.1.7'], nodeName: 'n2' }] }),
];
const both = '10.244.0.7:8080,10.244.1.7:8080';
const nodePort = { type: 'NodePort' as const, ports: [{ name: 'http', port: 80, protocol: 'TCP' as const, nodePort: 30080 }] };

describe('a Service listens', () => {
  const cases: Array<[name: string, spec: Partial<core.ServiceSpec>, want: string[]]> = [
    ['on its cluster IP', {}, [`TCP 10.96.0.5:80 cluster IP ${both}`]],
    ['nowhere without a cluster IP', { clusterIP: 'None', clusterIPs: ['None'] }, []],
    ['nowhere as an external name', { type: 'ExternalName', externalName: 'example.com', clusterIP: '', clusterIPs: [] }, []],
    [
      'on a node port at the given addresses',
      nodePort,
      [`TCP 10.96.0.5:80 cluster IP ${both}`, `TCP 127.0.0.1:30080 node port ${both}`, `TCP 10.244.0.1:30080 node port ${both}`],
    ],
    [
      'as a load balancer on its own ports too',
      { ...nodePort, type: 'LoadBalancer' },
      [
        `TCP 10.96.0.5:80 cluster IP ${both}`,
        `TCP 127.0.0.1:30080 node port ${both}`,
        `TCP 10.244.0.1:30080 node port ${both}`,
        `TCP 127.0.0.1:80 load balancer ${both}`,
      ],
    ],
    [
      'not as a load balancer of someone else',
      { type: 'LoadBalancer', loadBalancerClass: 'example.com/other' },
      [`TCP 10.96.0.5:80 cluster IP ${both}`],
    ],
    ['on external IPs', { externalIPs: ['192.0.2.9'] }, [`TCP 10.96.0.5:80 cluster IP ${both}`, `TCP 192.0.2.9:80 external IP ${both}`]],
    [
      'with Local only for endpoints of the node',
      { ...nodePort, externalTrafficPolicy: 'Local' },
      [
        `TCP 10.96.0.5:80 cluster IP ${both}`,
        'TCP 127.0.0.1:30080 node port 10.244.0.7:8080',
        'TCP 10.244.0.1:30080 node port 10.244.0.7:8080',
      ],
    ],
    ['with internal Local on the cluster IP', { internalTrafficPolicy: 'Local' }, ['TCP 10.96.0.5:80 cluster IP 10.244.0.7:8080']],
    [
      'per port, TCP and UDP apart, without other protocols',
      {
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'http', port: 53, protocol: 'TCP' },
          { name: 'sctp', port: 54, protocol: 'SCTP' },
        ],
      },
      ['UDP 10.96.0.5:53 cluster IP ', `TCP 10.96.0.5:53 cluster IP ${both}`],
    ],
  ];
  for (const [name, spec, want] of cases)
    test(name, () => expect(listenersOfService(serviceForTests(spec), slices, node).map(line)).toEqual(want));

  test('not when another proxy is asked for', () => {
    const labels = { 'service.kubernetes.io/service-proxy-name': 'other' };
    expect(listenersOfService(serviceForTests({}, { labels }), slices, node)).toEqual([]);
  });

  test('with affinity for the time it asks, three hours if it does not', () => {
    const affinity = (spec: Partial<core.ServiceSpec>) => listenersOfService(serviceForTests(spec), slices, node)[0]?.affinitySeconds;
    expect(affinity({})).toBeUndefined();
    expect(affinity({ sessionAffinity: 'ClientIP' })).toBe(10_800);
    expect(affinity({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 5 } } })).toBe(5);
  });

  test('as a load balancer to the sources it allows', () => {
    const spec = { ...nodePort, type: 'LoadBalancer' as const, loadBalancerSourceRanges: [' 10.0.0.0/8 ', ''] };
    expect(listenersOfService(serviceForTests(spec), slices, node).map((it) => it.allow)).toEqual([
      undefined,
      undefined,
      undefined,
      ['10.0.0.0/8'],
    ]);
  });

  test('never to itself', () => {
    const spec = { ...nodePort, ports: [{ name: 'http', port: 80, protocol: 'TCP' as const, nodePort: 8080 }] };
    const own = [sliceForTests(['10.244.0.1', '10.244.0.7'])];
    expect(listenersOfService(serviceForTests(spec), own, node).map(line)).toContain('TCP 10.244.0.1:8080 node port 10.244.0.7:8080');
  });
});

describe('a pod listens', () => {
  const pod = (
    port: core.ContainerPort,
    spec: Partial<core.PodSpec> = {},
    status: core.PodStatus = { phase: 'Running', podIP: '10.244.0.9' },
  ) => podForTests({ containers: [{ name: 'app', image: 'nginx', ports: [port] }], ...spec }, {}, status);
  const port: core.ContainerPort = { containerPort: 80, hostPort: 8000, protocol: 'TCP' };
  const cases: Array<[name: string, pod: core.Pod, want: string[]]> = [
    ['on its host port', pod(port), ['TCP 127.0.0.1:8000 host port 10.244.0.9:80', 'TCP 10.244.0.1:8000 host port 10.244.0.9:80']],
    ['on the address it names', pod({ ...port, hostIP: '127.0.0.9' }), ['TCP 127.0.0.9:8000 host port 10.244.0.9:80']],
    [
      'everywhere when it names no real one',
      pod({ ...port, hostIP: '0.0.0.0', protocol: 'UDP' }),
      ['UDP 127.0.0.1:8000 host port 10.244.0.9:80', 'UDP 10.244.0.1:8000 host port 10.244.0.9:80'],
    ],
    ['not without a host port', pod({ containerPort: 80, protocol: 'TCP' }), []],
    ['not in the network of the host, where it listens itself', pod(port, { hostNetwork: true }), []],
    ['not on another node', pod(port, { nodeName: 'n2' }), []],
    ['not without an address', pod(port, {}, { phase: 'Pending' }), []],
    ['not any more when it has ended', pod(port, {}, { phase: 'Succeeded', podIP: '10.244.0.9' }), []],
  ];
  for (const [name, it, want] of cases) test(name, () => expect(listenersOfPod(it, node).map(line)).toEqual(want));
});
