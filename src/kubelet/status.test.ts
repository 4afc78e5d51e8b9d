import { describe, expect, test } from 'vitest';
import type { core } from '../kinds/index.ts';
import { containerForTests as container, podForTests, sandboxForTests, seenForTests as seen } from '../../test/fixtures/kubelet/pods.ts';
import { nothingObserved, type ObservedPod } from './observed.ts';
import { mergeStatus, podStatus, type StatusInput } from './status.ts';

const now = Date.UTC(2026, 0, 1);
const statusOf = (pod: core.Pod, it: ObservedPod, more: Partial<StatusInput> = {}): core.PodStatus =>
  podStatus({
    pod,
    seen: it,
    probes: new Map(),
    reasons: new Map(),
    starting: new Set(),
    old: pod.status ?? {},
    nodeAddress: '10.244.0.1',
    acceptedAt: now,
    over: false,
    failure: undefined,
    now,
    ...more,
  });

const ended = (name: string, exitCode: number, attempt = 0) => container(name, { state: 'exited', exitCode, attempt });
const web = podForTests();
const once = podForTests({ restartPolicy: 'Never' });
const two = podForTests({ containers: [{ name: 'a' }, { name: 'b' }] });
const twoOnce = podForTests({ containers: [{ name: 'a' }, { name: 'b' }], restartPolicy: 'Never' });
const inits = podForTests({ initContainers: [{ name: 'i1' }] });
const initsOnce = podForTests({ initContainers: [{ name: 'i1' }], restartPolicy: 'Never' });
const car = podForTests({ initContainers: [{ name: 'car', restartPolicy: 'Always' }], restartPolicy: 'Never' });
const probed = podForTests({ containers: [{ name: 'app', readinessProbe: {}, startupProbe: {} }] });

const over: Partial<StatusInput> = { over: true };
const after = (phase: core.PodStatus['phase'], it: core.Pod): core.Pod => ({ ...it, status: { phase: phase ?? 'Pending' } });

const phases: Array<[string, core.Pod, ObservedPod, string, Partial<StatusInput>?]> = [
  ['nothing yet', web, nothingObserved, 'Pending'],
  ['running', web, seen([container('app')]), 'Running'],
  ['one of two not started', two, seen([container('a')]), 'Pending'],
  ['one of two ended, Never', twoOnce, seen([container('a'), ended('b', 1)]), 'Running'],
  ['ended, to be restarted', web, seen([ended('app', 1)]), 'Running'],
  ['ended well, Always', web, seen([ended('app', 0)]), 'Running'],
  ['ended well, Never', once, seen([ended('app', 0)]), 'Succeeded', over],
  ['ended well, Never, but not taken down yet', after('Running', once), seen([ended('app', 0)]), 'Running'],
  ['ended before anybody saw it run, and not taken down yet', once, seen([ended('app', 0)]), 'Pending'],
  ['ended badly, Never', once, seen([ended('app', 3)]), 'Failed', over],
  ['two ended, one badly', twoOnce, seen([ended('a', 0), ended('b', 3)]), 'Failed', over],
  ['init runs', inits, seen([container('i1')]), 'Pending'],
  ['init failed, comes again', inits, seen([ended('i1', 1)]), 'Pending'],
  ['init failed for good', initsOnce, seen([ended('i1', 1)]), 'Failed', over],
  ['init done, app not started', inits, seen([ended('i1', 0)]), 'Pending'],
  ['sidecar runs beside', car, seen([container('app'), container('car')]), 'Running'],
  ['sidecar still runs after the app', car, seen([ended('app', 0), container('car')]), 'Running'],
  ['sidecar ended too', car, seen([ended('app', 0), ended('car', 137)]), 'Succeeded', over],
  ['taken down while running', web, seen([ended('app', 137)]), 'Failed', { over: true }],
  ['taken down, ended well', web, seen([ended('app', 0)]), 'Succeeded', { over: true }],
  ['taken down before it ran', web, nothingObserved, 'Failed', { over: true }],
  [
    'the API says it has failed',
    podForTests({}, {}, { phase: 'Failed', reason: 'Evicted', message: 'gone' }),
    seen([container('app')]),
    'Failed',
  ],
];
describe('phase', () => {
  for (const [name, pod, it, want, more] of phases) test(name, () => expect(statusOf(pod, it, more).phase).toBe(want));
});

const conditionsIn = (it: core.PodStatus): Record<string, string> =>
  Object.fromEntries((it.conditions ?? []).map((one) => [one.type, [one.status, one.reason, one.message].filter(Boolean).join(': ')]));

