import { expect, test } from 'vitest';
import type { ContainerStatus, Pod } from '../../generated/core-v1.ts';
import { heldRequests } from './resources.ts';

type Amounts = { [name: string]: string };
const pod = (asks: Amounts, status?: Partial<ContainerStatus>, reason?: string): Pod => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' } },
  spec: { containers: [{ name: 'app', resources: { requests: asks } }] },
  status: {
    ...(status && { containerStatuses: [{ name: 'app', ready: true, restartCount: 0, image: '', imageID: '', ...status }] }),
    ...(reason && { conditions: [{ type: 'PodResizePending', status: 'True', reason }] }),
  },
});
const given = (allocated: Amounts, has: Amounts): Partial<ContainerStatus> => ({
  allocatedResources: allocated,
  resources: { requests: has },
});

const cases: Array<[what: string, pod: Pod, want: Amounts]> = [
  ['a pod that has not started counts for what it asks for', pod({ cpu: '1' }), { cpu: '1' }],
  ['one that runs, for the same', pod({ cpu: '1', 'a.b/c': '2' }, given({ cpu: '1' }, { cpu: '1' })), { cpu: '1', 'a.b/c': '2' }],
  ['one that grows, for what it asks for', pod({ cpu: '2' }, given({ cpu: '1' }, { cpu: '1' }), 'Deferred'), { cpu: '2' }],
  ['one that shrinks, for what it still has', pod({ cpu: '1' }, given({ cpu: '1' }, { cpu: '3' })), { cpu: '3' }],
  ['one that can never grow so, for what it has', pod({ cpu: '99' }, given({ cpu: '1' }, { cpu: '1' }), 'Infeasible'), { cpu: '1' }],
];
test.each(cases)('%s', (_, it, want) => {
  expect(heldRequests(it)).toEqual(want);
});

test('a pod that asks as a whole counts for the most of what it asks for and was given as a whole', () => {
  const it = pod({}, { resources: {} });
  const grown = {
    ...it,
    spec: { ...it.spec, resources: { requests: { cpu: '2' } } },
    status: { ...it.status, allocatedResources: { cpu: '3' } },
  };
  expect(heldRequests(grown)).toEqual({ cpu: '3' });
});
