import { expect, test } from 'vitest';
import type { discovery } from '../kinds/index.ts';
import { chooseEndpoints, type Here } from './endpoints.ts';

type Conditions = { ready?: boolean; serving?: boolean; terminating?: boolean };
type Spot = [address: string, conditions?: Conditions, nodeName?: string];

const slice = (spots: Spot[], more: Partial<discovery.EndpointSlice> = {}): discovery.EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web-1', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  addressType: 'IPv4',
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  endpoints: spots.map(([address, conditions, nodeName]) => ({
    addresses: [address],
    ...(conditions && { conditions }),
    ...(nodeName && { nodeName }),
  })),
  ...more,
});

const going = { ready: false, serving: true, terminating: true };
const cases: Array<[name: string, slices: discovery.EndpointSlice[], localTo: string | undefined, want: string[]]> = [
  ['no slices', [], undefined, []],
  [
    'with Local there are none when all are elsewhere',
    [
      slice([
        ['10.0.0.1', {}, 'n2'],
        ['10.0.0.2', going, 'n2'],
      ]),
    ],
    'n1',
    [],
  ],
  [
    'with Local one that terminates elsewhere, or that does not serve here, is none',
    [
      slice([
        ['10.0.0.1', going, 'n2'],
        ['10.0.0.2', { ready: false, serving: false, terminating: true }, 'n1'],
      ]),
    ],
    'n1',
    [],
  ],
  [
    'one that says nothing of its condition is ready',
    [slice([['10.0.0.1'], ['10.0.0.2', { ready: true }]])],
    undefined,
    ['10.0.0.1:8080', '10.0.0.2:8080'],
  ],
  ['one that is not ready is left out', [slice([['10.0.0.1', { ready: false }], ['10.0.0.2']])], undefined, ['10.0.0.2:8080']],
  ['terminating ones are left out while others are ready', [slice([['10.0.0.1', going], ['10.0.0.2']])], undefined, ['10.0.0.2:8080']],
  [
    'terminating ones that still serve are better than none',
    [
      slice([
        ['10.0.0.1', going],
        ['10.0.0.2', { ready: false, serving: false, terminating: true }],
        ['10.0.0.3', { ready: false }],
      ]),
    ],
    undefined,
    ['10.0.0.1:8080'],
  ],
  [
    'with Local only those of the node count',
    [slice([['10.0.0.1', {}, 'n1'], ['10.0.0.2', {}, 'n2'], ['10.0.0.3']])],
    'n1',
    ['10.0.0.1:8080'],
  ],
  [
    'with Local a terminating one of the node comes before ready ones elsewhere',
    [
      slice([
        ['10.0.0.1', going, 'n1'],
        ['10.0.0.2', {}, 'n2'],
      ]),
    ],
    'n1',
    ['10.0.0.1:8080'],
  ],
  [
    'one that moves from slice to slice counts once, ready if it is so in any',
    [slice([['10.0.0.1', { ready: false }]]), slice([['10.0.0.1']]), slice([['10.0.0.1', { ready: false }]])],
    undefined,
    ['10.0.0.1:8080'],
  ],
  ['other address types are left out', [slice([['fd00::1']], { addressType: 'IPv6' })], undefined, []],
  ['other ports are left out', [slice([['10.0.0.1']], { ports: [{ name: 'other', protocol: 'TCP', port: 1 }] })], undefined, []],
  ['other protocols are left out', [slice([['10.0.0.1']], { ports: [{ name: 'http', protocol: 'UDP', port: 1 }] })], undefined, []],
  ['a service address is no endpoint', [slice([['10.96.0.5'], ['10.0.0.1']])], undefined, ['10.0.0.1:8080']],
];

for (const [name, slices, localTo, want] of cases)
  test(name, () => {
    const found = chooseEndpoints(slices, { name: 'http', protocol: 'TCP' }, localTo ? 'Local' : 'Cluster', { nodeName: 'n1' }, (address) =>
      address.startsWith('10.96.'),
    );
    expect(found.map((it) => `${it.address}:${it.port}`)).toEqual(want);
  });

test('slices may give one port name different numbers', () => {
  const slices = [slice([['10.0.0.1']]), slice([['10.0.0.2']], { ports: [{ name: 'http', port: 9090 }] })];
  const found = chooseEndpoints(slices, { name: 'http', protocol: 'TCP' }, 'Cluster', { nodeName: 'n1' }, () => false);
  expect(found.map((it) => `${it.address}:${it.port}`)).toEqual(['10.0.0.1:8080', '10.0.0.2:9090']);
});

