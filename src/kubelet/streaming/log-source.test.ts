import { describe, expect, test } from 'vitest';
import type { core } from '../../kinds/index.ts';
import type { ContainerState } from '../../runtime/index.ts';
import { logSource, statusOf } from './log-source.ts';

const attempt = (id: string, status: ContainerState['status']): ContainerState => ({ id, status }) as ContainerState;
const waiting = (reason?: string): core.ContainerStatus => ({ state: { waiting: reason ? { reason } : {} } }) as core.ContainerStatus;
const state = (it: core.ContainerState, last?: core.ContainerState): core.ContainerStatus =>
  ({ state: it, ...(last && { lastState: last }) }) as core.ContainerStatus;
const running = state({ running: {} });
const terminated = state({ terminated: { exitCode: 0 } });

const from = (attempts: ContainerState[], status: core.ContainerStatus | undefined, previous: boolean): string => {
  try {
    return logSource(attempts, status, { pod: 'web', container: 'main', previous }).id;
  } catch (error) {
    return (error as Error).message;
  }
};

const [two, one] = [attempt('two', 'running'), attempt('one', 'exited')];
const noPrevious = 'previous terminated container "main" in pod "web" not found';
const cases: Array<[name: string, attempts: ContainerState[], status: core.ContainerStatus | undefined, want: string, previous: string]> = [
  ['the first runs', [attempt('one', 'running')], running, 'one', noPrevious],
  ['the second runs', [two, one], running, 'two', 'one'],
  ['the only one has ended for good', [one], terminated, 'one', noPrevious],
  ['the second has ended for good', [attempt('two', 'exited'), one], terminated, 'two', 'one'],
  ['the first waits to be started again', [one], waiting('CrashLoopBackOff'), 'one', 'one'],
  ['the third waits to be started again', [attempt('two', 'exited'), one], waiting('CrashLoopBackOff'), 'two', 'two'],
  ['the second is made but not started', [attempt('two', 'created'), one], waiting('RunContainerError'), 'one', 'one'],
  [
    'the first is being made',
    [],
    waiting('ContainerCreating'),
    'container "main" in pod "web" is waiting to start: ContainerCreating',
    noPrevious,
  ],
  [
    'the image cannot be pulled',
    [],
    waiting('ErrImagePull'),
    `container "main" in pod "web" is waiting to start: image can't be pulled`,
    noPrevious,
  ],
  [
    'nor could it before',
    [],
    waiting('ImagePullBackOff'),
    'container "main" in pod "web" is waiting to start: trying and failing to pull image',
    noPrevious,
  ],
  ['it waits for nobody knows what', [], waiting(), 'container "main" in pod "web" is waiting to start - no logs yet', noPrevious],
  ['nothing is known of it yet', [], undefined, 'container "main" in pod "web" is not available', noPrevious],
  ['its container has been removed', [], terminated, 'container "main" in pod "web" is terminated', noPrevious],
];

describe('the log of a container', () => {
  test.each(cases)('when %s', (_, attempts, status, want, previous) =>
    expect([from(attempts, status, false), from(attempts, status, true)]).toEqual([want, previous]),
  );
});

test('a status is found among those of all sorts of containers', () => {
  const status = {
    containerStatuses: [{ name: 'a' }],
    initContainerStatuses: [{ name: 'b' }],
    ephemeralContainerStatuses: [{ name: 'c' }],
  };
  for (const name of ['a', 'b', 'c']) expect(statusOf({ status } as core.Pod, name)?.name).toBe(name);
  expect(statusOf({ status } as core.Pod, 'd')).toBeUndefined();
  expect(statusOf(undefined, 'a')).toBeUndefined();
});
