import { describe, expect, test } from 'vitest';
import type { core } from '../kinds/index.ts';
import { nothingObserved, type ObservedPod } from './observed.ts';
import { type PlanInput, type PodPlan, planPod } from './plan.ts';
import {
  containerForTests as container,
  podForTests,
  sandboxForTests as sandbox,
  seenForTests as seen,
} from '../../test/fixtures/kubelet/pods.ts';

const noWait = (): undefined => undefined;
const plan = (pod: core.Pod, it: ObservedPod, more: Partial<PlanInput> = {}): PodPlan =>
  planPod({ pod, seen: it, probes: new Map(), waits: noWait, limitsFor: () => ({}), ...more });

const ended = (name: string, exitCode: number, attempt = 0) => container(name, { state: 'exited', exitCode, attempt });
const web = podForTests();
const once = podForTests({ restartPolicy: 'Never' });
const onFailure = podForTests({ restartPolicy: 'OnFailure' });
const two = podForTests({ containers: [{ name: 'a' }, { name: 'b' }] });
const inits = podForTests({ initContainers: [{ name: 'i1' }, { name: 'i2' }] });
const initsOnce = podForTests({ initContainers: [{ name: 'i1' }, { name: 'i2' }], restartPolicy: 'Never' });
const car = podForTests({ initContainers: [{ name: 'car', restartPolicy: 'Always' }, { name: 'i2' }], restartPolicy: 'Never' });
const probedCar = podForTests({ initContainers: [{ name: 'car', restartPolicy: 'Always', startupProbe: {} }] });
const leaving = podForTests({}, { deletionTimestamp: '2026-01-01T00:00:10Z' });
const lostSandbox = [sandbox({ state: 'exited' })];

