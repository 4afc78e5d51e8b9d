import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { core } from '../../../src/kinds/index.ts';
import { configMap, pod as podKind } from '../../../src/kinds/index.ts';
import { type Step, steps } from '../../../src/kubelet/steps.ts';
import { lineOf, startTestNode, type TestNode } from '../../fixtures/kubelet/node.ts';

/** A pod that passes every step there is. */
const busy: Partial<core.PodSpec> = {
  terminationGracePeriodSeconds: 5,
  volumes: [
    { name: 'files', configMap: { name: 'files' } },
    { name: 'memory', emptyDir: { medium: 'Memory' } },
    { name: 'scratch', emptyDir: {} },
  ],
  initContainers: [
    { name: 'init', image: 'i', command: ['exit', '0'] },
    { name: 'side', image: 'i', restartPolicy: 'Always' },
  ],
  containers: [
    {
      resources: { limits: { cpu: '100m', memory: '64Mi' } },
      ...{ name: 'app', image: 'i', volumeMounts: [{ name: 'files', mountPath: '/files' }] },
      lifecycle: { postStart: { exec: { command: ['true'] } }, preStop: { exec: { command: ['true'] } } },
    },
    {
      ...{ name: 'more', image: 'i', resources: { limits: { cpu: '100m', memory: '64Mi' } } },
      resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }],
    },
  ],
};
const wanted = 'Running init=Completed(0) side=running app=running more=running';
/** What a watcher may see of it: nothing failed, nothing started twice. */
const allowed =
  /^(gone|(Pending|Running|Succeeded|Failed)( \w+=(PodInitializing|ContainerCreating|running|Completed\(0\)|ContainerStatusUnknown\(137\)))*)$/;

let node: TestNode;
beforeAll(async () => {
  node = await startTestNode();
  await node.client.create(configMap, { metadata: { name: 'files', namespace: 'default' }, data: { here: 'yes' } });
});
afterAll(() => node.close());

const running = (name: string): Promise<unknown> =>
  node.seen(`${name} to run`, async () => {
    const pod = await node.get(name);
    return pod && lineOf(pod) === wanted;
  });
const gone = (name: string): Promise<unknown> => node.seen(`${name} to be gone`, async () => !(await node.get(name)));

/** The agent dies at the `nth` step that the pod passes from now on; resolves when it has, with the step. */
function dieAt(nth: number): Promise<Step> {
  return new Promise((resolve) => {
    let passed = 0;
    node.onStep = (_, step) => {
      if (++passed < nth) return Promise.resolve();
      if (passed === nth) resolve(step);
      // Nothing that comes after it is done any more.
      return new Promise(() => {});
    };
  });
}

async function another(): Promise<void> {
  node.onStep = async () => {};
  await node.restart();
}

async function nothingIsLeft(name: string, uid: string): Promise<void> {
  expect(node.runtime.all().map((it) => it.name)).toEqual([]);
  expect([...node.runtime.volumes]).toEqual([]);
  await node.seen(`no files of ${name}`, () => !existsSync(join(node.rootDir, 'pods', uid)));
  expect(await node.addresses()).toBe(0);
  expect(node.history(name).filter((it) => !allowed.test(it))).toEqual([]);
}

/** Asks for twice the memory: the app is given it as it runs, the other container starts anew. */
async function resize(name: string): Promise<void> {
  const resources = { requests: { memory: '128Mi' }, limits: { memory: '128Mi' } };
  const body = { spec: { containers: ['app', 'more'].map((it) => ({ name: it, resources })) } };
  await node.client.patch(podKind, { namespace: 'default', name }, { type: 'strategic', body }, { subresource: 'resize' });
}

/** Resolves when the pod has what it asked for, and says so. */
const resized = (name: string): Promise<unknown> =>
  node.seen(`${name} to be resized`, async () => {
    const pod = await node.get(name);
    const isBusy = pod?.status?.conditions?.some((it) => it.type.startsWith('PodResize'));
    const given = pod?.status?.containerStatuses?.map((it) => it.resources?.limits?.['memory']);
    return !isBusy && given?.join() === '128Mi,128Mi' && pod && lineOf(pod) === `${wanted}x1`;
  });

