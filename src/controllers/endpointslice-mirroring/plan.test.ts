import { expect, test } from 'vitest';
import { serviceOf, storedSlice } from '../../../test/fixtures/controllers/objects.ts';
import type { core } from '../../kinds/index.ts';
import { isMirrored, planMirror } from './plan.ts';

const endpointsOf = (subsets: core.EndpointSubset[], metadata: Partial<core.Endpoints['metadata']> = {}): core.Endpoints => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name: 'own', namespace: 'default', uid: 'u1', resourceVersion: '1', creationTimestamp: '', ...metadata },
  subsets,
});
const open = serviceOf('own', { selector: {} });

const cases: Array<[name: string, endpoints: core.Endpoints | undefined, service: core.Service | undefined, want: boolean]> = [
  ['of a Service without selector', endpointsOf([]), open, true],
  ['of a Service with one', endpointsOf([]), serviceOf('own'), false],
  ['without Service', endpointsOf([]), undefined, false],
  ['that ask not to be', endpointsOf([], { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }), open, false],
  ['that elect a leader', endpointsOf([], { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }), open, false],
  ['that go', endpointsOf([], { deletionTimestamp: '2026-01-01T00:00:00Z' }), open, false],
  ['that are not there', undefined, open, false],
];
test.each(cases)('Endpoints %s', (_, endpoints, service, want) => expect(isMirrored(endpoints, service)).toBe(want));

test('subsets become slices, by ports and by family', () => {
  const endpoints = endpointsOf(
    [
      {
        addresses: [{ ip: '192.0.2.1', hostname: 'h' }, { ip: 'fd00::1' }],
        notReadyAddresses: [{ ip: '192.0.2.2' }],
        ports: [{ port: 80 }],
      },
      { addresses: [{ ip: '192.0.2.3' }, { ip: 'nonsense' }], ports: [{ name: 'x', port: 81, protocol: 'UDP' }] },
    ],
    { labels: { team: 'blue' }, annotations: { note: 'n', 'kubectl.kubernetes.io/last-applied-configuration': '{}' } },
  );
  const { create } = planMirror(endpoints, []);
  expect(
    create.map((it) => [it.addressType, it.ports?.[0]?.port, it.endpoints?.map((one) => `${one.addresses[0]} ${one.conditions?.ready}`)]),
  ).toEqual([
    ['IPv4', 80, ['192.0.2.1 true', '192.0.2.2 false']],
    ['IPv6', 80, ['fd00::1 true']],
    ['IPv4', 81, ['192.0.2.3 true']],
  ]);
  expect(create[0]?.metadata).toMatchObject({
    generateName: 'own-',
    annotations: { note: 'n' },
    labels: {
      team: 'blue',
      'kubernetes.io/service-name': 'own',
      'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
    },
    ownerReferences: [{ kind: 'Endpoints', name: 'own', uid: 'u1' }],
  });
  const stored = create.map((it, i) => storedSlice(it, `s${i}`));
  expect(planMirror(endpoints, stored)).toEqual({ create: [], update: [], remove: [] });
  expect(planMirror(undefined, stored).remove.length).toBe(3);
});
