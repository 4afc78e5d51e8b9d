import { expect, test } from 'vitest';
import { podOf, serviceOf } from '../../../test/fixtures/controllers/objects.ts';
import type { core } from '../../kinds/index.ts';
import { planEndpoints } from './plan.ts';
import { subsetsOf, truncated } from './subsets.ts';

/** `10.1.0.1,10.1.0.2|not 10.1.0.3 :80` */
const shown = (subsets: readonly core.EndpointSubset[]): string[] =>
  subsets.map(
    ({ addresses = [], notReadyAddresses = [], ports = [] }) =>
      `${addresses.map((it) => it.ip)}|not ${notReadyAddresses.map((it) => it.ip)} :${ports.map((it) => it.port)}`,
  );
const named = (name: string, ip: string, containerPort: number): core.Pod =>
  podOf(name, { ip, spec: { containers: [{ name: 'app', image: 'i', ports: [{ name: 'http', containerPort, protocol: 'TCP' }] }] } });
const going = { deletionTimestamp: '2026-01-01T00:01:00Z' };

const cases: Array<[name: string, spec: Partial<core.ServiceSpec>, pods: core.Pod[], want: string[]]> = [
  ['no pods', {}, [], []],
  [
    'ready and not ready, sorted',
    {},
    [podOf('c', { ip: '10.1.0.3' }), podOf('b', { ip: '10.1.0.2', ready: false }), podOf('a', { ip: '10.1.0.1' })],
    ['10.1.0.1,10.1.0.3|not 10.1.0.2 :80'],
  ],
  [
    'not ready ones are to be shown',
    { publishNotReadyAddresses: true },
    [podOf('b', { ip: '10.1.0.2', ready: false })],
    ['10.1.0.2|not  :80'],
  ],
  ['what goes is no address', {}, [podOf('a', { ip: '10.1.0.1', metadata: going })], []],
  [
    'unless all are to be shown',
    { publishNotReadyAddresses: true },
    [podOf('a', { ip: '10.1.0.1', metadata: going })],
    ['10.1.0.1|not  :80'],
  ],
  [
    'the same ports stand together',
    { ports: [{ port: 80, targetPort: 'http', protocol: 'TCP' }] },
    [named('a', '10.1.0.1', 81), named('b', '10.1.0.2', 82), named('c', '10.1.0.3', 81)],
    ['10.1.0.1,10.1.0.3|not  :81', '10.1.0.2|not  :82'],
  ],
  ['a port nobody knows', { ports: [{ port: 80, targetPort: 'nobody', protocol: 'TCP' }] }, [podOf('a', { ip: '10.1.0.1' })], []],
  ['headless without ports', { clusterIP: 'None', ports: [] }, [podOf('a', { ip: '10.1.0.1' })], ['10.1.0.1|not  :']],
];
test.each(cases)('%s', (_, spec, pods, want) => expect(shown(subsetsOf(serviceOf('web', spec), pods))).toEqual(want));

test('a thousand addresses at most, ready ones first, by the share of their subset', () => {
  const many = (n: number): core.EndpointAddress[] => Array.from({ length: n }, (_, i) => ({ ip: `10.0.${i >> 8}.${i & 255}` }));
  const sizes = (subsets: readonly core.EndpointSubset[] | undefined): Array<[number, number]> | undefined =>
    subsets?.map((it) => [it.addresses?.length ?? 0, it.notReadyAddresses?.length ?? 0]);
  expect(sizes(truncated([{ addresses: many(1000) }]))).toBeUndefined();
  expect(sizes(truncated([{ addresses: many(600) }, { addresses: many(600), notReadyAddresses: many(10) }]))).toEqual([
    [500, 0],
    [500, 0],
  ]);
  expect(sizes(truncated([{ addresses: many(600), notReadyAddresses: many(900) }]))).toEqual([[600, 400]]);
});

test('Endpoints are written when they differ, and say what is over the limit', () => {
  const service = serviceOf('web', { clusterIP: 'None' }, { labels: { team: 'blue' } });
  const pods = [podOf('a', { ip: '10.1.0.1' })];
  const draft = planEndpoints(service, pods, undefined, '2026-01-01T00:00:09Z');
  expect(draft?.metadata).toEqual({
    name: 'web',
    namespace: 'default',
    labels: { team: 'blue', 'service.kubernetes.io/headless': '', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
    annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:09Z' },
  });
  const stored = draft as core.Endpoints;
  expect(planEndpoints(service, pods, stored, undefined)).toBeUndefined();
  const marked = {
    ...stored,
    metadata: { ...stored.metadata, annotations: { 'endpoints.kubernetes.io/over-capacity': 'truncated', own: 'x' } },
  };
  expect(planEndpoints(service, pods, marked, undefined)?.metadata.annotations).toEqual({ own: 'x' });
});