/** What a whole life passes, in one run that nobody disturbs: first until it runs, then until it is gone. */
async function lifeOf(name: string): Promise<{ starting: Step[]; stopping: Step[] }> {
  const passed: Step[] = [];
  node.onStep = async (_, step) => void passed.push(step);
  await node.create(name, busy);
  await running(name);
  await node.seen('the last step of starting', () => passed.filter((it) => it === 'container started').length === 4);
  const starting = passed.splice(0);
  await node.remove(name);
  await gone(name);
  await node.seen('the last step', () => passed.includes('object deleted'));
  return { starting, stopping: passed };
}

/** What a resize passes. */
async function resizeOf(name: string): Promise<Step[]> {
  node.onStep = async () => {};
  await node.create(name, busy);
  await running(name);
  const passed: Step[] = [];
  node.onStep = async (_, step) => void passed.push(step);
  await resize(name);
  await resized(name);
  node.onStep = async () => {};
  await node.remove(name);
  await gone(name);
  return passed;
}

describe('an agent that dies at any step of a pod', () => {
  let life: { starting: Step[]; resizing: Step[]; stopping: Step[] };
  beforeAll(async () => {
    life = { ...(await lifeOf('quiet')), resizing: await resizeOf('large') };
  });

  test('there are as many as the list says, and no others', () => {
    expect([...new Set(Object.values(life).flat())].sort()).toEqual([...steps].sort());
  });

  test('while it starts: the next one brings it to run, and leaves nothing when it goes', { timeout: 120_000 }, async () => {
    for (let nth = 1; nth <= life.starting.length; nth++) {
      const name = `start-${nth}`;
      const dead = dieAt(nth);
      const { metadata } = await node.create(name, busy);
      const step = await dead;
      await another();
      await running(name).catch((error: Error) =>
        expect.fail(`killed at "${step}" (${nth}): ${error.message}, ${node.history(name).join('; ')}`),
      );
      const states = node.runtime.all().map((it) => `${it.labels['io.kubernetes.container.name']} ${it.status}`);
      expect([step, states.sort()]).toEqual([step, ['POD running', 'app running', 'init exited', 'more running', 'side running']]);
      expect(await node.addresses()).toBe(1);
      await node.remove(name);
      await gone(name);
      await nothingIsLeft(name, metadata.uid);
    }
  });

  test('while it stops: the next one takes the rest away', { timeout: 120_000 }, async () => {
    for (let nth = 1; nth <= life.stopping.length; nth++) {
      const name = `stop-${nth}`;
      const { metadata } = await node.create(name, busy);
      await running(name);
      const dead = dieAt(nth);
      await node.remove(name);
      const step = await dead;
      await another();
      await gone(name).catch((error: Error) => expect.fail(`killed at "${step}" (${nth}): ${error.message}`));
      await node.seen(`nothing of ${name} at the engine`, () => node.runtime.all().length === 0);
      await nothingIsLeft(name, metadata.uid);
    }
  });

  test('while it is resized: the next one goes on, and starts anew once what must', { timeout: 120_000 }, async () => {
    const containerOf = (it: string) =>
      node.runtime
        .all()
        .filter((one) => one.labels['io.kubernetes.container.name'] === it)
        .at(-1);
    for (let nth = 1; nth <= life.resizing.length; nth++) {
      const name = `resize-${nth}`;
      await node.create(name, busy);
      await running(name);
      const before = containerOf('app')?.id;
      const dead = dieAt(nth);
      await resize(name);
      const step = await dead;
      await another();
      await resized(name).catch((error: Error) =>
        expect.fail(`killed at "${step}" (${nth}): ${error.message}, ${node.history(name).join('; ')}`),
      );
      const has = ['app', 'more'].map((it) => containerOf(it)?.limits.memoryBytes);
      expect([step, containerOf('app')?.id, has]).toEqual([step, before, [128 << 20, 128 << 20]]);
      await node.remove(name);
      await gone(name);
      await node.seen(`nothing of ${name} at the engine`, () => node.runtime.all().length === 0);
      expect([...node.runtime.volumes, await node.addresses()]).toEqual([0]);
    }
  });

  test('while a container of it starts anew: it does so once', { timeout: 120_000 }, async () => {
    const again = /^Running init=Completed\(0\) side=running app=runningx1 more=running$/;
    const crash = (name: string): void => {
      const all = node.runtime.all().filter((it) => it.status === 'running' && it.labels['io.kubernetes.pod.name'] === name);
      node.runtime.exit(all.find((it) => it.labels['io.kubernetes.container.name'] === 'app')?.id ?? '', 1);
    };
    // Volumes, image, message file, made, started, hook: as many as the list says of a container.
    for (let nth = 1; nth <= 6; nth++) {
      const name = `anew-${nth}`;
      const { metadata } = await node.create(name, busy);
      await running(name);
      const dead = dieAt(nth);
      crash(name);
      const step = await dead;
      await another();
      await node.seen(`${name}, killed at "${step}", to run again`, async () => again.test(lineOf((await node.get(name)) as core.Pod)));
      await node.remove(name);
      await gone(name);
      await node.seen(`nothing of ${name} at the engine`, () => node.runtime.all().length === 0);
      expect([...node.runtime.volumes, await node.addresses(), existsSync(join(node.rootDir, 'pods', metadata.uid))]).toEqual([0, false]);
    }
  });

  test('while it ends by itself: it is done once, and its logs stay', { timeout: 120_000 }, async () => {
    const once: Partial<core.PodSpec> = { ...busy, restartPolicy: 'Never', containers: [{ name: 'app', image: 'i' }] };
    const done = 'Succeeded init=Completed(0) side=Completed(0) app=Completed(0)';
    for (let nth = 1; nth <= 5; nth++) {
      const name = `done-${nth}`;
      const { metadata } = await node.create(name, once);
      await node.seen(`${name} to run`, async () => lineOf((await node.get(name)) as core.Pod).includes('app=running'));
      // What ends it: the sidecar stopped (two steps), its sandbox and its address, its volumes.
      const dead = Promise.race([dieAt(nth), node.seen('its end', async () => lineOf((await node.get(name)) as core.Pod) === done)]);
      const app = node.runtime.all().find((it) => it.status === 'running' && it.labels['io.kubernetes.container.name'] === 'app');
      node.runtime.exit(app?.id ?? '', 0);
      await dead;
      await another();
      await node.seen(`${name} to be done`, async () => lineOf((await node.get(name)) as core.Pod) === done);
      await node.seen('its address to be free', async () => (await node.addresses()) === 0);
      const left = node.runtime.all().map((it) => `${it.labels['io.kubernetes.container.name']} ${it.status}`);
      expect(left.sort()).toEqual(['app exited', 'init exited', 'side exited']);
      await node.remove(name, 0);
      await node.seen(`nothing of ${name} at the engine`, () => node.runtime.all().length === 0 && node.runtime.volumes.size === 0);
      await nothingIsLeft(name, metadata.uid);
    }
  });

  test('while it starts, and the pod is deleted before the next one comes', { timeout: 120_000 }, async () => {
    for (let nth = 1; nth <= life.starting.length; nth++) {
      const name = `early-${nth}`;
      const dead = dieAt(nth);
      const { metadata } = await node.create(name, busy);
      await dead;
      await node.remove(name, nth % 2 === 0 ? undefined : 0);
      await another();
      await gone(name);
      await node.seen(`nothing of ${name} at the engine`, () => node.runtime.all().length === 0 && node.runtime.volumes.size === 0);
      await nothingIsLeft(name, metadata.uid);
    }
  });
});
