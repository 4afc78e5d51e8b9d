import { ended, podWith, testCause, waiting } from '../../../../test/fixtures/cli/facts.ts';
import { startFault } from './start-fault.ts';

testCause(startFault, [
  [
    'no such program',
    { pods: [podWith(waiting('RunContainerError', 'exec: "serve": executable file not found'))] },
    'cannot be started: exec: "serve"',
  ],
  [
    'waits to be tried again',
    {
      pods: [podWith({ ...waiting('CrashLoopBackOff', 'back-off 10s'), lastState: ended(128, 'StartError', 'no such file or directory') })],
    },
    'cannot be started: no such file or directory',
  ],
  ['its hook', { pods: [podWith(waiting('PostStartHookError', 'exit code 1'))] }, 'its postStart hook failed: exit code 1'],
  ['ended by itself', { pods: [podWith({ state: ended(1) })] }, undefined],
]);
