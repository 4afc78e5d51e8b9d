import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { core } from '../../src/kinds/index.ts';
import { type DockerNode, startDockerNode } from '../fixtures/kubelet/docker-node.ts';
import { watchPods } from '../fixtures/kubelet/watched.ts';

const opened = await startDockerNode('life');
const node = opened as DockerNode;
const here = opened ? describe.concurrent : describe.skip;
const seen = new Map<string, string[]>();
const watching = new AbortController();
if (opened) void watchPods(node.client, seen, watching.signal);
afterAll(async () => {
  watching.abort();
  await opened?.close();
});

type Container = core.Container;
const sh = (script: string, more: Partial<Container> = {}): Container => ({
  ...{ name: 'app', image: node.image, command: ['sh', '-c', script] },
  ...more,
});
/** Runs until it is asked to end by this signal; then says so, and ends with this code. */
const until = (signal: string, code: number, log?: string): string =>
  `trap '${log ? `echo ${log} >> /host/log; ` : ''}exit ${code}' ${signal}; while :; do sleep 0.1; done`;
const statusOf = async (name: string, container = 'app'): Promise<core.ContainerStatus> => {
  const { initContainerStatuses = [], containerStatuses = [] } = (await node.get(name))?.status ?? {};
  return [...initContainerStatuses, ...containerStatuses].find((it) => it.name === container) as core.ContainerStatus;
};
/** A folder of the host that containers write to, and what they have written. */
const shared = (name: string): { volumes: core.Volume[]; mount: Partial<Container>; read(): string } => {
  const path = join(node.rootDir, name);
  mkdirSync(path);
  return {
    volumes: [{ name: 'host', hostPath: { path } }],
    mount: { volumeMounts: [{ name: 'host', mountPath: '/host' }] },
    read: () => readFileSync(join(path, 'log'), 'utf8'),
  };
};

