import { expect, test } from 'vitest';
import { podForTests } from '../../../../test/fixtures/kubelet/pods.ts';
import type { Pod, PodSpec, PodStatus } from '../../generated/core-v1.ts';
import { podStatusFaults } from './status-faults.ts';

const ended = (exitCode: number): PodStatus => ({ containerStatuses: [status({ terminated: { exitCode } })] });
const status = (state: object, name = 'app'): NonNullable<PodStatus['containerStatuses']>[0] => ({
  ...{ name, state, image: 'i', imageID: '', ready: false, restartCount: 0 },
});
const runs: PodStatus = { containerStatuses: [status({ running: {} })] };
const app = { name: 'app', image: 'i' };
const illegal = ['status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state'];

const cases: Array<[name: string, spec: Partial<PodSpec>, was: PodStatus, now: PodStatus, want: string[]]> = [
  ['what always runs may run again', {}, ended(0), runs, []],
  ['what runs once may not', { restartPolicy: 'Never' }, ended(0), runs, illegal],
  ['not after a failure either', { restartPolicy: 'Never' }, ended(1), runs, illegal],
  ['after a failure', { restartPolicy: 'OnFailure' }, ended(1), runs, []],
  ['after a success', { restartPolicy: 'OnFailure' }, ended(0), runs, illegal],
  ['it stays ended', { restartPolicy: 'Never' }, ended(0), ended(0), []],
  ['it is no longer told of', { restartPolicy: 'Never' }, ended(0), {}, []],
  ['a policy of its own', { restartPolicy: 'Never', containers: [{ ...app, restartPolicy: 'Always' }] }, ended(0), runs, []],
  [
    'a rule of its own',
    {
      restartPolicy: 'Never',
      containers: [{ ...app, restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [3] } }] }],
    },
    ended(3),
    runs,
    [],
  ],
  [
    'a rule for another code',
    {
      restartPolicy: 'Never',
      containers: [{ ...app, restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [3] } }] }],
    },
    ended(4),
    runs,
    illegal,
  ],
  [
    'a sidecar of a pod that runs once',
    { restartPolicy: 'Never', initContainers: [{ name: 'side', image: 'i', restartPolicy: 'Always' }] },
    { initContainerStatuses: [status({ terminated: { exitCode: 0 } }, 'side')] },
    { initContainerStatuses: [status({ running: {} }, 'side')] },
    [],
  ],
  [
    'one that looks around, never',
    {},
    { ephemeralContainerStatuses: [status({ terminated: { exitCode: 1 } }, 'look')] },
    { ephemeralContainerStatuses: [status({ running: {} }, 'look')] },
    ['status.ephemeralContainerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state'],
  ],
  [
    'a class',
    {},
    { qosClass: 'Burstable' },
    { qosClass: 'Guaranteed' },
    ['status.qosClass: Invalid value: "Guaranteed": field is immutable'],
  ],
  ['addresses', {}, {}, { podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] }, []],
  [
    'conditions of others',
    {},
    {},
    {
      conditions: [
        { type: 'example.com/fit', status: 'True' },
        { type: 'Ready', status: 'True' },
      ],
    },
    [],
  ],
  [
    'claims',
    {},
    {},
    { resourceClaimStatuses: [{ name: 'none' }] },
    ['status.resourceClaimStatuses[0].name: Invalid value: "none": must match the name of an entry in `spec.resourceClaims`'],
  ],
];
test.each(cases)('%s', (_, spec, was, now, want) => {
  const pod = (it: PodStatus): Pod => ({ ...podForTests({ restartPolicy: 'Always', containers: [app], ...spec }), status: it });
  expect(podStatusFaults(pod(now), pod(was)).map((it) => `${it.path}: ${it.message}`)).toEqual(want);
});

test.each([
  ['a node that cannot be', { nominatedNodeName: 'No Name' }, 'status.nominatedNodeName'],
  ['an address that is none', { podIPs: [{ ip: 'here' }] }, 'status.podIPs[0]'],
  ['two of a family', { hostIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] }, 'status.hostIPs'],
  ['a condition that has no name', { conditions: [{ type: 'not a name', status: 'True' }] }, 'metadata.conditions[0].Type'],
])('is refused: %s', (_, status, path) => {
  const was = podForTests({});
  expect(podStatusFaults({ ...was, status: status as PodStatus }, { ...was, status: {} }).map((it) => it.path)).toEqual([path]);
});
