import { expect, test } from 'vitest';
import { object, pod, testCause } from '../../../../test/fixtures/cli/facts.ts';
import { partsOf, unschedulable } from './unschedulable.ts';

const node = (rest = {}) => object<never>('Node', 'here', { status: { allocatable: { cpu: '2', memory: '4Gi' } }, ...rest });
const refused = (message: string, spec = {}) =>
  pod({
    spec: {
      nodeName: undefined,
      containers: [{ name: 'app', resources: { requests: { cpu: '500' } }, ports: [{ containerPort: 80, hostPort: 8080 }] }],
      ...spec,
    },
    status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] },
  });
const tail = 'no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
const holder = object<never>('Pod', 'other', {
  spec: { nodeName: 'here', containers: [{ name: 'a', ports: [{ containerPort: 80, hostPort: 8080 }] }] },
});
testCause(unschedulable, [
  ['has a node', { pods: [pod()] }, undefined],
  [
    'too big',
    { pods: [refused(`0/1 nodes are available: 1 Insufficient cpu. ${tail}`)], nodes: [node()] },
    'it asks for 500 cpu, and the node has not so much left (2 at most)',
  ],
  [
    'a taint',
    {
      pods: [refused(`0/1 nodes are available: 1 node(s) had untolerated taint(s). ${tail}`)],
      nodes: [node({ spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } })],
    },
    'a taint that it does not tolerate (a:NoSchedule)',
  ],
  [
    'labels',
    {
      pods: [refused("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", { nodeSelector: { disk: 'ssd' } })],
      nodes: [node()],
    },
    'has not the labels it asks for (disk=ssd)',
  ],
  [
    'cordoned',
    { pods: [refused('0/1 nodes are available: 1 node(s) were unschedulable.')], nodes: [node()] },
    'the node has been cordoned',
  ],
  [
    'host port',
    { pods: [refused("0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."), holder], nodes: [node()] },
    'host port 8080/TCP is already taken by pod/other',
  ],
  [
    'several',
    { pods: [refused('0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.')], nodes: [node(), node(), node()] },
    '1 node has been cordoned; it asks for 500 cpu, and 2 nodes have not so much left (2 at most)',
  ],
  ['what nobody has foreseen', { pods: [refused('no such thing')] }, 'pod/web-1-a has no node: no such thing'],
]);

test('the parts of a message', () => {
  expect(partsOf(`0/3 nodes are available: 1 node(s) had untolerated taint {a: b, c}, 2 Insufficient cpu. ${tail}`)).toEqual([
    { count: 1, reason: 'node(s) had untolerated taint {a: b, c}' },
    { count: 2, reason: 'Insufficient cpu' },
  ]);
  expect(partsOf('0/1 nodes are available: persistentvolumeclaim "data" not found. not found')).toEqual([
    { count: 0, reason: 'persistentvolumeclaim "data" not found' },
  ]);
});
