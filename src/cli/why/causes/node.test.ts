import { at, object, pod, testCause } from '../../../../test/fixtures/cli/facts.ts';
import { node } from './node.ts';

const here = (status: string, message = '') =>
  object<never>('Node', 'here', { status: { conditions: [{ type: 'Ready', status, message, lastHeartbeatTime: at(300) }] } });
testCause(node, [
  ['ready', { pods: [pod()], nodes: [here('True')] }, undefined],
  ['lost', { pods: [pod()], nodes: [here('Unknown')] }, 'node/here is not ready: nothing has been heard of it since 5m ago'],
  [
    'not well',
    { pods: [pod()], nodes: [here('False', 'the engine does not answer')] },
    'node/here is not ready: the engine does not answer',
  ],
]);
