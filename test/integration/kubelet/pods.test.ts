import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configMap, lease, node as nodeKind, pod as podKind } from '../../../src/kinds/index.ts';
import type { ContainerSpec, ContainerState } from '../../../src/runtime/index.ts';
import { lineOf, startTestNode, type TestNode } from '../../fixtures/kubelet/node.ts';

let node: TestNode;
beforeEach(async () => {
  node = await startTestNode();
});
afterEach(() => node.close());

const named = (name: string): ContainerState[] => node.runtime.all().filter((it) => it.labels['io.kubernetes.container.name'] === name);
const specOf = (it: ContainerState | undefined): ContainerSpec => node.runtime.specs.get(it?.id ?? '') as ContainerSpec;
const line = (name: string, want: string | RegExp): Promise<string> =>
  node.seen(`${name}: ${want}`, async () => {
    const pod = await node.get(name);
    const now = pod ? lineOf(pod) : 'gone';
    return (typeof want === 'string' ? now === want : want.test(now)) && now;
  });

describe('the node', () => {
  test('is registered with labels, addresses, resources and conditions, and has a lease', async () => {
    const it = await node.client.get(nodeKind, { name: 'n1' });
    expect(it?.metadata.labels).toMatchObject({
      'kubernetes.io/hostname': 'n1',
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
    });
    expect(it?.spec?.podCIDR).toBe('10.244.0.0/24');
    expect(it?.status).toMatchObject({
      addresses: [
        { type: 'InternalIP', address: '10.244.0.1' },
        { type: 'Hostname', address: 'n1' },
      ],
      capacity: { cpu: '2', memory: '4Gi', pods: '110' },
      nodeInfo: { containerRuntimeVersion: 'docker://20.10.24', kubeletVersion: 'v1.36.0', operatingSystem: 'linux' },
    });
    expect(it?.status?.conditions?.map((one) => [one.type, one.status, one.reason])).toEqual([
      ['MemoryPressure', 'False', 'KubeletHasSufficientMemory'],
      ['DiskPressure', 'False', 'KubeletHasNoDiskPressure'],
      ['PIDPressure', 'False', 'KubeletHasSufficientPID'],
      ['Ready', 'True', 'KubeletReady'],
    ]);
    const before = (await node.client.get(lease, { namespace: 'kube-node-lease', name: 'n1' }))?.spec?.renewTime;
    await node.advance(11);
    const after = (await node.client.get(lease, { namespace: 'kube-node-lease', name: 'n1' }))?.spec?.renewTime;
    expect([before === undefined, before === after]).toEqual([false, false]);
  });

  test('keeps what others have put on it', async () => {
    await node.client.changeStatus(nodeKind, { name: 'n1' }, (draft) => {
      draft.status = { ...draft.status, capacity: { ...draft.status?.capacity, 'example.com/dongle': '4' } };
      draft.status.conditions = [...(draft.status.conditions ?? []), { type: 'Foreign', status: 'True' }];
    });
    await node.advance(310);
    const status = (await node.client.get(nodeKind, { name: 'n1' }))?.status;
    expect([
      status?.capacity?.['example.com/dongle'],
      status?.conditions?.at(-1)?.type,
      status?.conditions?.[3]?.lastHeartbeatTime,
    ]).toEqual(['4', 'Foreign', '2026-01-01T00:05:00Z']);
  });

  test('that was taken for dead says that it is here, and how its pods are', async () => {
    await node.create('web', {});
    await line('web', 'Running app=running');
    const readyOf = (conditions: ReadonlyArray<{ type: string; status: string }> | undefined) =>
      conditions?.find((it) => it.type === 'Ready')?.status;
    await node.client.changeStatus(nodeKind, { name: 'n1' }, (draft) => {
      for (const it of draft.status?.conditions ?? []) it.status = 'Unknown';
    });
    await node.client.changeStatus(podKind, { namespace: 'default', name: 'web' }, (draft) => {
      for (const it of draft.status?.conditions ?? []) if (it.type === 'Ready') it.status = 'False';
      draft.status = { ...draft.status, reason: 'NodeLost' };
    });
    await node.seen('the pod is ready', async () => readyOf((await node.get('web'))?.status?.conditions) === 'True');
    expect((await node.get('web'))?.status?.reason).toBeUndefined();
    await node.advance(11);
    expect(readyOf((await node.client.get(nodeKind, { name: 'n1' }))?.status?.conditions)).toBe('True');
  });

  test('says so when the engine is down, and leaves pods as they were', async () => {
    await node.create('web', {});
    await line('web', 'Running app=running');
    node.runtime.down = true;
    await node.advance(11);
    const ready = (await node.client.get(nodeKind, { name: 'n1' }))?.status?.conditions?.find((it) => it.type === 'Ready');
    expect([ready?.status, ready?.reason, ready?.message, node.kubelet.health()]).toEqual([
      'False',
      'KubeletNotReady',
      'container runtime is down',
      'container runtime is down',
    ]);
    expect(lineOf((await node.get('web')) as never)).toBe('Running app=running');
    node.runtime.down = false;
    await node.advance(11);
    expect(node.kubelet.health()).toBeUndefined();
  });
});

