import { afterAll, beforeAll, expect, test } from 'vitest';
import { type core, pod as podKind } from '../../../src/kinds/index.ts';
import { startTestNode, type TestNode } from '../../fixtures/kubelet/node.ts';
import { watchPods } from '../../fixtures/kubelet/watched.ts';

let node: TestNode;
const seen = new Map<string, string[]>();
const watching = new AbortController();
beforeAll(async () => {
  node = await startTestNode();
  void watchPods(node.client, seen, watching.signal);
});
afterAll(async () => {
  watching.abort();
  await node.close();
});

const app = (more: Partial<core.Container> = {}): core.Container => ({ name: 'app', image: 'i', ...more });
const until = (name: string, last: string): Promise<unknown> =>
  node
    .seen(`${name}: ${last}`, () => seen.get(name)?.some((it) => it.includes(last)))
    .catch((error: Error) => {
      throw new Error(`${error.message}; seen: ${JSON.stringify(seen.get(name), undefined, 1)}`);
    });
/** The same, while time goes by: what must happen in it may take a moment to begin. */
const untilInTime = (name: string, last: string): Promise<unknown> =>
  node.seen(`${name}: ${last}`, async () => {
    await node.advance(1);
    return seen.get(name)?.some((it) => it.includes(last));
  });
const exit = (name: string, container: string, code: number): void => {
  const found = node.runtime
    .all()
    .filter((it) => it.status === 'running' && it.labels['io.kubernetes.pod.name'] === name)
    .find((it) => it.labels['io.kubernetes.container.name'] === container);
  node.runtime.exit(found?.id ?? '', code);
};

/** How every pod of these containers begins. */
const begun = (container: string): string[] => [
  'Pending',
  `Pending, SI, ${container}: ContainerCreating`,
  `Pending, SNI, ${container}: ContainerCreating`,
];
const initializing = (...containers: string[]): string[] => {
  const all = containers.map((it) => `${it}: PodInitializing`).join(', ');
  return ['Pending', `Pending, S, ${all}`, `Pending, SN, ${all}`];
};

type Scenario = {
  what: string;
  spec: Partial<core.PodSpec>;
  /** Brings the pod from its creation to the end of what is to be seen. */
  life(name: string): Promise<void>;
  want: string[];
};

