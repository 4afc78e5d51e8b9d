import { pod, testCause } from '../../../../test/fixtures/cli/facts.ts';
import { failedPod } from './failed-pod.ts';

testCause(failedPod, [
  [
    'evicted',
    { pods: [pod({ status: { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory' } })] },
    'pod/web-1-a was ended (Evicted): The node was low on memory',
  ],
  ['failed by its container', { pods: [pod({ status: { phase: 'Failed' } })] }, undefined],
]);