describe('a pod', () => {
  test('starts: every state can be watched, and says where it is', async () => {
    await node.create('web', {});
    await line('web', 'Running app=running');
    expect(node.history('web')).toEqual(['Pending', 'Pending app=ContainerCreating', 'Running app=running']);
    const status = (await node.get('web'))?.status;
    expect(status).toMatchObject({ podIP: '10.244.0.2', hostIP: '10.244.0.1', qosClass: 'BestEffort', startTime: '2026-01-01T00:00:00Z' });
    expect(status?.conditions?.find((it) => it.type === 'Ready')?.status).toBe('True');
    expect(named('app')[0]?.name).toMatch(/^k8s_app_web_default_.*_0$/);
    expect(await node.eventsOf('web')).toEqual(
      expect.arrayContaining(['Normal Created Container created', 'Normal Started Container started']),
    );
  });

  test('that is bound elsewhere is left alone', async () => {
    await node.create('other', { nodeName: 'n2' });
    await node.advance(1);
    expect(node.runtime.all()).toEqual([]);
  });

  test('runs its init containers one after the other', async () => {
    await node.create('web', {
      initContainers: [
        { name: 'i1', image: 'b', command: ['exit', '0'] },
        { name: 'i2', image: 'b', command: ['exit', '0'] },
      ],
    });
    await line('web', 'Running i1=Completed(0) i2=Completed(0) app=running');
    expect(node.history('web')).toEqual([
      'Pending',
      'Pending i1=PodInitializing i2=PodInitializing app=PodInitializing',
      'Pending i1=Completed(0) i2=PodInitializing app=PodInitializing',
      'Pending i1=Completed(0) i2=Completed(0) app=PodInitializing',
      'Running i1=Completed(0) i2=Completed(0) app=running',
    ]);
  });

  test('that crashes waits longer and longer', async () => {
    await node.create('web', { containers: [{ name: 'app', image: 'b', command: ['exit', '3'] }] });
    await line('web', 'Running app=CrashLoopBackOffx1');
    const waiting = (await node.get('web'))?.status?.containerStatuses?.[0];
    expect(waiting?.state?.waiting?.message).toMatch(/^back-off 10s restarting failed container=app pod=web_default\(.*\)$/);
    expect(waiting?.lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    await node.advance(9);
    expect(named('app')).toHaveLength(2);
    await node.advance(2);
    await line('web', 'Running app=CrashLoopBackOffx2');
    await node.advance(21);
    await line('web', 'Running app=CrashLoopBackOffx3');
    // The run before is kept for its logs, older ones are not.
    expect(named('app').map((it) => it.name.at(-1))).toEqual(['2', '3']);
    expect(await node.eventsOf('web')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Warning BackOff Back-off restarting failed container app in pod web_default\(.*\)$/),
      ]),
    );
  });

  test('that crashes waits after its first restart, also when the engine is slow to answer', async () => {
    node.runtime.slow = true;
    await node.create('web', { containers: [{ name: 'app', image: 'b', command: ['exit', '3'] }] });
    await line('web', 'Running app=CrashLoopBackOffx1');
    expect((await node.get('web'))?.status?.containerStatuses?.[0]?.state?.waiting?.message).toMatch(/^back-off 10s /);
  });

  test('that is done stays, without its sandbox', async () => {
    await node.create('job', { restartPolicy: 'Never', containers: [{ name: 'app', image: 'b', command: ['exit', '0'] }] });
    await line('job', 'Succeeded app=Completed(0)');
    await node.seen('no sandbox', () => named('POD').length === 0);
    expect(named('app')).toHaveLength(1);
  });

  test('goes: containers first, then the object', async () => {
    await node.create('web', {});
    await line('web', 'Running app=running');
    await node.remove('web');
    await line('web', 'gone');
    expect(node.runtime.all()).toEqual([]);
    expect(node.history('web').slice(-3)).toEqual(['Running app=running', 'Succeeded app=Completed(0)', 'gone']);
    expect(await node.eventsOf('web')).toContain('Normal Killing Stopping container app');
  });

  test('that does not listen is killed when its grace is over', async () => {
    await node.create('web', { terminationGracePeriodSeconds: 10, containers: [{ name: 'app', image: 'b', command: ['deaf'] }] });
    await line('web', 'Running app=running');
    await node.remove('web');
    await node.advance(9);
    expect(await node.get('web')).toBeDefined();
    await node.advance(2);
    await line('web', 'gone');
    expect(node.history('web').at(-2)).toBe('Failed app=Error(137)');
  });

  test('that is deleted by force goes at once', async () => {
    await node.create('web', { terminationGracePeriodSeconds: 600, containers: [{ name: 'app', image: 'b', command: ['deaf'] }] });
    await line('web', 'Running app=running');
    await node.remove('web');
    await node.advance(1);
    await node.remove('web', 0);
    await node.advance(2);
    await node.seen('nothing left', () => node.runtime.all().length === 0);
  });

  test('with a finalizer is taken down once, and its object stays', async () => {
    await node.create('web', {});
    await line('web', 'Running app=running');
    await node.client.change(podKind, { namespace: 'default', name: 'web' }, (draft) => {
      draft.metadata.finalizers = ['example.org/wait'];
    });
    await node.remove('web');
    await node.seen('no containers', () => node.runtime.all().length === 0);
    await node.advance(2);
    expect((await node.get('web'))?.status?.phase).toBe('Succeeded');
    await node.client.change(podKind, { namespace: 'default', name: 'web' }, (draft) => {
      draft.metadata.finalizers = [];
    });
    await line('web', 'gone');
  });

  test('that takes too long fails', async () => {
    await node.create('web', { activeDeadlineSeconds: 30 });
    await line('web', 'Running app=running');
    await node.advance(31);
    const status = (await node.get('web'))?.status;
    expect([status?.phase, status?.reason, status?.message]).toEqual([
      'Failed',
      'DeadlineExceeded',
      'Pod was active on the node longer than the specified deadline',
    ]);
    expect(named('app')[0]?.status).toBe('exited');
  });

  test('waits for a ConfigMap its variables come from', async () => {
    await node.create('web', { containers: [{ name: 'app', image: 'b', envFrom: [{ configMapRef: { name: 'cfg' } }] }] });
    await line('web', 'Pending app=CreateContainerConfigError');
    expect((await node.get('web'))?.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe('configmap "cfg" not found');
    await node.client.create(configMap, { metadata: { name: 'cfg', namespace: 'default' }, data: { COLOR: 'red' } });
    await line('web', 'Running app=running');
    expect(specOf(named('app')[0]).env).toContain('COLOR=red');
  });

  test('whose container cannot start says why', async () => {
    node.runtime.refuseStart.set('app', 'exec: "/nope": no such file or directory');
    await node.create('web', { containers: [{ name: 'app', image: 'b', command: ['/nope'] }] });
    await line('web', /app=RunContainerError|CrashLoopBackOff/);
    await line('web', 'Running app=CrashLoopBackOffx1');
    expect((await node.get('web'))?.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
      reason: 'StartError',
      exitCode: 128,
      message: 'exec: "/nope": no such file or directory',
    });
    expect(await node.eventsOf('web')).toContain('Warning Failed Error: exec: "/nope": no such file or directory');
    node.runtime.refuseStart.clear();
    await node.advance(11);
    await line('web', 'Running app=runningx2');
  });

  test('whose sandbox cannot be started is tried again, but not at once', async () => {
    node.runtime.refuseStart.set('POD', 'no room for it');
    await node.create('web', {});
    const tries = async (): Promise<number> =>
      (await node.eventsOf('web')).filter((it) => it === 'Warning FailedCreatePodSandBox Failed to create pod sandbox: no room for it')
        .length;
    const made: string[] = [];
    const { createSandbox } = node.runtime.containers;
    node.runtime.containers.createSandbox = (spec) => {
      made.push(spec.name);
      return createSandbox(spec);
    };
    await node.seen('a try', async () => (await tries()) > 0);
    await node.advance(5);
    expect(made.length).toBeLessThanOrEqual(1);
    node.runtime.refuseStart.clear();
    await node.advance(15);
    await line('web', 'Running app=running');
  });

  test('that must not run as root is told so', async () => {
    await node.create('web', { securityContext: { runAsNonRoot: true } });
    await line('web', 'Pending app=CreateContainerConfigError');
    expect((await node.get('web'))?.status?.containerStatuses?.[0]?.state?.waiting?.message).toMatch(
      /^container has runAsNonRoot and image will run as root \(pod: "web_default\(.*\)", container: app\)$/,
    );
  });

  test('keeps a sidecar beside its app, and ends it after', async () => {
    await node.create('web', { restartPolicy: 'Never', initContainers: [{ name: 'car', image: 'b', restartPolicy: 'Always' }] });
    await line('web', 'Running car=running app=running');
    node.runtime.exit(named('app')[0]?.id ?? '', 0);
    await line('web', 'Succeeded car=Completed(0) app=Completed(0)');
  });

  test('whose liveness probe fails is restarted', async () => {
    await node.create('web', {
      containers: [{ name: 'app', image: 'b', livenessProbe: { exec: { command: ['check'] }, periodSeconds: 5, failureThreshold: 2 } }],
    });
    await line('web', 'Running app=running');
    node.runtime.answers.set('app', { exitCode: 1, output: 'sick' });
    await node.advance(11);
    node.runtime.answers.clear();
    await line('web', 'Running app=runningx1');
    expect(await node.eventsOf('web')).toEqual(
      expect.arrayContaining([
        'Warning Unhealthy Liveness probe failed: sick',
        'Normal Killing Container app failed liveness probe, will be restarted',
      ]),
    );
  });

  test('is ready when its readiness probe says so', async () => {
    node.runtime.answers.set('app', { exitCode: 1, output: 'not yet' });
    await node.create('web', { containers: [{ name: 'app', image: 'b', readinessProbe: { exec: { command: ['check'] } } }] });
    await line('web', 'Running app=running');
    const ready = async (): Promise<boolean> => (await node.get('web'))?.status?.containerStatuses?.[0]?.ready ?? false;
    await node.advance(2);
    expect(await ready()).toBe(false);
    node.runtime.answers.clear();
    await node.advance(12);
    expect(await ready()).toBe(true);
  });
});

