import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configMap, type core, persistentVolume, persistentVolumeClaim, secret, serviceAccount } from '../../../src/kinds/index.ts';
import { volumeTypes } from '../../../src/kubelet/volumes/index.ts';
import { openVolumes, type VolumeBench, volumeContract, type VolumeTrial } from './contract.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const inDefault = (name: string) => ({ metadata: { name, namespace: 'default' } });
const isRoot = process.getuid?.() === 0;

async function seedSources({ client }: VolumeBench): Promise<void> {
  await client.create(configMap, { ...inDefault('c'), data: { a: 'one', b: 'two' }, binaryData: { bin: base64('\u0000x') } });
  await client.create(secret, { ...inDefault('s'), data: { key: base64('hidden') } });
}

async function seedClaim(bench: VolumeBench, name: string, uid: string): Promise<void> {
  const path = join(bench.hostDir, name);
  mkdirSync(path);
  bench.transport.seed(persistentVolumeClaim, {
    metadata: {
      name,
      namespace: 'default',
      uid: `claim-${name}`,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'web', uid, controller: true }],
    },
    spec: { volumeName: `pv-${name}`, resources: {}, accessModes: [] },
    status: { phase: 'Bound' },
  });
  bench.transport.seed(persistentVolume, {
    metadata: { name: `pv-${name}` },
    spec: { hostPath: { path }, claimRef: { namespace: 'default', name, uid: `claim-${name}` } },
  });
}

const setUp = '^MountVolume.SetUp failed for volume "v" : ';
const trials: { [field: string]: VolumeTrial } = {
  emptyDir: { volume: () => ({ emptyDir: {} }), isOfThePod: true },
  configMap: {
    prepare: seedSources,
    volume: () => ({ configMap: { name: 'c' } }),
    missing: { volume: () => ({ configMap: { name: 'none' } }), text: new RegExp(`${setUp}configmap "none" not found$`) },
    isOfThePod: true,
  },
  secret: {
    prepare: seedSources,
    volume: () => ({ secret: { secretName: 's' } }),
    missing: { volume: () => ({ secret: { secretName: 'none' } }), text: new RegExp(`${setUp}secret "none" not found$`) },
    isOfThePod: true,
  },
  downwardAPI: {
    volume: () => ({ downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } }),
    isOfThePod: true,
  },
  projected: {
    prepare: seedSources,
    volume: () => ({ projected: { sources: [{ configMap: { name: 'c' } }, { secret: { name: 's' } }] } }),
    missing: {
      volume: () => ({ projected: { sources: [{ configMap: { name: 'none' } }, { secret: { name: 'nor' } }] } }),
      text: new RegExp(String.raw`${setUp}\[configmap "none" not found, secret "nor" not found\]$`),
    },
    isOfThePod: true,
  },
  hostPath: {
    volume: ({ hostDir }) => ({ hostPath: { path: hostDir, type: 'Directory' } }),
    missing: {
      volume: () => ({ hostPath: { path: '/nowhere', type: 'Directory' } }),
      text: new RegExp(`${setUp}hostPath type check failed: /nowhere is not a directory$`),
    },
    isOfThePod: false,
  },
  persistentVolumeClaim: {
    prepare: (bench) => seedClaim(bench, 'data', ''),
    volume: () => ({ persistentVolumeClaim: { claimName: 'data' } }),
    missing: {
      volume: () => ({ persistentVolumeClaim: { claimName: 'none' } }),
      text: /^Unable to attach or mount volumes: unmounted volumes=\[v\], .*: error processing PVC default\/none: failed to fetch PVC from API server: persistentvolumeclaims "none" not found$/,
    },
    isOfThePod: false,
  },
  ephemeral: {
    prepare: (bench) => seedClaim(bench, 'web-v', 'uid-0'),
    volume: () => ({ ephemeral: { volumeClaimTemplate: { spec: {} } } }),
    isOfThePod: false,
  },
};

test('every type of volume is tried', () => {
  // What this host's kernel mounts is not for everyone to try; it has tests of its own below.
  expect([...Object.keys(trials), 'image', 'nfs'].sort()).toEqual(volumeTypes.map((it) => it.field).sort());
});
for (const [name, trial] of Object.entries(trials)) volumeContract(name, trial);