here('a pod ends', () => {
  test('by the signal that its image names, or its manifest', async () => {
    const folder = join(node.rootDir, 'signalled');
    mkdirSync(folder);
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${node.image}\nSTOPSIGNAL SIGUSR1\n`);
    await node.docker('build', '--quiet', '--tag', 'signalled:1', folder);
    const image = { image: 'signalled:1', imagePullPolicy: 'Never' as const };
    await node.create('by-image', { containers: [sh(until('USR1', 7), image)] });
    await node.create('by-manifest', {
      os: { name: 'linux' },
      containers: [sh(until('USR2', 8), { ...image, lifecycle: { stopSignal: 'SIGUSR2' } })],
    });
    for (const name of ['by-image', 'by-manifest']) await node.line(name, 'Running app=running');
    expect((await statusOf('by-manifest')).stopSignal).toBe('SIGUSR2');
    for (const name of ['by-image', 'by-manifest']) await node.remove(name);
    for (const name of ['by-image', 'by-manifest']) await node.line(name, 'gone');
    expect([node.history('by-image').at(-2), node.history('by-manifest').at(-2)]).toEqual(['Failed app=Error(7)', 'Failed app=Error(8)']);
    await node.docker('rmi', 'signalled:1');
  });

  test('its sidecars after the others, the last of them first; preStop hooks wait for nobody', async () => {
    const { volumes, mount, read } = shared('order');
    const says = (what: string): core.Lifecycle => ({ preStop: { exec: { command: ['sh', '-c', `echo ${what}-hook >> /host/log`] } } });
    const side = (name: string, more: Partial<Container> = {}): Container => ({
      ...sh(until('TERM', 0, name), mount),
      ...{ name, restartPolicy: 'Always' },
      ...more,
    });
    await node.create('order', {
      ...{ volumes, terminationGracePeriodSeconds: 20 },
      initContainers: [side('first', { lifecycle: says('first') }), side('second')],
      containers: [sh(`trap 'sleep 1; echo app >> /host/log; exit 0' TERM; while :; do sleep 0.1; done`, mount)],
    });
    await node.line('order', 'Running first=running second=running app=running');
    await node.remove('order');
    await node.line('order', 'gone');
    expect(read()).toBe('first-hook\napp\nsecond\nfirst\n');
  });

  test('of containers that never began, and says that nobody knows what became of them', async () => {
    await node.create('never', { containers: [sh('true', { image: 'nowhere.invalid/nothing:1' })] });
    await node.line('never', /^Pending app=(ErrImagePull|ImagePullBackOff)$/);
    await node.remove('never');
    await node.line('never', 'gone');
    expect(node.history('never').at(-2)).toBe('Failed app=ContainerStatusUnknown(137)');
  });

  test('a probe may grant less time than the pod', async () => {
    const probe = { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1, terminationGracePeriodSeconds: 1 };
    await node.create('short', {
      terminationGracePeriodSeconds: 600,
      containers: [sh("trap '' TERM; while :; do sleep 0.1; done", { livenessProbe: probe })],
    });
    await node.line('short', /app=(running|CrashLoopBackOff)x1$/);
    expect((await statusOf('short')).lastState?.terminated?.exitCode).toBe(137);
    await node.remove('short', 0);
  });
});

here('last words', () => {
  test('stand in a file of any name; of long ones the end counts', async () => {
    await node.create('words', {
      restartPolicy: 'Never',
      containers: [sh('yes x | head -c 5000 > /tmp/last; echo -n end >> /tmp/last; exit 3', { terminationMessagePath: '/tmp/last' })],
    });
    await node.line('words', 'Failed app=Error(3)');
    const { message = '' } = (await statusOf('words')).state?.terminated ?? {};
    expect([message.length, message.slice(-5)]).toEqual([4096, 'x\nend']);
  });

  test('are the last 2048 bytes, or 80 lines, of the log', async () => {
    const policy = { terminationMessagePolicy: 'FallbackToLogsOnError' as const };
    await node.create('bytes', { restartPolicy: 'Never', containers: [sh('yes $(printf %0100d 0) | head -c 9999; exit 1', policy)] });
    await node.create('lines', { restartPolicy: 'Never', containers: [sh('seq 1 200; exit 1', policy)] });
    await node.create('well', { restartPolicy: 'Never', containers: [sh('echo fine', policy)] });
    await node.line('bytes', 'Failed app=Error(1)');
    await node.line('lines', 'Failed app=Error(1)');
    await node.line('well', 'Succeeded app=Completed(0)');
    const said = async (name: string): Promise<string | undefined> => (await statusOf(name)).state?.terminated?.message;
    expect((await said('bytes'))?.length).toBe(2048);
    expect(await said('lines')).toBe(`${Array.from({ length: 80 }, (_, i) => i + 121).join('\n')}\n`);
    expect(await said('well')).toBeUndefined();
  });
});

here('a watcher sees each state, in order,', () => {
  test('of a job with init container and sidecar', async () => {
    await node.create('job', {
      restartPolicy: 'OnFailure',
      volumes: [{ name: 'scratch', emptyDir: {} }],
      initContainers: [sh('sleep 0.5', { name: 'init' }), sh(until('TERM', 0), { name: 'side', restartPolicy: 'Always' })],
      containers: [
        sh('sleep 0.5; test -e /scratch/tried || { touch /scratch/tried; exit 5; }', {
          volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
        }),
      ],
    });
    await node.line('job', 'Succeeded init=Completed(0) side=Completed(0) app=Completed(0)x1');
    expect(seen.get('job')).toEqual([
      'Pending',
      'Pending, S, init: PodInitializing, side: PodInitializing, app: PodInitializing',
      'Pending, SN, init: PodInitializing, side: PodInitializing, app: PodInitializing',
      'Pending, SN, init: running, side: PodInitializing, app: PodInitializing',
      'Pending, SN, init: Completed(0), side: PodInitializing, app: PodInitializing',
      'Pending, SNI, init: Completed(0), side: running, app: PodInitializing',
      'Running, SNICR, init: Completed(0), side: running, app: running',
      'Running, SNI, init: Completed(0), side: running, app: Error(5)',
      'Running, SNICR, init: Completed(0), side: running, app: running x1 after Error(5)',
      'Running, SNI, init: Completed(0), side: running, app: Completed(0) x1 after Error(5)',
      'Succeeded, SI, init: Completed(0), side: Completed(0), app: Completed(0) x1 after Error(5)',
    ]);
  });

  test('of one that is deleted', async () => {
    await node.create('plain', { containers: [sh(until('TERM', 0))] });
    await node.line('plain', 'Running app=running');
    await node.remove('plain');
    await node.line('plain', 'gone');
    expect(seen.get('plain')).toEqual([
      'Pending',
      'Pending, SI, app: ContainerCreating',
      'Pending, SNI, app: ContainerCreating',
      'Running, SNICR, app: running',
      'leaving Running, SNICR, app: running',
      'leaving Succeeded, SI, app: Completed(0)',
      'gone',
    ]);
  });
});
