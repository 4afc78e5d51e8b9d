import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { core } from '../../../src/kinds/index.ts';
import { lineOf, startTestNode, type TestNode } from '../../fixtures/kubelet/node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startTestNode();
});
afterAll(() => node.close());

const line = (name: string, want: RegExp): Promise<unknown> =>
  node.seen(`${name}: ${want}`, async () => {
    const it = await node.get(name);
    return want.test(it ? lineOf(it) : 'gone');
  });
const make = (name: string, lifecycle: core.Lifecycle, spec: Partial<core.PodSpec> = {}): Promise<core.Pod> =>
  node.create(name, { ...spec, containers: [{ name, image: 'i', lifecycle }] });
/** How many seconds pass until the pod is gone. */
async function secondsToGo(name: string): Promise<number> {
  for (let passed = 0; passed < 60; passed++) {
    if (!(await node.get(name))) return passed;
    await node.advance(1);
  }
  throw new Error(`${name} is still there after a minute`);
}

describe('preStop', () => {
  const asleep = { preStop: { sleep: { seconds: 5 } } };
  test('sleeps before the container is asked to end', async () => {
    await make('sleeper', asleep, { terminationGracePeriodSeconds: 20 });
    await line('sleeper', /running/);
    await node.remove('sleeper');
    const seconds = await secondsToGo('sleeper');
    expect([seconds >= 5, seconds < 9]).toEqual([true, true]);
  });

  test('ends with the grace period, also when that is cut short meanwhile', async () => {
    await make('long', { preStop: { sleep: { seconds: 40 } } }, { terminationGracePeriodSeconds: 50 });
    await line('long', /running/);
    await node.remove('long');
    await node.advance(2);
    await node.remove('long', 3);
    expect(await secondsToGo('long')).toBeLessThan(8);
  });

  test('gets hardly a second of a pod that is deleted by force', async () => {
    await make('force', asleep);
    await line('force', /running/);
    await node.remove('force', 0);
    await node.advance(2);
    await node.seen('no container', () => !node.runtime.all().some((it) => it.labels['io.kubernetes.pod.name'] === 'force'));
  });

  test('that fails is told of, and the container ends all the same', async () => {
    node.runtime.answers.set('unkind', { exitCode: 9, output: 'no' });
    await make('unkind', { preStop: { exec: { command: ['x'] } } });
    await line('unkind', /running/);
    await node.remove('unkind');
    await line('unkind', /gone/);
    expect(await node.eventsOf('unkind')).toContain('Warning FailedPreStopHook PreStopHook failed');
  });
});

describe('postStart', () => {
  const failures: Array<[name: string, hook: core.LifecycleHandler, message: RegExp]> = [
    [
      'command',
      { exec: { command: ['sh', '-c', 'no'] } },
      /^Exec lifecycle hook \(\[sh -c no\]\) for Container "command" in Pod "command_default\(.+\)" failed - error: command 'sh -c no' exited with 4: why, message: "why"$/,
    ],
    [
      'get',
      { httpGet: { port: 1, path: '/here', host: '127.0.0.1' } },
      /^HTTP lifecycle hook \(\/here\) for Container "get" in Pod "get_default\(.+\)" failed - error: Get "http:\/\/127\.0\.0\.1:1\/here": dial tcp 127\.0\.0\.1:1: connect: connection refused, message: ""$/,
    ],
    // The API takes it for old times' sake; nothing runs it.
    ['connect', { tcpSocket: { port: 80 } }, /^Cannot run handler: invalid handler/],
  ];
  test.each(failures)('%s: that fails ends the container, which starts anew', async (name, postStart, message) => {
    node.runtime.answers.set(name, { exitCode: 4, output: 'why' });
    await make(name, { postStart });
    await line(name, /PostStartHookError/);
    const [status] = (await node.get(name))?.status?.containerStatuses ?? [];
    expect(status?.state?.waiting).toMatchObject({ reason: 'PostStartHookError', message: expect.stringMatching(message) });
    const events = await node.eventsOf(name);
    expect(events).toContain('Warning FailedPostStartHook PostStartHook failed');
    expect(events).toContain('Normal Killing FailedPostStartHook');
    await node.remove(name, 0);
  });

  test('keeps its container waiting, and the next one too', async () => {
    await node.create('slow', {
      containers: [
        { name: 'one', image: 'i', lifecycle: { postStart: { sleep: { seconds: 3 } } } },
        { name: 'two', image: 'i' },
      ],
    });
    await node.seen('the first container', () =>
      node.runtime.all().some((it) => it.labels['io.kubernetes.container.name'] === 'one' && it.status === 'running'),
    );
    await node.advance(1);
    expect(lineOf((await node.get('slow')) as core.Pod)).toBe('Pending one=ContainerCreating two=ContainerCreating');
    await node.advance(3);
    await line('slow', /^Running one=running two=running$/);
    await node.remove('slow', 0);
  });
});
