import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configMap, type core, secret } from '../../src/kinds/index.ts';
import { type DockerNode, startDockerNode } from '../fixtures/kubelet/docker-node.ts';

const node = (await startDockerNode('volumes')) as DockerNode;
const isRoot = process.getuid?.() === 0;
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'volumes-'));
  writeFileSync(join(dir, 'file'), 'of the host');
});
afterAll(async () => {
  await node?.close();
  rmSync(dir, { recursive: true, force: true });
});
const meta = (name: string) => ({ metadata: { name, namespace: 'default' } });
const run = async (name: string, volumes: core.Volume[], mounts: core.VolumeMount[], more: Partial<core.PodSpec> = {}): Promise<void> => {
  const app = { name: 'app', image: node.image, command: ['sleep', '3600'], env: [{ name: 'NAME', value: name }], volumeMounts: mounts };
  await node.create(name, { terminationGracePeriodSeconds: 0, volumes, containers: [app], ...more });
  await node.seen(`${name} runs`, async () => (await node.get(name))?.status?.phase === 'Running');
};

test.skipIf(!node)('files of objects change in a running pod, all at once', async () => {
  await node.client.create(configMap, { ...meta('c'), data: { a: 'one', b: 'same' } });
  await node.client.create(secret, { ...meta('s'), stringData: { key: 'hidden' } });
  const volumes = [
    { name: 'c', configMap: { name: 'c' } },
    { name: 's', secret: { secretName: 's', defaultMode: 0o400 } },
  ];
  await run('files', volumes, [
    { name: 'c', mountPath: '/c' },
    { name: 's', mountPath: '/s', readOnly: true },
    { name: 'c', mountPath: '/part', subPath: 'a' },
  ]);
  expect(await node.exec('files', 'sh', '-c', 'cat /c/a /s/key /part; stat -Lc %a /s/key')).toBe('onehiddenone400');
  await node.client.change(configMap, { namespace: 'default', name: 'c' }, (draft) => {
    draft.data = { a: 'two' };
  });
  await node.seen('the new text', async () => (await node.exec('files', 'cat', '/c/a')) === 'two', 10_000);
  // What is gone is gone, and a part that was mounted by itself stays as it was, as upstream.
  expect(await node.exec('files', 'sh', '-c', 'ls /c; cat /part')).toBe('a\none');
});

test.skipIf(!node)('empty directories, paths of the host, parts by variables', async () => {
  const volumes: core.Volume[] = [
    { name: 'disk', emptyDir: {} },
    { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '4Mi' } },
    { name: 'host', hostPath: { path: dir, type: 'Directory' } },
  ];
  await run('dirs', volumes, [
    { name: 'disk', mountPath: '/disk', subPathExpr: 'logs/$(NAME)' },
    { name: 'disk', mountPath: '/whole' },
    { name: 'memory', mountPath: '/memory' },
    { name: 'host', mountPath: '/host', readOnly: true },
  ]);
  expect(await node.exec('dirs', 'sh', '-c', 'echo x > /disk/f; cat /whole/logs/dirs/f; cat /host/file; stat -c %a /whole')).toBe(
    'x\nof the host777',
  );
  expect(
    await node.exec('dirs', 'sh', '-c', 'grep " /memory " /proc/mounts | cut -d" " -f3; echo y 2>/dev/null > /host/new || echo refused'),
  ).toBe('tmpfs\nrefused');
});

test.skipIf(!node || !isRoot)('an image as a volume: what is in it can be read, not written', async () => {
  const volumes: core.Volume[] = [{ name: 'image', image: { reference: node.image, pullPolicy: 'IfNotPresent' } }];
  await run('image', volumes, [
    { name: 'image', mountPath: '/image' },
    { name: 'image', mountPath: '/part', subPath: 'bin' },
  ]);
  expect(await node.exec('image', 'sh', '-c', 'ls /image/bin/busybox /part/busybox; touch /image/x 2>/dev/null || echo refused')).toBe(
    '/image/bin/busybox\n/part/busybox\nrefused',
  );
});

const waiting: Array<[name: string, volume: Omit<core.Volume, 'name'>, message: RegExp]> = [
  [
    'no-config',
    { configMap: { name: 'none' } },
    /^Warning FailedMount MountVolume.SetUp failed for volume "v" : configmap "none" not found$/,
  ],
  ['no-key', { configMap: { name: 'c', items: [{ key: 'z', path: 'z' }] } }, /references non-existent config key: z$/],
  ['no-dir', { hostPath: { path: '/nowhere', type: 'Directory' } }, /hostPath type check failed: \/nowhere is not a directory$/],
  [
    'no-server',
    { nfs: { server: '127.0.0.1', path: '/none' } },
    /^Warning FailedMount MountVolume.SetUp failed for volume "v" : mount failed: /,
  ],
];
for (const [name, volume, message] of waiting)
  test.skipIf(!node || (name === 'no-server' && !isRoot))(`a pod waits and says why: ${name}`, async () => {
    await node.create(name, {
      ...{ terminationGracePeriodSeconds: 0, volumes: [{ name: 'v', ...volume }] },
      containers: [{ name: 'app', image: node.image, volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
    });
    await node.seen('the event', async () => (await node.events(name)).some((it) => message.test(it)));
    expect((await node.get(name))?.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ContainerCreating');
    await node.remove(name, 0);
  });

test.skipIf(!node)('a part that leads out of its volume keeps the container from being made', async () => {
  await node.create('escape', {
    ...{ terminationGracePeriodSeconds: 0, volumes: [{ name: 'v', emptyDir: {} }] },
    initContainers: [
      { name: 'link', image: node.image, command: ['ln', '-s', '/etc', '/v/out'], volumeMounts: [{ name: 'v', mountPath: '/v' }] },
    ],
    containers: [{ name: 'app', image: node.image, volumeMounts: [{ name: 'v', mountPath: '/v', subPath: 'out/ssl' }] }],
  });
  const state = await node.seen('the refusal', async () => {
    const waitingNow = (await node.get('escape'))?.status?.containerStatuses?.[0]?.state?.waiting;
    return waitingNow?.reason === 'CreateContainerConfigError' && waitingNow;
  });
  expect(state.message).toMatch(
    /^failed to prepare subPath for volumeMount "v" of container "app": subPath "out\/ssl" leads out of the volume$/,
  );
});
