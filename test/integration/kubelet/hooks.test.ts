import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type core, pod as podKind } from '../../../src/kinds/index.ts';
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
/** Pods whose containers have been asked to end. */
const asked = new Set<string>();
beforeAll(() => {
  const { stop } = node.runtime.containers;
  node.runtime.containers.stop = (id, grace) => {
    asked.add(node.runtime.all().find((it) => it.id === id)?.labels['io.kubernetes.pod.name'] ?? '');
    return stop(id, grace);
  };
});
/** Events are written beside what they tell of: they may come after it. */
const told = (name: string, event: string): Promise<unknown> =>
  node.seen(`${name}: ${event}`, async () => (await node.eventsOf(name)).some((it) => it.startsWith(event)));
/** Deletes the pod; resolves when its end has begun, in the same moment. */
async function beginEnd(name: string, graceSeconds?: number): Promise<void> {
  await node.remove(name, graceSeconds);
  await told(name, 'Normal Killing');
}
/** The same as `seen`, while time goes by: what is waited for may take a moment to begin. */
const seenInTime = (what: string, look: () => Promise<boolean> | boolean): Promise<unknown> =>
  node.seen(what, async () => {
    await node.advance(1);
    return look();
  });

describe('preStop', () => {
  const asleep = { preStop: { sleep: { seconds: 5 } } };
  test('sleeps before the container is asked to end', async () => {
    await make('sleeper', asleep, { terminationGracePeriodSeconds: 20 });
    await line('sleeper', /running/);
    await beginEnd('sleeper');
    await node.advance(4);
    expect(asked.has('sleeper')).toBe(false);
    await seenInTime('it is asked to end', () => asked.has('sleeper'));
  });

  test('ends with the grace period, also when that is cut short meanwhile', async () => {
    await make('long', { preStop: { sleep: { seconds: 40 } } }, { terminationGracePeriodSeconds: 50 });
    await line('long', /running/);
    await beginEnd('long');
    await node.advance(2);
    expect(asked.has('long')).toBe(false);
    await node.remove('long', 3);
    const at = node.clock.now();
    await seenInTime('it is gone', () => asked.has('long'));
    // Long before the hook would have ended.
    expect(node.clock.now() - at).toBeLessThan(30_000);
    await line('long', /gone/);
  });

  test('gets hardly a second of a pod that is deleted by force', async () => {
    await make('force', asleep);
    await line('force', /running/);
    await beginEnd('force', 0);
    await node.advance(3);
    await node.seen('no container', () => !node.runtime.all().some((it) => it.labels['io.kubernetes.pod.name'] === 'force'));
  });

  test('that fails is told of, and the container ends all the same', async () => {
    node.runtime.answers.set('unkind', { exitCode: 9, output: 'no' });
    await make('unkind', { preStop: { exec: { command: ['x'] } } });
    await line('unkind', /running/);
    await node.remove('unkind');
    await line('unkind', /gone/);
    await told('unkind', 'Warning FailedPreStopHook PreStopHook failed');
  });
});

/** Why its container waits, the first time that it does so for this reason: the state may last a moment only. */
async function waitingFor(name: string, reason: string): Promise<string | undefined> {
  const options = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' as const };
  for await (const { object } of node.client.watch(podKind, options, AbortSignal.timeout(20_000))) {
    const waiting = object.metadata.name === name ? object.status?.containerStatuses?.[0]?.state?.waiting : undefined;
    if (waiting?.reason === reason) return waiting.message;
  }
  return undefined;
}

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
    const failing = waitingFor(name, 'PostStartHookError');
    await make(name, { postStart });
    expect(await failing).toMatch(message);
    await told(name, 'Warning FailedPostStartHook PostStartHook failed');
    await told(name, 'Normal Killing FailedPostStartHook');
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
    await seenInTime('both run', async () => lineOf((await node.get('slow')) as core.Pod) === 'Running one=running two=running');
    await node.remove('slow', 0);
  });
});