describe('conditions', () => {
  const cases: Array<[string, core.Pod, ObservedPod, Record<string, string>, Partial<StatusInput>?]> = [
    [
      'nothing yet',
      web,
      nothingObserved,
      {
        PodReadyToStartContainers: 'False',
        Initialized: 'True',
        Ready: 'False: ContainersNotReady: containers with unready status: [app]',
        PodScheduled: 'True',
      },
    ],
    ['running', web, seen([container('app')]), { PodReadyToStartContainers: 'True', Ready: 'True', ContainersReady: 'True' }],
    ['two, none ready', two, nothingObserved, { ContainersReady: 'False: ContainersNotReady: containers with unready status: [a b]' }],
    [
      'init open',
      inits,
      seen([container('i1')]),
      { Initialized: 'False: ContainersNotInitialized: containers with incomplete status: [i1]' },
    ],
    ['init done', inits, seen([ended('i1', 0)]), { Initialized: 'True' }],
    [
      'succeeded',
      once,
      seen([ended('app', 0)]),
      { Initialized: 'True: PodCompleted', Ready: 'False: PodCompleted', ContainersReady: 'False: PodCompleted' },
      over,
    ],
    ['failed', once, seen([ended('app', 1)]), { Ready: 'False: PodFailed', ContainersReady: 'False: PodFailed' }, over],
    [
      'gate missing',
      podForTests({ readinessGates: [{ conditionType: 'example.org/up' }] }),
      seen([container('app')]),
      {
        ContainersReady: 'True',
        Ready: 'False: ReadinessGatesNotReady: corresponding condition of pod readiness gate "example.org/up" does not exist.',
      },
    ],
    [
      'not started by its startup probe',
      probed,
      seen([container('app')]),
      { ContainersReady: 'False: ContainersNotReady: containers with unready status: [app]' },
    ],
  ];
  for (const [name, pod, it, want, more] of cases) test(name, () => expect(conditionsIn(statusOf(pod, it, more))).toMatchObject(want));

  test('a condition keeps its time and its place while it holds, and names the generation', () => {
    const first = statusOf(web, nothingObserved);
    const later = statusOf(web, seen([container('app')]), { old: first, now: now + 60_000 });
    expect(later.conditions?.map((it) => [it.type, it.lastTransitionTime])).toEqual([
      ['PodReadyToStartContainers', '2026-01-01T00:01:00Z'],
      ['Initialized', '2026-01-01T00:00:00Z'],
      ['Ready', '2026-01-01T00:01:00Z'],
      ['ContainersReady', '2026-01-01T00:01:00Z'],
      ['PodScheduled', '2026-01-01T00:00:00Z'],
    ]);
    expect([later.observedGeneration, later.conditions?.[0]?.observedGeneration, later.startTime]).toEqual([1, 1, '2026-01-01T00:00:00Z']);
  });
});

const appIn = (it: core.PodStatus): core.ContainerStatus => it.containerStatuses?.[0] as core.ContainerStatus;

