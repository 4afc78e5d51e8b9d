import { expect, test } from 'vitest';
import { nodeOf, podOf, serviceOf } from '../../../test/fixtures/controllers/objects.ts';
import type { core, discovery } from '../../kinds/index.ts';
import { labelsOf, planServiceSlices } from './plan.ts';

const node = nodeOf('n1');
const zoned = { ...node, metadata: { ...node.metadata, labels: { 'topology.kubernetes.io/zone': 'z1' } } };
const nodes = (name: string): core.Node | undefined => (name === 'n1' ? node : name === 'n2' ? zoned : undefined);
const endpointsOf = (service: core.Service, ...pods: core.Pod[]): discovery.Endpoint[] =>
  planServiceSlices(service, pods, [], nodes).create.flatMap((it) => it.endpoints ?? []);

const gone = { deletionTimestamp: '2026-01-01T00:01:00Z' };
const conditions: Array<[name: string, pod: core.Pod, spec: Partial<core.ServiceSpec>, want: discovery.EndpointConditions | undefined]> = [
  ['ready', podOf('a', { ip: '10.1.0.1' }), {}, { ready: true, serving: true, terminating: false }],
  ['not ready', podOf('a', { ip: '10.1.0.1', ready: false }), {}, { ready: false, serving: false, terminating: false }],
  [
    'not ready, shown all the same',
    podOf('a', { ip: '10.1.0.1', ready: false }),
    { publishNotReadyAddresses: true },
    { ready: true, serving: false, terminating: false },
  ],
  ['going, still serving', podOf('a', { ip: '10.1.0.1', metadata: gone }), {}, { ready: false, serving: true, terminating: true }],
  [
    'going, shown all the same',
    podOf('a', { ip: '10.1.0.1', metadata: gone }),
    { publishNotReadyAddresses: true },
    { ready: true, serving: true, terminating: true },
  ],
  ['without address', podOf('a'), {}, undefined],
  ['ended', podOf('a', { ip: '10.1.0.1', status: { phase: 'Succeeded' } }), {}, undefined],
];
test.each(conditions)('a pod that is %s', (_, pod, spec, want) => {
  expect(endpointsOf(serviceOf('web', spec), pod)[0]?.conditions).toEqual(want);
});

test('an endpoint says which pod it is, and where', () => {
  const pod = podOf('a', { ip: '10.1.0.1', spec: { nodeName: 'n2', hostname: 'first', subdomain: 'web' } });
  expect(endpointsOf(serviceOf('web'), pod)).toEqual([
    {
      addresses: ['10.1.0.1'],
      conditions: { ready: true, serving: true, terminating: false },
      hostname: 'first',
      targetRef: { kind: 'Pod', namespace: 'default', name: 'a', uid: 'uid-a' },
      nodeName: 'n2',
      zone: 'z1',
    },
  ]);
  expect(endpointsOf(serviceOf('other'), pod)[0]?.hostname).toBeUndefined();
});

test('a pod whose node is not there is left out and looked at again, unless all are to be shown', () => {
  const pod = podOf('a', { ip: '10.1.0.1', spec: { nodeName: 'lost' } });
  expect(planServiceSlices(serviceOf('web'), [pod], [], nodes)).toMatchObject({ create: [{ endpoints: [] }], missingNodes: ['lost'] });
  expect(endpointsOf(serviceOf('web', { publishNotReadyAddresses: true }), pod).length).toBe(1);
});

test('a named port is what each pod calls so', () => {
  const named = (name: string, containerPort: number): core.Pod =>
    podOf(name, {
      ip: `10.1.0.${containerPort}`,
      spec: { containers: [{ name: 'app', image: 'i', ports: [{ name: 'http', containerPort, protocol: 'TCP' }] }] },
    });
  const service = serviceOf('web', {
    ports: [
      { name: 'http', port: 80, protocol: 'TCP', targetPort: 'http' },
      { name: 'x', port: 90, protocol: 'UDP', targetPort: 'nobody', appProtocol: 'h2c' },
    ],
  });
  const { create } = planServiceSlices(service, [named('a', 81), named('b', 82), named('c', 81)], [], nodes);
  expect(create.map((it) => [it.ports, it.endpoints?.length])).toEqual([
    [[{ name: 'http', port: 81, protocol: 'TCP' }], 2],
    [[{ name: 'http', port: 82, protocol: 'TCP' }], 1],
  ]);
});

test('a Service of both families has slices of both', () => {
  const service = serviceOf('web', { ipFamilies: ['IPv4', 'IPv6'] });
  const pod = podOf('a', { status: { podIPs: [{ ip: '10.1.0.1' }, { ip: 'fd00::1' }] } });
  const { create } = planServiceSlices(service, [pod], [], nodes);
  expect(create.map((it) => [it.addressType, it.endpoints?.[0]?.addresses])).toEqual([
    ['IPv4', ['10.1.0.1']],
    ['IPv6', ['fd00::1']],
  ]);
});

test('slices carry the labels of their Service, but for those that are theirs', () => {
  const labels = { team: 'blue', 'kubernetes.io/service-name': 'forged' };
  expect(labelsOf(serviceOf('web', { clusterIP: 'None' }, { labels }))).toEqual({
    team: 'blue',
    'service.kubernetes.io/headless': '',
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  });
});

test('nothing is made for a Service that goes', () => {
  expect(planServiceSlices(serviceOf('web', {}, gone), [podOf('a', { ip: '10.1.0.1' })], [], nodes).create).toEqual([]);
});

const hints: Array<[wish: string, ready: boolean, want: discovery.EndpointHints | undefined]> = [
  ['', true, undefined],
  ['PreferClose', true, { forZones: [{ name: 'z1' }] }],
  ['PreferSameZone', true, { forZones: [{ name: 'z1' }] }],
  ['PreferSameNode', true, { forZones: [{ name: 'z1' }], forNodes: [{ name: 'n2' }] }],
  ['PreferSameNode', false, undefined],
];
test.each(hints)('hints for %s', (trafficDistribution, ready, want) => {
  const pod = podOf('a', { ip: '10.1.0.1', ready, spec: { nodeName: 'n2' } });
  expect(endpointsOf(serviceOf('web', { trafficDistribution }), pod)[0]?.hints).toEqual(want);
});

test.each([
  ['service.kubernetes.io/topology-mode', 'Auto', undefined],
  ['service.kubernetes.io/topology-aware-hints', 'auto', undefined],
  ['service.kubernetes.io/topology-mode', 'Disabled', { forZones: [{ name: 'z1' }] }],
])('the annotation %s: %s comes before what the spec says', (key, value, want) => {
  const it = serviceOf('web', { trafficDistribution: 'PreferClose' });
  it.metadata.annotations = { [key]: value };
  expect(endpointsOf(it, podOf('a', { ip: '10.1.0.1', ready: true, spec: { nodeName: 'n2' } }))[0]?.hints).toEqual(want);
});
