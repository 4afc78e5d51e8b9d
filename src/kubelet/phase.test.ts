import { describe, expect, test } from 'vitest';
import type { core } from '../kinds/index.ts';
import { podForTests } from '../../test/fixtures/kubelet/pods.ts';
import { type Phase, phaseOf } from './phase.ts';

type State = Pick<core.ContainerStatus, 'state' | 'lastState' | 'started'>;
const waits: State = { state: { waiting: { reason: 'ContainerCreating' } } };
const runs: State = { state: { running: {} }, started: true };
/** A sidecar whose startup probe has not succeeded. */
const starts: State = { state: { running: {} }, started: false };
const ended = (exitCode: number): State => ({ state: { terminated: { exitCode } } });
const backsOff = (exitCode: number): State => ({
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode } },
});

type Table = Array<[what: string, states: { [container: string]: State }, want: Phase, more?: { over?: boolean; initialized?: boolean }]>;
function table(pod: core.Pod, rows: Table): void {
  test.each(rows)('%s', (_, states, want, { over = false, initialized = false } = {}) => {
    const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    const statuses = new Map(
      all.map(({ name }) => [name, { name, ready: false, restartCount: 0, image: '', imageID: '', ...(states[name] ?? waits) }]),
    );
    expect(phaseOf(pod, statuses, { over, initialized })).toBe(want);
  });
}
const two = (spec: Partial<core.PodSpec>): core.Pod => podForTests({ containers: [{ name: 'a' }, { name: 'b' }], ...spec });

// After upstream's tables of the same names (kubelet_pods_test).
describe('restart always', () =>
  table(two({ restartPolicy: 'Always' }), [
    ['nothing has started', {}, 'Pending'],
    ['all run', { a: runs, b: runs }, 'Running'],
    ['all have stopped', { a: ended(0), b: ended(1) }, 'Running'],
    ['one runs, one has stopped', { a: runs, b: ended(0) }, 'Running'],
    ['one runs, one has not started', { a: runs, b: waits }, 'Pending'],
    ['one runs, one backs off', { a: runs, b: backsOff(1) }, 'Running'],
    ['all back off', { a: backsOff(0), b: backsOff(1) }, 'Running'],
    ['all have stopped well, for good', { a: ended(0), b: ended(0) }, 'Succeeded', { over: true }],
    ['all have stopped, one badly, for good', { a: ended(0), b: ended(2) }, 'Failed', { over: true }],
    ['one never started, for good', { a: ended(0), b: waits }, 'Failed', { over: true }],
  ]));

describe('restart never', () =>
  table(two({ restartPolicy: 'Never' }), [
    ['nothing has started', {}, 'Pending'],
    ['all run', { a: runs, b: runs }, 'Running'],
    ['all have succeeded', { a: ended(0), b: ended(0) }, 'Succeeded'],
    ['one has failed', { a: ended(0), b: ended(1) }, 'Failed'],
    ['one runs, one has failed', { a: runs, b: ended(1) }, 'Running'],
    ['one runs, one has not started', { a: runs, b: waits }, 'Pending'],
  ]));

describe('restart on failure', () =>
  table(two({ restartPolicy: 'OnFailure' }), [
    ['nothing has started', {}, 'Pending'],
    ['all have succeeded', { a: ended(0), b: ended(0) }, 'Succeeded'],
    ['one has failed, and comes again', { a: ended(0), b: ended(1) }, 'Running'],
    ['one backs off', { a: ended(0), b: backsOff(1) }, 'Running'],
    ['one runs, one has succeeded', { a: runs, b: ended(0) }, 'Running'],
  ]));

const init: Partial<core.PodSpec> = { initContainers: [{ name: 'x' }, { name: 'y' }] };
describe('init containers, restart always', () =>
  table(two({ ...init, restartPolicy: 'Always' }), [
    ['none has started', {}, 'Pending'],
    ['the first runs', { x: runs }, 'Pending'],
    ['the first has failed', { x: ended(1) }, 'Pending'],
    ['the first backs off', { x: backsOff(1) }, 'Pending'],
    ['both are done', { x: ended(0), y: ended(0) }, 'Pending'],
    ['both are done, one app runs', { x: ended(0), y: ended(0), a: runs }, 'Pending'],
    ['both are done, all run', { x: ended(0), y: ended(0), a: runs, b: runs }, 'Running'],
  ]));

describe('init containers, restart never', () =>
  table(two({ ...init, restartPolicy: 'Never' }), [
    ['the first runs', { x: runs }, 'Pending'],
    ['the first has failed', { x: ended(1) }, 'Failed'],
    ['the second has failed', { x: ended(0), y: ended(2) }, 'Failed'],
    ['both are done, one app has failed', { x: ended(0), y: ended(0), a: ended(0), b: ended(1) }, 'Failed'],
    ['both are done, all have succeeded', { x: ended(0), y: ended(0), a: ended(0), b: ended(0) }, 'Succeeded'],
  ]));

const car: Partial<core.PodSpec> = { initContainers: [{ name: 'x', restartPolicy: 'Always' }] };
describe('sidecars, restart always', () =>
  table(two({ ...car, restartPolicy: 'Always' }), [
    ['it has not started', {}, 'Pending'],
    ['it is starting', { x: starts }, 'Pending'],
    ['it runs', { x: runs }, 'Pending'],
    ['it runs, one app runs', { x: runs, a: runs }, 'Pending'],
    ['all run', { x: runs, a: runs, b: runs }, 'Running'],
    ['it is starting, all others run', { x: starts, a: runs, b: runs }, 'Pending'],
    ['it is starting anew, all others run', { x: starts, a: runs, b: runs }, 'Running', { initialized: true }],
    ['it has stopped, all others run', { x: ended(1), a: runs, b: runs }, 'Running', { initialized: true }],
    ['it backs off, all others run', { x: backsOff(1), a: runs, b: runs }, 'Running', { initialized: true }],
  ]));

describe('sidecars, restart never', () =>
  table(two({ ...car, restartPolicy: 'Never' }), [
    ['it goes on after the others', { x: runs, a: ended(0), b: ended(0) }, 'Running'],
    ['it backs off after the others', { x: backsOff(1), a: ended(0), b: ended(0) }, 'Succeeded'],
    ['it has stopped after the others', { x: ended(137), a: ended(0), b: ended(0) }, 'Succeeded'],
    ['it has stopped after one that failed', { x: ended(0), a: ended(0), b: ended(1) }, 'Failed'],
  ]));

const rules = (exitCode: number): core.ContainerRestartRule[] => [{ action: 'Restart', exitCodes: { operator: 'In', values: [exitCode] } }];
describe('rules of a container', () =>
  table(podForTests({ restartPolicy: 'Never', containers: [{ name: 'a', restartPolicy: 'Never', restartPolicyRules: rules(42) }] }), [
    ['a code that they name', { a: ended(42) }, 'Running'],
    ['another', { a: ended(1) }, 'Failed'],
  ]));