let bench: VolumeBench;
beforeEach(async () => {
  bench = await openVolumes();
  await seedSources(bench);
});
afterEach(() => bench.close());
const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8);
const content = (dir: string): { [name: string]: string } =>
  Object.fromEntries(
    readdirSync(dir)
      .filter((it) => !it.startsWith('..'))
      .map((it) => [it, readFileSync(join(dir, it), 'utf8')]),
  );

describe('files from objects', () => {
  test('are all keys, text and bytes', async () => {
    const dir = await bench.dirOf(bench.pod({ configMap: { name: 'c' } }));
    expect(content(dir)).toEqual({ a: 'one', b: 'two', bin: '\u0000x' });
    expect([mode(join(dir, 'a')), readlinkSync(join(dir, 'a'))]).toEqual(['644', '..data/a']);
  });

  test('or chosen ones, under names and with modes of their own', async () => {
    const items = [
      { key: 'a', path: 'deep/x', mode: 0o600 },
      { key: 'b', path: 'y' },
    ];
    const dir = await bench.dirOf(bench.pod({ configMap: { name: 'c', defaultMode: 0o440, items } }));
    expect([readFileSync(join(dir, 'deep/x'), 'utf8'), mode(join(dir, 'deep/x')), mode(join(dir, 'y'))]).toEqual(['one', '600', '440']);
    expect(readdirSync(dir).filter((it) => !it.startsWith('..'))).toEqual(['deep', 'y']);
  });

  const missingKeys: Array<[name: string, volume: Omit<core.Volume, 'name'>, want: RegExp]> = [
    ['a ConfigMap', { configMap: { name: 'c', items: [{ key: 'z', path: 'z' }] } }, /references non-existent config key: z$/],
    ['a Secret', { secret: { secretName: 's', items: [{ key: 'z', path: 'z' }] } }, /references non-existent secret key: z$/],
    [
      'a projected source',
      { projected: { sources: [{ secret: { name: 's', items: [{ key: 'z', path: 'z' }] } }] } },
      /references non-existent secret key: z$/,
    ],
    [
      'an unknown container',
      { downwardAPI: { items: [{ path: 'x', resourceFieldRef: { containerName: 'no', resource: 'limits.cpu' } }] } },
      /container no not found$/,
    ],
  ];
  for (const [name, volume, want] of missingKeys)
    test(`a key that is not there: ${name}`, () => expect(bench.volumes.prepare(bench.pod(volume))).rejects.toThrow(want));

  const optional: Array<[name: string, volume: Omit<core.Volume, 'name'>, want: { [name: string]: string }]> = [
    ['a ConfigMap', { configMap: { name: 'none', optional: true } }, {}],
    [
      'a key',
      {
        configMap: {
          name: 'c',
          optional: true,
          items: [
            { key: 'a', path: 'a' },
            { key: 'z', path: 'z' },
          ],
        },
      },
      { a: 'one' },
    ],
    ['a Secret', { secret: { secretName: 'none', optional: true } }, {}],
    [
      'a source',
      { projected: { sources: [{ configMap: { name: 'none', optional: true } }, { secret: { name: 's' } }] } },
      { key: 'hidden' },
    ],
  ];
  for (const [name, volume, want] of optional)
    test(`what is optional may be missing: ${name}`, async () => expect(content(await bench.dirOf(bench.pod(volume)))).toEqual(want));

  test('say what the pod is', async () => {
    const items = [
      { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
      { path: 'notes', fieldRef: { fieldPath: 'metadata.annotations' } },
      { path: 'one', fieldRef: { fieldPath: "metadata.labels['app']" }, mode: 0o400 },
      { path: 'cpu', resourceFieldRef: { containerName: 'app', resource: 'limits.cpu' } },
      { path: 'memory', resourceFieldRef: { containerName: 'app', resource: 'requests.memory', divisor: '1Mi' } },
    ];
    const containers = [{ name: 'app', image: 'x', resources: { requests: { memory: '64Mi' } } }];
    const dir = await bench.dirOf(bench.pod({ downwardAPI: { items } }, { containers }));
    // A limit that is not set is what the node can give.
    expect(content(dir)).toEqual({ labels: 'app="web"', notes: 'note="a \\"b\\""', one: 'web', cpu: '2', memory: '64' });
    expect(mode(join(dir, 'one'))).toBe('400');
  });

  test('of several sources are in one directory, the later one wins', async () => {
    const sources = [
      {
        configMap: {
          name: 'c',
          items: [
            { key: 'a', path: 'same' },
            { key: 'b', path: 'sub/b' },
          ],
        },
      },
      { secret: { name: 's', items: [{ key: 'key', path: 'same', mode: 0o400 }] } },
    ];
    const dir = await bench.dirOf(bench.pod({ projected: { defaultMode: 0o444, sources } }));
    expect([readFileSync(join(dir, 'same'), 'utf8'), mode(join(dir, 'same')), mode(join(dir, 'sub/b'))]).toEqual(['hidden', '400', '444']);
  });

  test('change all at once: one link is swapped, and what is gone goes', async () => {
    const pod = bench.pod({ configMap: { name: 'c' } });
    const dir = await bench.dirOf(pod);
    const before = readlinkSync(join(dir, '..data'));
    await bench.volumes.refresh(pod);
    expect(readlinkSync(join(dir, '..data'))).toBe(before);
    await bench.clock.advance(1_000);
    await bench.change(configMap, 'c', (draft) => {
      draft.data = { a: 'ONE', c: 'three' };
      draft.binaryData = {};
    });
    await bench.volumes.refresh(pod);
    const after = readlinkSync(join(dir, '..data'));
    expect([content(dir), after === before]).toEqual([{ a: 'ONE', c: 'three' }, false]);
    // Nothing of the old is left, and the directory mounted in containers is the same one.
    expect(readdirSync(dir).sort()).toEqual(['..data', after, 'a', 'c'].sort());
  });

  test('survive a writer that was killed half-way', async () => {
    const pod = bench.pod({ configMap: { name: 'c' } });
    const dir = await bench.dirOf(pod);
    mkdirSync(join(dir, '..2020_01_01_00_00_00.1'));
    writeFileSync(join(dir, '..data_tmp'), '');
    await bench.change(configMap, 'c', (draft) => {
      draft.data = { a: 'next' };
      draft.binaryData = {};
    });
    await bench.volumes.refresh(pod);
    expect([content(dir), readdirSync(dir).length]).toEqual([{ a: 'next' }, 3]);
  });

  test('one that cannot be brought up to date does not keep the others from it', async () => {
    const volumes = [
      { name: 'gone', secret: { secretName: 's' } },
      { name: 'v', configMap: { name: 'c' } },
    ];
    const pod = bench.pod({}, { volumes });
    const dir = await bench.dirOf(pod);
    await bench.client.delete(secret, { name: 's', namespace: 'default' });
    await bench.change(configMap, 'c', (draft) => {
      draft.data = { a: 'next' };
    });
    await expect(bench.volumes.refresh(pod)).rejects.toThrow('secret "s" not found');
    expect(readFileSync(join(dir, 'a'), 'utf8')).toBe('next');
  });

  test.runIf(isRoot)('are readable by the group of the pod', async () => {
    const pod = bench.pod({ secret: { secretName: 's', defaultMode: 0o400 } }, { securityContext: { fsGroup: 4321 } });
    const dir = await bench.dirOf(pod);
    const file = statSync(join(dir, 'key'));
    expect([file.gid, mode(join(dir, 'key')), statSync(dir).gid]).toEqual([4321, '440', 4321]);
  });

  test.runIf(isRoot)('of Secrets are not on a disk', async () => {
    const dir = await bench.dirOf(bench.pod({ secret: { secretName: 's' } }));
    expect(dir).toMatch(/^\/(run|dev\/shm)\//);
  });
});

describe('empty directories', () => {
  test('are open to everyone, and keep what is in them', async () => {
    const pod = bench.pod({ emptyDir: {} });
    const dir = await bench.dirOf(pod);
    expect(mode(dir)).toBe('777');
    writeFileSync(join(dir, 'f'), 'x');
    expect(content(await bench.dirOf(pod))).toEqual({ f: 'x' });
  });

  test.runIf(isRoot)('may belong to a group', async () => {
    const dir = await bench.dirOf(bench.pod({ emptyDir: {} }, { securityContext: { fsGroup: 4321 } }));
    expect([statSync(dir).gid, mode(dir)]).toEqual([4321, '2777']);
  });

  test.runIf(isRoot)('in memory are mounts of the size that is asked for, and go with the pod', async () => {
    const pod = bench.pod({ emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } });
    const dir = await bench.dirOf(pod);
    const line = (): string | undefined =>
      readFileSync('/proc/mounts', 'utf8')
        .split('\n')
        .find((it) => it.includes(` ${dir} `));
    expect(line()).toMatch(/^tmpfs .* tmpfs .*size=8192k/);
    expect(mode(dir)).toBe('777');
    await bench.volumes.remove(pod.metadata.uid);
    expect(line()).toBeUndefined();
  });

  test.runIf(isRoot && existsSync('/sys/kernel/mm/hugepages/hugepages-2048kB'))('in huge pages are mounts of their size', async () => {
    const resources = { limits: { 'hugepages-2Mi': '2Mi' } };
    const pod = bench.pod({ emptyDir: { medium: 'HugePages' } }, { containers: [{ name: 'app', resources }] });
    const dir = await bench.dirOf(pod);
    const line = (): string | undefined =>
      readFileSync('/proc/mounts', 'utf8')
        .split('\n')
        .find((it) => it.includes(` ${dir} `));
    expect(line()).toMatch(/ hugetlbfs .*pagesize=2M/);
    expect(mode(dir)).toBe('777');
    await bench.volumes.remove(pod.metadata.uid);
    expect(line()).toBeUndefined();
  });

  test('in memory are volumes of an engine that is elsewhere', async () => {
    const far = await openVolumes({ sharesHost: false });
    const pod = far.pod({ emptyDir: { medium: 'Memory' } });
    expect((await far.volumes.prepare(pod)).get('v')?.source).toEqual({ volume: `peapod_${pod.metadata.uid}_v` });
    await far.volumes.remove(pod.metadata.uid);
    expect(await far.runtime.resources.listVolumes({})).toEqual([]);
    await far.close();
  });
});

describe('paths of the host', () => {
  const cases: Array<[type: NonNullable<core.HostPathVolumeSource['type']>, path: string, want: 'made' | 'fits' | RegExp]> = [
    ['', 'missing', 'fits'],
    ['Directory', 'dir', 'fits'],
    ['Directory', 'file', /is not a directory$/],
    ['DirectoryOrCreate', 'new/deep', 'made'],
    ['DirectoryOrCreate', 'file', /is not a directory$/],
    ['File', 'file', 'fits'],
    ['File', 'dir', /is not a file$/],
    ['FileOrCreate', 'new-file', 'made'],
    ['FileOrCreate', 'dir', /is not a file$/],
    ['Socket', 'socket', 'fits'],
    ['Socket', 'file', /is not a socket file$/],
    ['CharDevice', '/dev/null', 'fits'],
    ['CharDevice', 'file', /is not a character device$/],
    ['BlockDevice', '/dev/null', /is not a block device$/],
  ];
  for (const [type, name, want] of cases)
    test(`${type || 'no type'}: ${name}`, async () => {
      mkdirSync(join(bench.hostDir, 'dir'));
      writeFileSync(join(bench.hostDir, 'file'), '');
      const server = createServer().listen(join(bench.hostDir, 'socket'));
      await new Promise((resolve) => server.once('listening', resolve));
      const path = name.startsWith('/') ? name : join(bench.hostDir, name);
      const prepared = bench.volumes.prepare(bench.pod({ hostPath: { path, type } }));
      if (want instanceof RegExp) await expect(prepared).rejects.toThrow(want);
      else expect((await prepared).get('v')?.source).toEqual({ hostPath: path });
      if (want === 'made') expect(statSync(path).isDirectory()).toBe(type.startsWith('Directory'));
      server.close();
    });
});

describe('claims', () => {
  const volume = { persistentVolumeClaim: { claimName: 'data' } };
  const claim = { metadata: { name: 'data', namespace: 'default', uid: 'c1' }, spec: { volumeName: 'pv' }, status: { phase: 'Bound' } };
  const persistent = { metadata: { name: 'pv' }, spec: { hostPath: { path: '/mnt' }, claimRef: { uid: 'c1' } } };
  const cases: Array<[name: string, claim: object, persistent: object | undefined, want: RegExp]> = [
    ['not bound', { ...claim, status: { phase: 'Pending' } }, persistent, /PVC is not bound$/],
    ['without its volume', claim, undefined, /failed to fetch PV pv from API server: persistentvolumes "pv" not found$/],
    [
      'whose volume is another claim’s',
      claim,
      { ...persistent, spec: { ...persistent.spec, claimRef: { uid: 'c2' } } },
      /ClaimRef.UID c2 does not point to claim.UID c1$/,
    ],
    ['of a block device', { ...claim, spec: { volumeName: 'pv', volumeMode: 'Block' } }, persistent, /mode Block are not supported$/],
    [
      'of a driver that is not here',
      claim,
      { ...persistent, spec: { csi: { driver: 'x.example.com', volumeHandle: 'h' }, claimRef: { uid: 'c1' } } },
      /^MountVolume.SetUp failed for volume "pv" : .*driver name x.example.com not found/,
    ],
  ];
  for (const [name, it, pv, want] of cases)
    test(`one ${name}`, async () => {
      bench.transport.seed(persistentVolumeClaim, it);
      if (pv) bench.transport.seed(persistentVolume, pv);
      await expect(bench.volumes.prepare(bench.pod(volume))).rejects.toThrow(want);
    });

  test('of our own driver are volumes of the engine, and stay when the pod goes', async () => {
    const csi = { driver: 'volume.peapod.dev', volumeHandle: 'peapod-data', volumeAttributes: { cluster: 'test' } };
    bench.transport.seed(persistentVolumeClaim, claim);
    bench.transport.seed(persistentVolume, { ...persistent, spec: { csi, claimRef: { uid: 'c1' } } });
    const pod = bench.pod(volume);
    expect((await bench.volumes.prepare(pod)).get('v')?.source).toEqual({ volume: 'peapod-data' });
    await bench.volumes.remove(pod.metadata.uid);
    expect(await bench.runtime.resources.listVolumes({ 'dev.peapod.cluster': 'test' })).toEqual(['peapod-data']);
  });

  test('a pod may take as its own only a claim that was made for it', async () => {
    bench.transport.seed(persistentVolumeClaim, { ...claim, metadata: { ...claim.metadata, name: 'web-v' } });
    bench.transport.seed(persistentVolume, persistent);
    const pod = bench.pod({ ephemeral: { volumeClaimTemplate: { spec: {} } } });
    await expect(bench.volumes.prepare(pod)).rejects.toThrow('PVC default/web-v was not created for pod default/web (pod is not owner)');
  });
});

test('a type that is not known is refused', () =>
  expect(bench.volumes.prepare(bench.pod({ iscsi: { iqn: 'x' } } as never))).rejects.toThrow('volumes of type iscsi are not supported'));

test.each([
  ['that is not known', 'Other', [], 'storage medium "Other" is not supported'],
  [
    'of pages that nobody asks for',
    'HugePages',
    [],
    'medium HugePages: hugePages storage requested, but there is no resource request for huge pages',
  ],
  [
    'of other pages than are asked for',
    'HugePages-1Gi',
    ['2Mi'],
    'medium HugePages-1Gi: hugePages storage requested, but there is no resource request for huge pages',
  ],
  [
    'that does not say which pages',
    'HugePages',
    ['2Mi', '1Gi'],
    "medium: HugePages can't be used if container requests multiple huge page sizes",
  ],
])('a medium %s is refused', async (_, medium, sizes, why) => {
  const resources = { limits: Object.fromEntries(sizes.map((it) => [`hugepages-${it}`, it])) };
  const pod = bench.pod({ emptyDir: { medium } }, { containers: [{ name: 'app', resources }] });
  await expect(bench.volumes.prepare(pod)).rejects.toThrow(`MountVolume.SetUp failed for volume "v" : ${why}`);
});

test('a source that is not known is refused by name', () =>
  expect(bench.volumes.prepare(bench.pod({ projected: { sources: [{ clusterTrustBundle: { name: 'x', path: 'x' } }] } }))).rejects.toThrow(
    'projected source clusterTrustBundle is not supported',
  ));

describe('tokens', () => {
  const sources = [{ serviceAccountToken: { path: 'token', expirationSeconds: 600 } }];
  const token = (dir: string): string => readFileSync(join(dir, 'token'), 'utf8');
  beforeEach(() => {
    bench.transport.seed(serviceAccount, { metadata: { name: 'default', namespace: 'default' } });
  });

  test('stay as they are, and are replaced in place before they run out', async () => {
    const pod = bench.pod({ projected: { sources } });
    const dir = await bench.dirOf(pod);
    const first = token(dir);
    await bench.volumes.prepare(pod);
    await bench.volumes.refresh(pod);
    expect([token(dir), bench.stale]).toEqual([first, []]);
    await bench.clock.advance(480_000);
    expect(bench.stale).toEqual([pod.metadata.uid]);
    await bench.volumes.refresh(pod);
    expect(token(dir)).not.toBe(first);
  });

  test('of a pod that has gone are not asked for any more', async () => {
    const pod = bench.pod({ projected: { sources } });
    await bench.dirOf(pod);
    await bench.volumes.remove(pod.metadata.uid);
    await bench.clock.advance(480_000);
    expect(bench.stale).toEqual([]);
  });

  const app = (runAsUser?: number): core.Container => ({
    name: 'app',
    image: 'x',
    ...(runAsUser !== undefined && { securityContext: { runAsUser } }),
  });
  // As upstream's conformance test on service accounts wants them.
  const cases: Array<[name: string, spec: Partial<core.PodSpec>, want: [mode: string, uid: number, gid: number]]> = [
    ['nobody in particular', { containers: [app()] }, ['644', 0, 0]],
    ['one user', { securityContext: { runAsUser: 1000 }, containers: [app()] }, ['600', 1000, 0]],
    ['containers of one user', { containers: [app(1001), app(1001)] }, ['600', 1001, 0]],
    ['containers of several users', { containers: [app(1001), app(1002)] }, ['644', 0, 0]],
    ['a group', { securityContext: { fsGroup: 4321 }, containers: [app()] }, ['640', 0, 4321]],
    ['a user and a group', { securityContext: { fsGroup: 4321, runAsUser: 1000 }, containers: [app()] }, ['640', 1000, 4321]],
  ];
  for (const [name, spec, want] of cases)
    test.runIf(isRoot)(`are for ${name}`, async () => {
      const path = join(await bench.dirOf(bench.pod({ projected: { sources } }, spec)), 'token');
      const { uid, gid } = statSync(path);
      expect([mode(path), uid, gid]).toEqual(want);
    });
});

describe('images', () => {
  const volume = { image: { reference: 'data:1' } };

  test.runIf(isRoot)('are seen as their layers on top of each other, and cannot be written to', async () => {
    const [upper = '', lower = ''] = bench.imageLayers;
    writeFileSync(join(lower, 'a'), 'hidden');
    writeFileSync(join(upper, 'a'), 'seen');
    writeFileSync(join(lower, 'b'), 'below');
    mkdirSync(join(lower, 'sub'));
    const pod = bench.pod(volume);
    const prepared = (await bench.volumes.prepare(pod)).get('v');
    const dir = await bench.dirOf(pod);
    expect([prepared?.readOnly, readFileSync(join(dir, 'a'), 'utf8'), readFileSync(join(dir, 'b'), 'utf8')]).toEqual([
      true,
      'seen',
      'below',
    ]);
    expect(await prepared?.subPath('sub')).toEqual({ hostPath: join(dir, 'sub') });
    await bench.volumes.remove(pod.metadata.uid);
    expect([existsSync(dir), readFileSync(join(upper, 'a'), 'utf8')]).toEqual([false, 'seen']);
  });

  test('of an engine that is elsewhere are refused', async () => {
    const far = await openVolumes({ sharesHost: false });
    await expect(far.volumes.prepare(far.pod(volume))).rejects.toThrow(/^MountVolume.SetUp failed for volume "v" : image volumes need /);
    await far.close();
  });
});

test.runIf(isRoot)('a folder of a server that cannot be mounted is told of in the words of the mounter', () =>
  expect(bench.volumes.prepare(bench.pod({ nfs: { server: '127.0.0.1', path: '/none' } }))).rejects.toThrow(
    /^MountVolume.SetUp failed for volume "v" : mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs 127.0.0.1:\/none .*\/v\nOutput: mount/,
  ),
);