type Want = Partial<Pick<PodPlan, 'createSandbox' | 'sandboxAttempt' | 'sandboxChanged' | 'killPod' | 'start'>> & { kill?: string[] };
const cases: Array<[name: string, pod: core.Pod, seen: ObservedPod, want: Want]> = [
  [
    'nothing is there yet',
    web,
    nothingObserved,
    { createSandbox: true, sandboxAttempt: 0, sandboxChanged: false, killPod: false, start: ['app'] },
  ],
  [
    'the sandbox was made but not started',
    web,
    seen([], [sandbox({ state: 'created' })]),
    { createSandbox: true, sandboxAttempt: 0, sandboxChanged: false, start: ['app'] },
  ],
  ['the sandbox runs', web, seen([]), { createSandbox: false, start: ['app'] }],
  ['all is well', web, seen([container('app')]), { createSandbox: false, killPod: false, start: [], kill: [] }],
  ['a container was made but not started', web, seen([container('app', { state: 'created', startedAt: 0 })]), { start: ['app'] }],
  ['one of two ended', two, seen([container('a'), ended('b', 1)]), { start: ['b'] }],
  ['one of two was removed', two, seen([container('a')]), { start: ['b'] }],
  ['Never: it ended', once, seen([ended('app', 1)]), { killPod: true, createSandbox: false, start: [] }],
  ['OnFailure: it failed', onFailure, seen([ended('app', 1)]), { killPod: false, start: ['app'] }],
  ['OnFailure: it succeeded', onFailure, seen([ended('app', 0)]), { killPod: true, start: [] }],
  [
    'the sandbox died',
    web,
    seen([container('app')], lostSandbox),
    { createSandbox: true, sandboxAttempt: 1, sandboxChanged: true, killPod: true, start: ['app'] },
  ],
  [
    'the sandbox was removed',
    web,
    seen([container('app')], []),
    { createSandbox: true, sandboxAttempt: 0, sandboxChanged: true, killPod: true, start: ['app'] },
  ],
  ['Never: the sandbox died', once, seen([container('app')], lostSandbox), { createSandbox: false, killPod: true, start: [] }],
  [
    'OnFailure: all succeeded and the sandbox is gone',
    onFailure,
    seen([ended('app', 0)], []),
    { createSandbox: false, killPod: true, start: [] },
  ],
  [
    'two sandboxes run',
    web,
    seen([container('app')], [sandbox({ id: 's1', attempt: 1 }), sandbox()]),
    { createSandbox: true, sandboxAttempt: 2, killPod: true },
  ],
  ['being deleted', leaving, seen([ended('app', 1)]), { start: [] }],
  ['init: nothing yet', inits, nothingObserved, { createSandbox: true, start: ['i1'] }],
  ['init: sandbox runs', inits, seen([]), { start: ['i1'] }],
  ['init: first runs', inits, seen([container('i1')]), { start: [], killPod: false }],
  ['init: first done', inits, seen([ended('i1', 0)]), { start: ['i2'] }],
  ['init: first failed', inits, seen([ended('i1', 1)]), { start: ['i1'] }],
  ['init, Never: first failed', initsOnce, seen([ended('i1', 1)]), { killPod: true, start: [] }],
  ['init: all done', inits, seen([ended('i2', 0), ended('i1', 0)]), { start: ['app'] }],
  ['init: done and removed, app runs', inits, seen([container('app')]), { start: [], killPod: false }],
  ['init: app ended later', inits, seen([ended('app', 1), ended('i2', 0), ended('i1', 0)]), { start: ['app'] }],
  [
    'init: the sandbox died',
    inits,
    seen([container('app'), ended('i2', 0), ended('i1', 0)], lostSandbox),
    { createSandbox: true, killPod: true, start: ['i1'] },
  ],
  [
    'init: in a new sandbox, the app of the old one is none',
    inits,
    seen([ended('app', 137), { ...ended('i1', 0, 1), sandbox: 's1' }], [sandbox({ id: 's1', attempt: 1 })]),
    { createSandbox: false, killPod: false, start: ['i2'] },
  ],
  [
    'sidecar: in a new sandbox it comes before the app',
    car,
    seen([ended('app', 137)], [sandbox({ id: 's1', attempt: 1 })]),
    { createSandbox: false, start: ['car'] },
  ],
  ['sidecar: removed while the app runs', car, seen([container('app'), ended('i2', 0)]), { start: ['car'] }],
  ['sidecar: removed while the next runs', car, seen([container('i2')]), { start: ['car'] }],
  ['sidecar: runs, the next may go', car, seen([container('car')]), { start: ['i2'] }],
  ['sidecar: ended while the next runs', car, seen([container('i2'), ended('car', 1)]), { start: ['car'] }],
  ['sidecar: ended while the app runs', car, seen([container('app'), ended('i2', 0), ended('car', 0)]), { start: ['car'] }],
  ['sidecar: alone it does not keep the pod', car, seen([ended('app', 0), ended('i2', 0), container('car')]), { killPod: true, start: [] }],
  ['sidecar: startup probe still open', probedCar, seen([container('car')]), { start: [] }],
];
describe('plan', () => {
  for (const [name, pod, observed, want] of cases) {
    test(name, () => {
      const got = plan(pod, observed);
      expect({ ...got, kill: got.kill.map((it) => it.name) }).toMatchObject(want);
    });
  }

  test('a failed liveness probe kills and restarts', () => {
    const got = plan(web, seen([container('app')]), { probes: new Map([['app-0', { liveness: 'failure' }]]) });
    expect(got.kill).toEqual([{ id: 'app-0', name: 'app', message: 'Container app failed liveness probe, will be restarted' }]);
    expect(got.start).toEqual(['app']);
  });

  test('with restartPolicy Never that ends the pod', () => {
    const got = plan(once, seen([container('app')]), { probes: new Map([['app-0', { startup: 'failure' }]]) });
    expect([got.killPod, got.start]).toEqual([true, []]);
  });

  test('a sidecar whose startup probe succeeded lets the app go', () => {
    expect(plan(probedCar, seen([container('car')]), { probes: new Map([['car-0', { startup: 'success' }]]) }).start).toEqual(['app']);
  });

  test('back-off is told and waited for', () => {
    const got = plan(web, seen([ended('app', 1)]), { waits: () => ({ until: 13_000, delay: 10_000 }) });
    expect([got.start, got.wakeAt]).toEqual([[], 13_000]);
    expect(got.backOff.get('app')).toEqual({
      reason: 'CrashLoopBackOff',
      message: 'back-off 10s restarting failed container=app pod=web_default(u1)',
    });
  });

  test('a rule of its own restarts a container that would not be', () => {
    const pod = podForTests({
      restartPolicy: 'Never',
      containers: [
        { name: 'app', restartPolicy: 'Never', restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }] },
      ],
    });
    expect(plan(pod, seen([ended('app', 42)])).start).toEqual(['app']);
    expect(plan(pod, seen([ended('app', 1)])).killPod).toBe(true);
  });
});
