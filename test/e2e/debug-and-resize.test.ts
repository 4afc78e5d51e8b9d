import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { type core, event, pod as podKind } from '../../src/kinds/index.ts';
import { findCondition } from '../../src/meta/condition.ts';
import { found, startTestCluster, type TestCluster } from '../fixtures/cluster/cluster.ts';
import { readKubeconfig } from '../fixtures/cluster/kubeconfig.ts';
import { type Kubectl, kubectlOf, run } from '../fixtures/cluster/kubectl.ts';
import { kubectls } from '../fixtures/kubectl.ts';

// The oldest that knows --subresource=resize is 1.32; debugging is older.
const newest = kubectls().at(-1);
if (!newest) console.error('\n!! SKIPPED: there is no kubectl on this machine\n');
const knowsResize = newest !== undefined && newest.version.localeCompare('1.32', 'en', { numeric: true }) >= 0;

let cluster: TestCluster;
let kubectl: Kubectl;
let client: Client;
let close = (): void => {};
beforeAll(async () => {
  if (!newest) return;
  cluster = await startTestCluster({ name: 'debug', second: 224 });
  kubectl = kubectlOf(newest.path, cluster.kubeconfig);
  ({ client, close } = readKubeconfig(cluster.kubeconfig));
});
afterAll(async () => {
  close();
  await cluster?.destroy();
});

const image = 'busybox:1.36';
const namespace = 'default';
const get = (name: string): Promise<core.Pod | undefined> => client.get(podKind, { namespace, name });
const docker = async (...args: string[]): Promise<string> => (await run('docker', args)).stdout.trim();
const idOf = (status: core.ContainerStatus | undefined): string => status?.containerID?.replace('docker://', '') ?? '';

async function start(name: string, container: Partial<core.Container> = {}, spec: Partial<core.PodSpec> = {}): Promise<core.Pod> {
  const app = {
    name: 'app',
    image,
    command: ['sh', '-c', 'trap "exit 0" TERM; echo from-the-app; while :; do sleep 0.1; done'],
    ...container,
  };
  await client.create(podKind, { metadata: { name, namespace }, spec: { terminationGracePeriodSeconds: 1, ...spec, containers: [app] } });
  return found(cluster, `${name} runs`, async () => {
    const it = await get(name);
    return it?.status?.phase === 'Running' && it;
  });
}
const ephemeral = (name: string, state: keyof core.ContainerState): Promise<core.ContainerStatus> =>
  found(cluster, `a debugger of ${name} is ${state}`, async () => {
    const status = (await get(name))?.status?.ephemeralContainerStatuses?.[0];
    return status?.state?.[state] && status;
  });

