import { afterAll, describe, expect, test } from 'vitest';
import { type core, node as nodeKind } from '../../src/kinds/index.ts';
import { type DockerNode, startDockerNode } from '../fixtures/kubelet/docker-node.ts';
import { faultyLine } from '../fixtures/runtime/faulty-line.ts';
import { startOwnEngine } from '../fixtures/runtime/own-engine.ts';

// An engine of our own, reached over a line of our own: both can be made to fail, and nobody else notices.
const opened = await startOwnEngine({ image: 'busybox:1.36' });
const engine = opened as NonNullable<typeof opened>;
const line = opened && (await faultyLine(opened.socket, 300));
const node = (line &&
  (await startDockerNode('engine-failures', undefined, { host: line.host, thresholds: 'imagefs.available<8Mi' }))) as DockerNode;
const here = node ? describe.sequential : describe.skip;
afterAll(async () => {
  await node?.close();
  line?.close();
  await engine?.close();
});

const polite = { command: ['sh', '-c', "trap 'exit 0' TERM; sleep 3600 & wait"] };
const app = (more: Partial<core.Container> = {}): core.Container => ({ name: 'app', image: node.image, ...polite, ...more });
const condition = async (type: string): Promise<core.NodeCondition | undefined> =>
  (await node.client.get(nodeKind, { name: 'docker-node' }))?.status?.conditions?.find((it) => it.type === type);
const until = (what: string, type: string, status: string): Promise<unknown> =>
  node.seen(what, async () => (await condition(type))?.status === status, 60_000);
const restarts = async (name: string): Promise<number | undefined> => (await node.get(name))?.status?.containerStatuses?.[0]?.restartCount;

here('an engine that fails', { retry: 0 }, () => {
  test('a container that somebody pauses goes on, and one that somebody removes comes back', async () => {
    await node.create('touched', { containers: [app()], terminationGracePeriodSeconds: 1 });
    await node.line('touched', 'Running app=running');
    const id = await node.containerId('touched', 'app');
    await node.docker('pause', id);
    await node.seen('it goes on', async () => (await node.docker('inspect', '--format', '{{.State.Status}}', id)) === 'running');
    await node.seen('the event', async () =>
      (await node.events('touched')).some((it) => it.startsWith('Warning ContainerPaused Container app was paused')),
    );
    expect(await restarts('touched')).toBe(0);
    await node.docker('rm', '-f', id);
    await node.line('touched', 'Running app=runningx1');
    expect((await node.events('touched')).some((it) => it.startsWith('Warning ContainerRemoved Container app was removed'))).toBe(true);
    await node.remove('touched', 0);
  });

  test('one that stands still is told of, the lease is kept, and what was asked for meanwhile is done after', async () => {
    await node.create('still', { containers: [app()], terminationGracePeriodSeconds: 1 });
    await node.line('still', 'Running app=running');
    engine.freeze();
    await node.create('meanwhile', { containers: [app()], terminationGracePeriodSeconds: 1 });
    await until('the node is not ready', 'Ready', 'False');
    expect(await condition('Ready')).toMatchObject({ reason: 'KubeletNotReady', message: 'container runtime is down' });
    // Nobody can say that it does not run.
    expect((await node.get('still'))?.status?.containerStatuses?.[0]?.state?.running).toBeDefined();
    engine.thaw();
    await node.line('meanwhile', 'Running app=running', 60_000);
    await until('the node is ready', 'Ready', 'True');
    expect([await restarts('still'), await restarts('meanwhile')]).toEqual([0, 0]);
    expect(await node.events('docker-node')).toEqual(
      expect.arrayContaining([
        'Normal NodeNotReady Node docker-node status is now: NodeNotReady',
        'Normal NodeReady Node docker-node status is now: NodeReady',
      ]),
    );
    for (const it of ['still', 'meanwhile']) await node.remove(it, 0);
  });

  test('one that is slow is waited for', async () => {
    line?.set('slow');
    await node.create('slow', { containers: [app()], terminationGracePeriodSeconds: 1 });
    await node.line('slow', 'Running app=running', 60_000);
    expect((await node.events('slow')).filter((it) => it.startsWith('Warning'))).toEqual([]);
    await node.remove('slow', 0);
    await node.line('slow', 'gone', 60_000);
    line?.set('well');
  });

  test('lines that break lose nothing: what ended meanwhile is seen after', async () => {
    await node.create('cut', { containers: [app({ command: ['sleep', '3600'] })], terminationGracePeriodSeconds: 1 });
    await node.line('cut', 'Running app=running');
    const id = await node.containerId('cut', 'app');
    line?.set('broken');
    await node.dockerAt(engine.host, 'kill', id);
    line?.set('well');
    await node.line('cut', 'Running app=runningx1', 60_000);
    expect((await node.get('cut'))?.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'Error',
    });
    await node.remove('cut', 0);
  });

  test('one that is stopped and started again has all its pods again', async () => {
    await node.create('steady', { containers: [app()], terminationGracePeriodSeconds: 1 });
    await node.create('bare', {
      restartPolicy: 'Never',
      containers: [app({ command: ['sleep', '3600'] })],
      terminationGracePeriodSeconds: 1,
    });
    for (const it of ['steady', 'bare']) await node.line(it, 'Running app=running');
    await engine.stop();
    await engine.start();
    // Tries to start it anew while the engine went down count as starts.
    await node.line('steady', /^Running app=runningx\d$/, 60_000);
    // It was told never to start again, and it was stopped.
    await node.line('bare', /^Failed app=Error\(\d+\)$/, 60_000);
    const answers = async (): Promise<boolean> =>
      (await node.exec('steady', 'hostname', '-i').catch(() => '')) === (await node.get('steady'))?.status?.podIP;
    await node.seen('it is where it says', answers, 60_000);
    await until('the node is ready', 'Ready', 'True');
    for (const it of ['steady', 'bare']) await node.remove(it, 0);
  });

  test('one that is killed is no end of its pods', async () => {
    await node.create('lasting', { containers: [app()], terminationGracePeriodSeconds: 1 });
    await node.line('lasting', 'Running app=running');
    await engine.stop('SIGKILL');
    await engine.start();
    // What is said of it may be of before: what counts is that it does something.
    await node.seen('it answers', () => node.exec('lasting', 'echo', 'here').catch(() => false as const), 60_000);
    await node.line('lasting', /^Running app=running(x\d)?$/, 60_000);
    await node.remove('lasting', 0);
    await node.line('lasting', 'gone', 60_000);
  });

  test('one whose disk is full says so, takes no pods, and takes them again when there is room', async () => {
    const empty = engine.fill(1024 * 1024);
    await until('the disk is full', 'DiskPressure', 'True');
    await node.create('refused', { containers: [app()], terminationGracePeriodSeconds: 1 });
    await node.seen('it is refused', async () => (await node.get('refused'))?.status?.reason === 'Evicted');
    empty();
    await until('there is room again', 'DiskPressure', 'False');
    await node.create('taken', { containers: [app()], terminationGracePeriodSeconds: 1 });
    await node.line('taken', 'Running app=running', 60_000);
  });
});