describe('what someone else does to containers', () => {
  test('a removed container is made anew and told of', async () => {
    await node.create('web', {});
    await line('web', 'Running app=running');
    node.runtime.vanish(named('app')[0]?.id ?? '');
    await line('web', 'Running app=runningx1');
    expect((await node.get('web'))?.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(137);
    expect((await node.eventsOf('web')).filter((it) => it.startsWith('Warning ContainerRemoved'))).toHaveLength(1);
  });

  test('a removed sandbox takes the whole pod with it', async () => {
    await node.create('web', {});
    await line('web', 'Running app=running');
    node.runtime.vanish(named('POD')[0]?.id ?? '');
    await line('web', 'Running app=runningx1');
    expect((await node.get('web'))?.status?.podIP).toBe('10.244.0.3');
    expect(await node.eventsOf('web')).toContain('Normal SandboxChanged Pod sandbox changed, it will be killed and re-created.');
  });
});

describe('a new agent', () => {
  test('takes over what runs, without a restart or a word', async () => {
    await node.create('web', { containers: [{ name: 'app', image: 'b', readinessProbe: { exec: { command: ['check'] } } }] });
    await node.seen('ready', async () => (await node.get('web'))?.status?.containerStatuses?.[0]?.ready);
    const before = [node.runtime.all().map((it) => it.id), (await node.get('web'))?.metadata.resourceVersion];
    await node.restart();
    await node.advance(15);
    expect([node.runtime.all().map((it) => it.id), (await node.get('web'))?.metadata.resourceVersion]).toEqual(before);
    await node.create('next', {});
    await line('next', 'Running app=running');
    expect((await node.get('next'))?.status?.podIP).toBe('10.244.0.3');
  });

  test('removes what no pod wants any more', async () => {
    await node.create('web', {});
    await line('web', 'Running app=running');
    node.kubelet.stop();
    await node.remove('web', 0);
    await node.restart();
    await node.seen('nothing left', () => node.runtime.all().length === 0);
  });

  test('goes on where the last one stopped', async () => {
    await node.create('web', {});
    await line('web', 'Running app=running');
    node.kubelet.stop();
    node.runtime.exit(named('app')[0]?.id ?? '', 5);
    await node.restart();
    await line('web', 'Running app=runningx1');
    expect((await node.get('web'))?.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(5);
  });
});

test('hundred pods get hundred addresses', async () => {
  await Promise.all(Array.from({ length: 100 }, (_, i) => node.create(`p${i}`, {})));
  await node.seen('all run', async () => (await node.client.list(podKind)).items.every((it) => it.status?.phase === 'Running'));
  const addresses = (await node.client.list(podKind)).items.map((it) => it.status?.podIP);
  expect(new Set(addresses).size).toBe(100);
});