/** Conditions are letters: scheduled, network, initialized, containers ready, ready. In upstream's order, and no state more. */
const scenarios: Scenario[] = [
  {
    what: 'runs and is deleted',
    spec: {},
    async life(name) {
      await until(name, 'app: running');
      await node.remove(name);
      await until(name, 'gone');
    },
    want: [
      ...begun('app'),
      'Running, SNICR, app: running',
      'leaving Running, SNICR, app: running',
      'leaving Succeeded, SI, app: Completed(0)',
      'gone',
    ],
  },
  {
    what: 'does its work once',
    spec: { restartPolicy: 'Never' },
    async life(name) {
      await until(name, 'app: running');
      exit(name, 'app', 0);
      await until(name, 'Succeeded, SI');
    },
    want: [...begun('app'), 'Running, SNICR, app: running', 'Running, SNI, app: Completed(0)', 'Succeeded, SI, app: Completed(0)'],
  },
  {
    what: 'fails for good',
    spec: { restartPolicy: 'Never' },
    async life(name) {
      await until(name, 'app: running');
      exit(name, 'app', 3);
      await until(name, 'Failed, SI');
    },
    want: [...begun('app'), 'Running, SNICR, app: running', 'Running, SNI, app: Error(3)', 'Failed, SI, app: Error(3)'],
  },
  {
    what: 'crashes again and again',
    spec: {},
    async life(name) {
      await until(name, 'app: running');
      exit(name, 'app', 1);
      await until(name, 'app: running x1');
      exit(name, 'app', 2);
      await until(name, 'CrashLoopBackOff');
      await node.advance(11);
      await until(name, 'app: running x2');
    },
    want: [
      ...begun('app'),
      'Running, SNICR, app: running',
      'Running, SNI, app: Error(1)',
      'Running, SNICR, app: running x1 after Error(1)',
      'Running, SNI, app: Error(2) x1 after Error(1)',
      'Running, SNI, app: CrashLoopBackOff x1 after Error(2)',
      'Running, SNICR, app: running x2 after Error(2)',
    ],
  },
  {
    what: 'has init containers',
    spec: {
      initContainers: [
        { name: 'one', image: 'i' },
        { name: 'two', image: 'i' },
      ],
    },
    async life(name) {
      await until(name, 'one: running');
      exit(name, 'one', 0);
      await until(name, 'two: running');
      exit(name, 'two', 0);
      await until(name, 'app: running');
    },
    want: [
      ...initializing('one', 'two', 'app'),
      'Pending, SN, one: running, two: PodInitializing, app: PodInitializing',
      'Pending, SN, one: Completed(0), two: PodInitializing, app: PodInitializing',
      'Pending, SN, one: Completed(0), two: running, app: PodInitializing',
      'Pending, SNI, one: Completed(0), two: Completed(0), app: PodInitializing',
      'Running, SNICR, one: Completed(0), two: Completed(0), app: running',
    ],
  },
  {
    what: 'has an init container that fails, and never restarts',
    spec: { restartPolicy: 'Never', initContainers: [{ name: 'one', image: 'i' }] },
    async life(name) {
      await until(name, 'one: running');
      exit(name, 'one', 1);
      await until(name, 'Failed, S,');
    },
    want: [
      ...initializing('one', 'app'),
      'Pending, SN, one: running, app: PodInitializing',
      'Pending, SN, one: Error(1), app: PodInitializing',
      'Failed, S, one: Error(1), app: PodInitializing',
    ],
  },
  {
    what: 'has an init container that fails and is tried again',
    spec: { initContainers: [{ name: 'one', image: 'i' }] },
    async life(name) {
      await until(name, 'one: running');
      exit(name, 'one', 1);
      await until(name, 'one: running x1');
      exit(name, 'one', 1);
      await until(name, 'CrashLoopBackOff');
      await node.advance(11);
      await until(name, 'one: running x2');
      exit(name, 'one', 0);
      await until(name, 'app: running');
    },
    want: [
      ...initializing('one', 'app'),
      'Pending, SN, one: running, app: PodInitializing',
      'Pending, SN, one: Error(1), app: PodInitializing',
      'Pending, SN, one: running x1 after Error(1), app: PodInitializing',
      'Pending, SN, one: Error(1) x1 after Error(1), app: PodInitializing',
      'Pending, SN, one: CrashLoopBackOff x1 after Error(1), app: PodInitializing',
      'Pending, SN, one: running x2 after Error(1), app: PodInitializing',
      'Pending, SNI, one: Completed(0) x2 after Error(1), app: PodInitializing',
      'Running, SNICR, one: Completed(0) x2 after Error(1), app: running',
    ],
  },
  {
    what: 'is a job with a sidecar',
    spec: { restartPolicy: 'Never', initContainers: [{ name: 'side', image: 'i', restartPolicy: 'Always' }] },
    async life(name) {
      await until(name, 'app: running');
      exit(name, 'side', 1);
      await until(name, 'side: running x1');
      exit(name, 'app', 0);
      await until(name, 'Succeeded, SI');
    },
    want: [
      ...initializing('side', 'app'),
      'Pending, SNI, side: running, app: PodInitializing',
      'Running, SNICR, side: running, app: running',
      'Running, SNI, side: Error(1), app: running',
      'Running, SNICR, side: running x1 after Error(1), app: running',
      'Running, SNI, side: running x1 after Error(1), app: Completed(0)',
      'Succeeded, SI, side: Completed(0) x1 after Error(1), app: Completed(0)',
    ],
  },
  {
    what: 'cannot be started',
    spec: { containers: [app({ name: 'bad' })] },
    async life(name) {
      node.runtime.refuseStart.set('bad', 'exec: "nope": executable file not found in $PATH');
      await until(name, 'CrashLoopBackOff');
      await node.remove(name);
      await until(name, 'gone');
    },
    want: [
      ...begun('bad'),
      'Running, SNI, bad: RunContainerError after StartError(128)',
      'Running, SNI, bad: RunContainerError x1 after StartError(128)',
      'Running, SNI, bad: CrashLoopBackOff x1 after StartError(128)',
      'leaving Running, SNI, bad: CrashLoopBackOff x1 after StartError(128)',
      'leaving Running, SNI, bad: StartError(128) x1 after StartError(128)',
      'leaving Failed, SI, bad: StartError(128) x1 after StartError(128)',
      'gone',
    ],
  },
  {
    what: 'has an image that is nowhere, and is deleted',
    spec: { containers: [app({ image: 'missing:1' })] },
    async life(name) {
      await until(name, 'app: ImagePullBackOff');
      await node.remove(name);
      await until(name, 'gone');
    },
    want: [
      ...begun('app'),
      'Pending, SNI, app: ErrImagePull',
      'Pending, SNI, app: ImagePullBackOff',
      'leaving Pending, SNI, app: ImagePullBackOff',
      'leaving Pending, SNI, app: ContainerCreating',
      'leaving Failed, SI, app: ContainerStatusUnknown(137)',
      'gone',
    ],
  },
  {
    what: 'takes too long',
    spec: { activeDeadlineSeconds: 5 },
    async life(name) {
      await until(name, 'app: running');
      await node.advance(6);
      await until(name, 'Failed/DeadlineExceeded, SI');
    },
    want: [...begun('app'), 'Running, SNICR, app: running', 'Failed/DeadlineExceeded, SI, app: Completed(0)'],
  },
  {
    what: 'fails its liveness probe',
    spec: { containers: [app({ name: 'sick', livenessProbe: { exec: { command: ['x'] }, periodSeconds: 1, failureThreshold: 1 } })] },
    async life(name) {
      await until(name, 'sick: running');
      node.runtime.answers.set('sick', { exitCode: 1, output: 'no' });
      await untilInTime(name, 'sick: running x1');
      node.runtime.answers.delete('sick');
    },
    want: [...begun('sick'), 'Running, SNICR, sick: running', 'Running, SNICR, sick: running x1 after Completed(0)'],
  },
  {
    what: 'waits for its readiness probe, and for a gate of somebody else',
    spec: {
      readinessGates: [{ conditionType: 'example.com/open' }],
      containers: [app({ name: 'slow', readinessProbe: { exec: { command: ['x'] }, periodSeconds: 1 } })],
    },
    async life(name) {
      node.runtime.answers.set('slow', { exitCode: 1, output: 'not yet' });
      await until(name, 'slow: running');
      node.runtime.answers.delete('slow');
      await untilInTime(name, 'SNIC,');
      await node.client.changeStatus(podKind, { namespace: 'default', name }, (draft) => {
        draft.status = { ...draft.status, conditions: [...(draft.status?.conditions ?? []), { type: 'example.com/open', status: 'True' }] };
      });
      await until(name, 'SNICR');
    },
    want: [...begun('slow'), 'Running, SNI, slow: running', 'Running, SNIC, slow: running', 'Running, SNICR, slow: running'],
  },
  {
    what: 'has a hook that fails after the start',
    spec: { containers: [app({ name: 'hooked', lifecycle: { postStart: { exec: { command: ['x'] } } } })] },
    async life(name) {
      node.runtime.answers.set('hooked', { exitCode: 4, output: 'no' });
      await until(name, 'PostStartHookError');
      node.runtime.answers.delete('hooked');
    },
    want: [...begun('hooked'), 'Running, SNI, hooked: PostStartHookError after Completed(0)'],
  },
];

test.each(scenarios)('a watcher of a pod that $what sees each state, in order', async ({ what, spec, life, want }) => {
  const name = what
    .replaceAll(/[^a-z]+/g, '-')
    .slice(0, 40)
    .replace(/-$/, '');
  await node.create(name, { containers: [app()], ...spec });
  await life(name);
  // What comes after is another story.
  expect(seen.get(name)?.slice(0, want.length)).toEqual(want);
});