/** `10.0.0.1 a,b n1` is an endpoint for the zones a and b and the node n1; `!` in front: not ready, `~`: terminating. */
function hinted(...lines: string[]): discovery.EndpointSlice {
  const endpoints = lines.map((line): discovery.Endpoint => {
    const [address = '', zones = '-', nodes = '-', nodeName] = line.replace(/^[!~]/, '').split(' ');
    const names = (text: string) => (text === '-' ? [] : text.split(',').map((name) => ({ name })));
    const conditions = line.startsWith('!') ? { ready: false } : line.startsWith('~') ? going : { ready: true };
    return { addresses: [address], conditions, hints: { forZones: names(zones), forNodes: names(nodes) }, ...(nodeName && { nodeName }) };
  });
  return slice([], { endpoints });
}
const zones = hinted('10.0.0.1 a', '10.0.0.2 b', '10.0.0.3 c', '10.0.0.4 a');
const all = ['1', '2', '3', '4'];
const inA: Here = { nodeName: 'n1', zone: 'a' };

/** The cases of upstream's pkg/proxy/topology_test.go, in short. */
const hintCases: Array<[name: string, slice: discovery.EndpointSlice, here: Here, policy: 'Cluster' | 'Local', want: string[]]> = [
  ['those for the zone of this node', zones, inA, 'Cluster', ['1', '4']],
  ['all, on a node without a zone', zones, { nodeName: 'n1' }, 'Cluster', all],
  ['all, on a node whose zone is nothing', zones, { nodeName: 'n1', zone: '' }, 'Cluster', all],
  ['all, in a zone that nothing is for', zones, { nodeName: 'n1', zone: 'd' }, 'Cluster', all],
  ['all, when one has no hint', hinted('10.0.0.1 a', '10.0.0.2 b', '10.0.0.3', '10.0.0.4 a'), inA, 'Cluster', all],
  ['one that is not ready needs no hint', hinted('10.0.0.1 a', '10.0.0.2 b', '!10.0.0.3'), inA, 'Cluster', ['1']],
  ['of several zones any counts', hinted('10.0.0.1 a,b,c', '10.0.0.2 b,a', '10.0.0.3 b,d'), inA, 'Cluster', ['1', '2']],
  ['one that is not ready is left out', hinted('10.0.0.1 a', '10.0.0.2 b', '!10.0.0.3 a'), inA, 'Cluster', ['1']],
  ['all, when those of the zone are not ready', hinted('!10.0.0.1 a', '10.0.0.2 b', '10.0.0.3 c'), inA, 'Cluster', ['2', '3']],
  ['those that terminate, wherever, when none is ready', hinted('~10.0.0.1 a', '~10.0.0.2 b', '!10.0.0.3 a'), inA, 'Cluster', ['1', '2']],
  ['hints are nothing to the policy Local', hinted('10.0.0.1 a - n1', '10.0.0.2 b - n1', '10.0.0.3 a - n2'), inA, 'Local', ['1', '2']],
  ['those for this node', hinted('10.0.0.1 a n1', '10.0.0.2 a n2', '10.0.0.3 b n3'), inA, 'Cluster', ['1']],
  ['those for its zone, when none is for this node', hinted('10.0.0.1 a n2', '10.0.0.2 a n3', '10.0.0.3 b n4'), inA, 'Cluster', ['1', '2']],
  ['those for its zone, when one is for no node', hinted('10.0.0.1 a n1', '10.0.0.2 a', '10.0.0.3 b n3'), inA, 'Cluster', ['1', '2']],
  ['all, when none is for this node and some are for no zone', hinted('10.0.0.1 - n2', '10.0.0.2 a n3'), inA, 'Cluster', ['1', '2']],
  ['all, when the one for this node is not ready', hinted('!10.0.0.1 - n1', '10.0.0.2 - n2', '10.0.0.3 - n3'), inA, 'Cluster', ['2', '3']],
  ['for this node, also without a zone', hinted('10.0.0.1 - n1', '10.0.0.2 - n2'), { nodeName: 'n1' }, 'Cluster', ['1']],
];
for (const [name, it, here, policy, want] of hintCases)
  test(`hints: ${name}`, () => {
    const found = chooseEndpoints([it], { name: 'http', protocol: 'TCP' }, policy, here, () => false);
    expect(found.map(({ address }) => address.slice(7))).toEqual(want);
  });
