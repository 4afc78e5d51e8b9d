import { ended, podWith, testCause, waiting } from '../../../../test/fixtures/cli/facts.ts';
import { crash } from './crash.ts';

const loop = (code: number) => ({
  pods: [podWith({ ...waiting('CrashLoopBackOff', 'back-off 20s'), lastState: ended(code), restartCount: 2 })],
});
const once = { spec: { nodeName: 'here', restartPolicy: 'Never', containers: [{ name: 'app' }] } };
testCause(crash, [
  ['runs', { pods: [podWith({ ready: true, state: { running: {} } })] }, undefined],
  [
    'a fault of its own',
    loop(3),
    'container app of pod/web-1-a ends with exit code 3 and was started again 2 times: the program reports a fault of its own',
  ],
  ['not executable', loop(126), 'the command is there but cannot be executed'],
  ['not found', loop(127), 'the command was not found'],
  ['killed', loop(137), 'ended by SIGKILL'],
  ['bad memory', loop(139), 'ended by SIGSEGV'],
  ['told to stop', loop(143), 'ended by SIGTERM'],
  ['ends well, again and again', loop(0), 'exit code 0, nothing in it keeps running'],
  ['ends well, as it should', { pods: [podWith({ state: ended(0, 'Completed') }, once)] }, undefined],
  [
    'runs again, not ready yet',
    { pods: [podWith({ state: { running: {} }, lastState: ended(1), restartCount: 1 })] },
    'was started again 1 time',
  ],
  [
    'an init container',
    {
      pods: [
        podWith(waiting('PodInitializing'), {
          spec: { nodeName: 'here', initContainers: [{ name: 'migrate' }], containers: [{ name: 'app' }] },
          status: {
            initContainerStatuses: [
              { name: 'migrate', ready: false, restartCount: 1, ...waiting('CrashLoopBackOff'), lastState: ended(1) },
            ],
          },
        }),
      ],
    },
    'init container migrate of pod/web-1-a ends with exit code 1',
  ],
]);
