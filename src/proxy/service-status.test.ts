import { expect, test } from 'vitest';
import { serviceForTests } from '../../test/fixtures/proxy/services.ts';
import type { core } from '../kinds/index.ts';
import { type Served, wantedStatus } from './service-status.ts';

const node = { name: 'n1', address: '10.244.0.1' };
const now = '2026-01-01T00:00:00Z';
const well: Served = { isBalanced: true, faults: [] };
const balanced = { type: 'LoadBalancer' as const };
const ours = { ip: '10.244.0.1', ipMode: 'VIP' as const };
const theirs = { ip: '10.244.1.1', ipMode: 'VIP' as const };
const condition = (message: string, at = now) => ({
  ...{ type: 'ports.peapod.dev/n1', status: 'False' as const, reason: 'PortNotAvailable', message },
  lastTransitionTime: at,
});

const cases: Array<[name: string, it: core.Service, served: Served, want: core.ServiceStatus]> = [
  ['a cluster IP has nothing to say', serviceForTests(), well, { loadBalancer: {} }],
  ['a load balancer gets the address of the node', serviceForTests(balanced), well, { loadBalancer: { ingress: [ours] } }],
  ['not before its ports can be had', serviceForTests(balanced), { isBalanced: false, faults: [] }, { loadBalancer: {} }],
  [
    'it keeps the address when a port is lost later',
    serviceForTests(balanced, {}, { loadBalancer: { ingress: [ours] } }),
    { isBalanced: false, faults: [] },
    { loadBalancer: { ingress: [ours] } },
  ],
  [
    'each node adds its own',
    serviceForTests(balanced, {}, { loadBalancer: { ingress: [theirs] } }),
    well,
    { loadBalancer: { ingress: [theirs, ours] } },
  ],
  [
    'one that is a load balancer no more loses it',
    serviceForTests({}, {}, { loadBalancer: { ingress: [theirs, ours] } }),
    well,
    { loadBalancer: { ingress: [theirs] } },
  ],
  ['one that is being deleted gets none', serviceForTests(balanced, { deletionTimestamp: now }), well, { loadBalancer: {} }],
  [
    'what cannot be served is a condition',
    serviceForTests(),
    { isBalanced: true, faults: ['a', 'b'] },
    { conditions: [condition('a; b')], loadBalancer: {} },
  ],
  [
    'its time is that of the first fault',
    serviceForTests({}, {}, { conditions: [condition('a', '2025-12-31T00:00:00Z')], loadBalancer: {} }),
    { isBalanced: true, faults: ['b'] },
    { conditions: [condition('b', '2025-12-31T00:00:00Z')], loadBalancer: {} },
  ],
  ['it goes when all is well', serviceForTests({}, {}, { conditions: [condition('a')], loadBalancer: {} }), well, { loadBalancer: {} }],
];
for (const [name, it, served, want] of cases) test(name, () => expect(wantedStatus(it, node, served, now)).toEqual(want));
