import { expect, test } from 'vitest';
import type { core } from '../kinds/index.ts';
import type { Mount } from '../runtime/index.ts';
import { mountsOf, type PreparedVolume, readsRecursively } from './mounts.ts';
import { VolumeError } from './volumes/index.ts';

const volume = (readOnly = false): PreparedVolume => ({
  source: { hostPath: '/v' },
  readOnly,
  subPath: (path) => {
    if (path === 'bad') throw new VolumeError('leads out of the volume');
    return { hostPath: `/v/${path}` };
  },
});
const volumes = new Map([
  ['data', volume()],
  ['fixed', volume(true)],
]);
const env = new Map([
  ['NAME', 'web'],
  ['EMPTY', ''],
  ['UP', '../x'],
  ['ROOT', '/x'],
]);
const mounts = (mount: Partial<core.VolumeMount>, recursiveReadOnly = false): Promise<Mount[]> =>
  mountsOf({ name: 'app', volumeMounts: [{ name: 'data', mountPath: '/data', ...mount }] }, volumes, env, { recursiveReadOnly });

const cases: Array<[name: string, mount: Partial<core.VolumeMount>, want: Mount]> = [
  ['as it is', {}, { source: { hostPath: '/v' }, target: '/data', readOnly: false }],
  ['a path that is not absolute', { mountPath: 'data' }, { source: { hostPath: '/v' }, target: '/data', readOnly: false }],
  ['to be read', { readOnly: true }, { source: { hostPath: '/v' }, target: '/data', readOnly: true }],
  ['a volume to be read', { name: 'fixed' }, { source: { hostPath: '/v' }, target: '/data', readOnly: true }],
  ['a part', { subPath: 'a/b' }, { source: { hostPath: '/v/a/b' }, target: '/data', readOnly: false }],
  [
    'a part by variables',
    { subPathExpr: 'logs/$(NAME)/$$(NAME)' },
    { source: { hostPath: '/v/logs/web/$(NAME)' }, target: '/data', readOnly: false },
  ],
  [
    'news from the host',
    { mountPropagation: 'HostToContainer' },
    { source: { hostPath: '/v' }, target: '/data', readOnly: false, propagation: 'rslave' },
  ],
  [
    'news both ways',
    { mountPropagation: 'Bidirectional' },
    { source: { hostPath: '/v' }, target: '/data', readOnly: false, propagation: 'rshared' },
  ],
  ['no news', { mountPropagation: 'None' }, { source: { hostPath: '/v' }, target: '/data', readOnly: false }],
  [
    'recursion if possible',
    { readOnly: true, recursiveReadOnly: 'IfPossible' },
    { source: { hostPath: '/v' }, target: '/data', readOnly: true },
  ],
];
for (const [name, mount, want] of cases) test(name, async () => expect(await mounts(mount)).toEqual([want]));

test('recursion where the engine sees to it', async () =>
  expect(await mounts({ readOnly: true, recursiveReadOnly: 'Enabled' }, true)).toMatchObject([{ readOnly: true }]));

test.each([
  ['1.41', '6.1.0-18-amd64', false],
  ['1.44', '5.10.0', false],
  ['1.44', '5.12.1', true],
  ['1.51', '6.8.0-generic', true],
])('an engine of API %s on Linux %s', (apiVersion, kernel, want) => expect(readsRecursively({ apiVersion, kernel })).toBe(want));

const refusals: Array<[mount: Partial<core.VolumeMount>, message: string]> = [
  [{ name: 'none' }, 'cannot find volume "none" to mount into container "app"'],
  [{ subPathExpr: '$(NONE)/$(EMPTY)/$(NAME)' }, 'missing value for EMPTY, NONE'],
  [{ subPathExpr: '$(ROOT)' }, 'error SubPath `/x` must not be an absolute path'],
  [{ subPathExpr: '$(UP)' }, "unable to provision SubPath `../x`: must not contain '..'"],
  [{ subPath: 'bad' }, 'failed to prepare subPath for volumeMount "data" of container "app": leads out of the volume'],
  [
    { readOnly: true, recursiveReadOnly: 'Enabled' },
    'volume "data" requested recursive read-only mode, but it is not supported by the runtime',
  ],
  [{ recursiveReadOnly: 'Enabled' }, 'volume "data" requested recursive read-only mode, but it is not read-only'],
];
for (const [mount, message] of refusals) test(message, () => expect(mounts(mount)).rejects.toThrow(message));
