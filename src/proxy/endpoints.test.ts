import { expect, test } from 'vitest';
import type { discovery } from '../kinds/index.ts';
import { chooseEndpoints } from './endpoints.ts';

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
    const found = chooseEndpoints(slices, { name: 'http', protocol: 'TCP' }, localTo, (address) => address.startsWith('10.96.'));
    expect(found.map((it) => `${it.address}:${it.port}`)).toEqual(want);
  });

test('slices may give one port name different numbers', () => {
  const slices = [slice([['10.0.0.1']]), slice([['10.0.0.2']], { ports: [{ name: 'http', port: 9090 }] })];
  const found = chooseEndpoints(slices, { name: 'http', protocol: 'TCP' }, undefined, () => false);
  expect(found.map((it) => `${it.address}:${it.port}`)).toEqual(['10.0.0.1:8080', '10.0.0.2:9090']);
});