describe('container status', () => {
  test('waits while nothing is there', () => {
    expect(appIn(statusOf(web, nothingObserved))).toEqual({
      name: 'app',
      ready: false,
      started: false,
      restartCount: 0,
      image: 'nginx',
      imageID: '',
      resources: {},
      state: { waiting: { reason: 'ContainerCreating' } },
    });
    expect(appIn(statusOf(inits, nothingObserved)).state).toEqual({ waiting: { reason: 'PodInitializing' } });
  });

  test('runs', () => {
    expect(appIn(statusOf(web, seen([container('app', { startedAt: now })])))).toMatchObject({
      ready: true,
      started: true,
      imageID: 'sha256:1',
      containerID: 'docker://app-0',
      state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
    });
  });

  test('a made container that was not started shows nothing new', () => {
    const it = seen([container('app', { state: 'created', attempt: 1 }), ended('app', 1)]);
    expect(appIn(statusOf(web, it)).state?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
  });

  test('ended, then known to wait', () => {
    const it = seen([container('app', { state: 'exited', exitCode: 1, message: 'oh' })]);
    const first = statusOf(web, it);
    expect(appIn(first).state?.terminated).toEqual({
      exitCode: 1,
      reason: 'Error',
      message: 'oh',
      startedAt: '1970-01-01T00:00:02Z',
      finishedAt: '1970-01-01T00:00:03Z',
      containerID: 'docker://app-0',
    });
    const waits = appIn(
      statusOf(web, it, { old: first, reasons: new Map([['app', { reason: 'CrashLoopBackOff', message: 'back-off 10s' }]]) }),
    );
    expect([waits.state, waits.lastState?.terminated?.exitCode]).toEqual([
      { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
      1,
    ]);
  });

  test('restarted: the last run is remembered', () => {
    const now2 = appIn(statusOf(web, seen([container('app', { attempt: 1 }), ended('app', 3)])));
    expect([now2.restartCount, now2.lastState?.terminated?.exitCode, now2.ready]).toEqual([1, 3, true]);
  });

  test('removed by someone while it ran', () => {
    const before = statusOf(web, seen([container('app')]));
    const gone = statusOf(web, seen([]), { old: before });
    expect(appIn(gone)).toMatchObject({
      restartCount: 1,
      state: { waiting: { reason: 'ContainerCreating' } },
      lastState: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } },
    });
    expect(gone.phase).toBe('Running');
    expect(appIn(statusOf(web, seen([]), { old: gone })).restartCount).toBe(1);
    const back = appIn(statusOf(web, seen([container('app', { attempt: 1, id: 'new' })]), { old: gone }));
    expect([back.restartCount, back.lastState?.terminated?.reason, back.ready]).toEqual([1, 'ContainerStatusUnknown', true]);
  });

  test('removed and back before it was looked at', () => {
    const before = statusOf(web, seen([container('app')]));
    const back = appIn(statusOf(web, seen([container('app', { attempt: 1, id: 'new' })]), { old: before }));
    expect(back.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'ContainerStatusUnknown', containerID: 'docker://app-0' });
  });

  test('readiness follows probes', () => {
    const it = seen([container('app')]);
    const at = (probes: StatusInput['probes']): Array<boolean | undefined> => {
      const status = appIn(statusOf(probed, it, { probes }));
      return [status.started, status.ready];
    };
    expect(at(new Map())).toEqual([false, false]);
    expect(at(new Map([['app-0', { startup: 'success' }]]))).toEqual([true, false]);
    expect(at(new Map([['app-0', { startup: 'success', readiness: 'success' }]]))).toEqual([true, true]);
    expect(at(new Map([['app-0', { startup: 'success', readiness: 'failure' }]]))).toEqual([true, false]);
  });

  test('a finished init container is ready', () => {
    const status = statusOf(inits, seen([container('app'), ended('i1', 0)]));
    expect(status.initContainerStatuses?.[0]).toMatchObject({
      ready: true,
      started: false,
      state: { terminated: { reason: 'Completed' } },
    });
  });

  test('a finished init container that was removed stays finished', () => {
    const status = statusOf(inits, seen([container('app')]));
    expect(status.initContainerStatuses?.[0]?.state?.terminated).toMatchObject({ reason: 'Completed', exitCode: 0 });
  });

  test('is not ready before its postStart hook has ended', () => {
    expect(appIn(statusOf(web, seen([container('app')]), { starting: new Set(['app-0']) }))).toMatchObject({
      started: false,
      ready: false,
    });
  });
});

describe('addresses', () => {
  test('come from the sandbox and stay when it goes', () => {
    const first = statusOf(web, seen([container('app')], [sandboxForTests()]));
    expect([first.podIP, first.podIPs, first.hostIP]).toEqual(['10.244.0.5', [{ ip: '10.244.0.5' }], '10.244.0.1']);
    expect(statusOf(web, seen([ended('app', 0)], []), { old: first }).podIP).toBe('10.244.0.5');
  });
  test("are the node's in the host's network", () => {
    expect(statusOf(podForTests({ hostNetwork: true }), seen([], [sandboxForTests({ address: undefined })])).podIP).toBe('10.244.0.1');
  });
});

test('an unchanged pod has an equal status', () => {
  const first = statusOf(web, seen([container('app')]));
  expect(statusOf(web, seen([container('app')]), { old: first, now: now + 5_000 })).toEqual(first);
});

test('what others put into the status stays', () => {
  const gate = { type: 'example.org/up', status: 'True' };
  const merged = mergeStatus(
    { conditions: [gate, { type: 'Ready', status: 'True' }], nominatedNodeName: 'n2', podIP: '1.2.3.4' },
    statusOf(web, nothingObserved),
  );
  expect([merged.conditions?.[0], merged.nominatedNodeName, merged.podIP, merged.conditions?.length]).toEqual([gate, 'n2', undefined, 6]);
});

test('a deadline fails the pod and says why, when nothing of it runs any more', () => {
  const failure = { reason: 'DeadlineExceeded', message: 'too long' };
  const told = (it: ObservedPod, more: Partial<StatusInput>): unknown[] => {
    const { phase, reason, message } = statusOf(after('Running', web), it, { failure, ...more });
    return [phase, reason, message];
  };
  expect(told(seen([container('app')]), {})).toEqual(['Running', undefined, undefined]);
  expect(told(seen([ended('app', 0)]), over)).toEqual(['Failed', 'DeadlineExceeded', 'too long']);
});

test('a container whose postStart hook has not ended is not seen yet', () => {
  const [status] = statusOf(web, seen([container('app')]), { starting: new Set(['app-0']) }).containerStatuses ?? [];
  expect(status?.state).toEqual({ waiting: { reason: 'ContainerCreating' } });
});