describe.runIf(newest)('kubectl debug', () => {
  test('adds a container that sees the processes of its target; it is executed in, attached to and logged', async () => {
    await start('web');
    const flags = ['--image', image, '--target', 'app', '--container', 'look', '--attach=false', '-q'];
    await kubectl.ok(['debug', 'web', ...flags, '--', 'sh', '-c', 'ps; echo seen; while :; do sleep 0.2; echo tick; done']);
    const status = await ephemeral('web', 'running');
    expect(status).toMatchObject({ name: 'look', ready: false, restartCount: 0, image });
    const pod = await get('web');
    expect(pod?.spec.ephemeralContainers?.[0]).toMatchObject({ name: 'look', targetContainerName: 'app' });
    expect([pod?.metadata.generation, pod?.status?.observedGeneration]).toEqual([2, 2]);
    expect(await found(cluster, 'its output', async () => /seen/.test(await kubectl.ok(['logs', 'web', '-c', 'look'])))).toBe(true);
    expect(await kubectl.ok(['logs', 'web', '-c', 'look'])).toContain('echo from-the-app');
    expect(await kubectl.ok(['exec', 'web', '-c', 'look', '--', 'ps'])).toContain('echo from-the-app');
    // The app's own files, by way of its process.
    expect(await kubectl.ok(['exec', 'web', '-c', 'look', '--', 'ls', '/proc/1/root/bin/sh'])).toContain('/proc/1/root/bin/sh');
    const attached = await kubectl(['attach', 'web', '-c', 'look'], { timeout: 4_000 });
    expect(attached.stdout).toContain('tick');
    expect(await kubectl.ok(['describe', 'pod', 'web'])).toMatch(/Ephemeral Containers:\n {2}look:/);
    const app = (await get('web'))?.status?.containerStatuses?.[0];
    expect([app?.restartCount, app?.ready]).toEqual([0, true]);
  });

  // Such containers keep their input (no stdinOnce): the engine lets go of their outputs when that of kubectl ends.
  test.each([
    ['a shell', ['sh'], 'echo two-is-$((1+1)); sleep 1; exit\n', 'two-is-2\n'],
    ['cat', ['cat'], 'hello\n', 'hello\n'],
  ])('is answered by the container it adds: %s', async (_, command, input, answer) => {
    const pod = `talk-${command[0]}`;
    await start(pod);
    const flags = ['--image', image, '--container', 'inside', '--stdin', '-q'];
    const { code, stdout } = await kubectl(['debug', pod, ...flags, '--', ...command], { input, timeout: 30_000 });
    expect([code, stdout]).toEqual([0, answer]);
  });

  test('of a container that ends: it stays ended, and the pod goes on', async () => {
    await start('brief');
    const flags = ['--image', image, '--container', 'look', '--attach=false', '-q'];
    await kubectl.ok(['debug', 'brief', ...flags, '--', 'sh', '-c', 'echo bye; exit 3']);
    const status = await ephemeral('brief', 'terminated');
    expect(status.state?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    const pod = await get('brief');
    expect([pod?.status?.phase, findCondition(pod?.status?.conditions, 'Ready')?.status]).toEqual(['Running', 'True']);
    expect((await kubectl.ok(['logs', 'brief', '-c', 'look'])).trim()).toBe('bye');
    // Without a target it has its own processes: it has not seen the app's.
    await kubectl.ok(['debug', 'brief', '--image', image, '--container', 'more', '--attach=false', '-q', '--', 'ps']);
    await found(
      cluster,
      'the second one ends',
      async () => (await get('brief'))?.status?.ephemeralContainerStatuses?.[1]?.state?.terminated,
    );
    expect(await kubectl.ok(['logs', 'brief', '-c', 'more'])).not.toContain('from-the-app');
    await kubectl.ok(['delete', 'pod', 'brief']);
    expect(await docker('ps', '-aq', '--filter', `label=io.kubernetes.pod.uid=${pod?.metadata.uid}`)).toBe('');
  });

  test('makes a copy with another command or image, and one of a node', async () => {
    await start('origin');
    await kubectl.ok([
      'debug',
      'origin',
      '--copy-to',
      'copy',
      '--container',
      'app',
      '--attach=false',
      '--',
      'sh',
      '-c',
      'echo copied; sleep 60',
    ]);
    await found(cluster, 'the copy runs', async () => (await get('copy'))?.status?.phase === 'Running');
    expect((await kubectl.ok(['logs', 'copy', '-c', 'app'])).trim()).toBe('copied');
    await kubectl.ok([
      'debug',
      'origin',
      '--copy-to',
      'beside',
      '--image',
      image,
      '--share-processes',
      '--container',
      'look',
      '--attach=false',
      '--',
      'sleep',
      '60',
    ]);
    await found(cluster, 'the other copy runs', async () => (await get('beside'))?.status?.phase === 'Running');
    expect(await kubectl.ok(['exec', 'beside', '-c', 'look', '--', 'ps'])).toContain('echo from-the-app');
    const node = (await get('origin'))?.spec.nodeName ?? '';
    const profile = ['--profile', 'general'];
    await kubectl.ok(['debug', `node/${node}`, '--image', image, ...profile, '--attach=false', '-q', '--', 'cat', '/host/etc/hostname']);
    const debuggers = async (): Promise<core.Pod | undefined> =>
      (await client.list(podKind, { namespace })).items.find((it) => it.metadata.name.startsWith(`node-debugger-${node}`));
    const looked = await found(cluster, 'the node is looked at', async () => {
      const it = await debuggers();
      return it?.status?.phase === 'Succeeded' && it;
    });
    const [own, host] = [await run('cat', ['/etc/hostname']), await kubectl.ok(['logs', looked.metadata.name])];
    expect(host).toBe(own.stdout);
    expect(looked.spec).toMatchObject({ hostNetwork: true, hostPID: true, hostIPC: true });
  });
});

const limits = (cpu: string, memory: string): object => ({ requests: { cpu, memory }, limits: { cpu, memory } });
const patchOf = (resources: object): string => JSON.stringify({ spec: { containers: [{ name: 'app', resources }] } });

describe.runIf(knowsResize)('kubectl patch --subresource resize', () => {
  const resize = (name: string, resources: object): Promise<string> =>
    kubectl.ok(['patch', 'pod', name, '--subresource', 'resize', '--patch', patchOf(resources)]);
  const given = (name: string, memory: string): Promise<core.ContainerStatus> =>
    found(cluster, `${name} has ${memory}`, async () => {
      const it = await get(name);
      const status = it?.status?.containerStatuses?.[0];
      const busy = it?.status?.conditions?.some((one) => one.type.startsWith('PodResize'));
      return status?.resources?.limits?.['memory'] === memory && status.state?.running && !busy && status;
    });
  const engineHas = (status: core.ContainerStatus): Promise<string> =>
    docker('inspect', '--format', '{{.HostConfig.CpuShares}} {{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}', idOf(status));

  test('gives a running container more, and less again, without a restart', async () => {
    await start('grow', { resources: limits('100m', '32Mi') });
    const before = await given('grow', '32Mi');
    expect(await engineHas(before)).toBe(`102 100000000 ${32 << 20}`);
    await resize('grow', limits('200m', '64Mi'));
    const more = await given('grow', '64Mi');
    expect(await engineHas(more)).toBe(`204 200000000 ${64 << 20}`);
    expect(
      await kubectl.ok([
        'exec',
        'grow',
        '--',
        'sh',
        '-c',
        'cat /sys/fs/cgroup/memory/memory.limit_in_bytes || cat /sys/fs/cgroup/memory.max',
      ]),
    ).toContain(String(64 << 20));
    await resize('grow', limits('100m', '24Mi'));
    const less = await given('grow', '24Mi');
    expect([less.containerID, less.restartCount, less.allocatedResources]).toEqual([
      before.containerID,
      0,
      { cpu: '100m', memory: '24Mi' },
    ]);
    const reasons = (await client.list(event, { namespace })).items
      .filter((it) => it.involvedObject.name === 'grow')
      .map((it) => it.reason);
    expect(reasons).toEqual(expect.arrayContaining(['ResizeStarted', 'ResizeCompleted']));
    await cluster.kill();
    await cluster.start();
    await resize('grow', limits('100m', '48Mi'));
    expect((await given('grow', '48Mi')).containerID).toBe(before.containerID);
  });

  test('restarts where the manifest says so, and refuses what cannot be', async () => {
    const resizePolicy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }];
    await start('anew', { resources: limits('50m', '32Mi'), resizePolicy });
    await resize('anew', limits('50m', '16Mi'));
    const status = await given('anew', '16Mi');
    expect([status.restartCount, await engineHas(status)]).toEqual([1, `51 50000000 ${16 << 20}`]);
    const { code, stderr } = await kubectl(['patch', 'pod', 'anew', '--subresource', 'resize', '-p', patchOf({ limits: { cpu: '1' } })]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('Pod QOS Class may not change as a result of resizing')]);
    await resize('anew', limits('900', '16Mi'));
    const pending = await found(cluster, 'it cannot be', async () =>
      findCondition((await get('anew'))?.status?.conditions, 'PodResizePending'),
    );
    expect(pending).toMatchObject({
      reason: 'Infeasible',
      message: expect.stringMatching(/^Node didn't have enough capacity: cpu, requested: 900000/),
    });
  });
});
