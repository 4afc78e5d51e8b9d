import { beforeEach, describe, expect, test } from 'vitest';
import { podForTests } from '../../../test/fixtures/kubelet/pods.ts';
import type { core } from '../../kinds/index.ts';
import { silentLog } from '../../lib/log.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import { type Images, type ImageState, PullFailed, type RegistryLogin } from '../../runtime/index.ts';
import { createImages } from './index.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const image = (digests: string[] = []): ImageState => ({
  ...{ id: 'sha256:1', tags: ['web:1'], digests, user: '', sizeBytes: 7, stopSignal: '', entrypoint: [], command: [] },
});

let clock: VirtualClock;
let present: ImageState | undefined;
/** What the registry says to a login. */
let registry: (login: RegistryLogin | undefined) => ImageState | PullFailed;
let asked: Array<string | undefined>;
let events: string[];
let images: ReturnType<typeof createImages>;
beforeEach(() => {
  clock = new VirtualClock();
  present = undefined;
  registry = () => image(['web@sha256:2']);
  asked = [];
  events = [];
  const engine: Images = {
    inspect: async () => present,
    async pull(_reference, login) {
      asked.push(login?.username);
      const answer = registry(login);
      if (answer instanceof PullFailed) throw answer;
      present = answer;
      return answer;
    },
    list: async () => [],
  };
  const pull: core.Secret = {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', uid: 'u', resourceVersion: '1', creationTimestamp: '' } },
    data: {
      '.dockerconfigjson': base64(
        JSON.stringify({ auths: { 'r.io': { username: 'a', password: 'x' }, 'r.io/team': { username: 'b', password: 'y' } } }),
      ),
    },
  };
  images = createImages({
    ...{ images: engine, clock, log: silentLog },
    recorder: { record: (_object, type, reason, message) => void events.push(`${type} ${reason} ${message}`) },
    secret: async (_namespace, name) => (name === 'pull' ? pull : undefined),
  });
});

const ensure = (container: Partial<core.Container> = {}, spec: Partial<core.PodSpec> = {}, uid = 'u1') =>
  images.ensure(podForTests(spec, { uid }), { name: 'app', image: 'web:1', ...container });
const failed = (kind: PullFailed['kind'], text = 'it is so'): PullFailed => new PullFailed(kind, text);

describe('an image that is there', () => {
  test('is taken as it is', async () => {
    present = image(['web@sha256:2']);
    expect(await ensure()).toEqual({ imageId: 'sha256:1', imageRef: 'docker-pullable://web@sha256:2', user: '' });
    expect([asked, events]).toEqual([[], ['Normal Pulled Container image "web:1" already present on machine']]);
  });

  const always = { imagePullPolicy: 'Always' as const };
  const cases: Array<[name: string, digests: string[], answer: PullFailed, event: RegExp | undefined]> = [
    [
      'is used when its registry cannot be reached',
      ['web@sha256:2'],
      failed('unreachable'),
      /^Warning RegistryUnreachable .*; the image on this machine is used$/,
    ],
    [
      'and was built here is used when no registry knows it',
      [],
      failed('denied'),
      /^Warning ImageNotInRegistry The registry does not give "web:1" \(it is so\); /,
    ],
    ['and came from a registry is not used when that no longer has it', ['web@sha256:2'], failed('not-found'), undefined],
    ['is not used when the pull failed otherwise', [], failed('other'), undefined],
  ];
  for (const [name, digests, answer, event] of cases)
    test(`with the policy Always: ${name}`, async () => {
      present = image(digests);
      registry = () => answer;
      if (!event) return expect(ensure(always)).rejects.toMatchObject({ reason: 'ErrImagePull', message: 'it is so' });
      expect((await ensure(always)).imageId).toBe('sha256:1');
      expect(events.at(-1)).toMatch(event);
    });
});

describe('an image that is not there', () => {
  test('is pulled, once for all who want it', async () => {
    await Promise.all([ensure(), ensure(), ensure({}, {}, 'u2')]);
    expect(asked).toHaveLength(1);
    expect(events.filter((it) => it.startsWith('Normal Pulling Pulling image "web:1"'))).toHaveLength(3);
    expect(events).toContain('Normal Pulled Successfully pulled image "web:1" in 0s (0s including waiting). Image size: 7 bytes.');
  });

  test('is never pulled with the policy Never', async () => {
    const message = 'Container image "web:1" is not present with pull policy of Never';
    await expect(ensure({ imagePullPolicy: 'Never' })).rejects.toMatchObject({ reason: 'ErrImageNeverPull', message });
    expect(events).toEqual([`Warning ErrImageNeverPull ${message}`]);
  });

  test('and has no name that could be one is not asked for', async () => {
    await expect(ensure({ image: 'No/Name' })).rejects.toMatchObject({ reason: 'InvalidImageName' });
    expect(asked).toEqual([]);
  });

  test('is asked for ever more rarely by a pod', async () => {
    registry = () => failed('not-found');
    await expect(ensure()).rejects.toMatchObject({ reason: 'ErrImagePull', message: 'it is so' });
    await clock.advance(9_000);
    await expect(ensure()).rejects.toMatchObject({
      reason: 'ImagePullBackOff',
      message: 'Back-off pulling image "web:1": ErrImagePull: it is so',
    });
    await clock.advance(2_000);
    await expect(ensure()).rejects.toMatchObject({ reason: 'ErrImagePull' });
    await clock.advance(11_000);
    await expect(ensure()).rejects.toMatchObject({ reason: 'ImagePullBackOff' });
    expect(asked).toHaveLength(2);
    // Another pod is another try.
    await expect(ensure({}, {}, 'u2')).rejects.toMatchObject({ reason: 'ErrImagePull' });
    await clock.advance(10_000);
    registry = () => image();
    await ensure();
  });
});

describe('pull secrets', () => {
  const secrets = { imagePullSecrets: [{ name: 'pull' }, { name: 'gone' }] };
  test('are tried, the closest first; one that is missing is told', async () => {
    registry = (login) => (login?.username === 'a' ? image() : failed('denied'));
    await ensure({ image: 'r.io/team/web' }, secrets);
    expect(asked).toEqual(['b', 'a']);
    expect(events).toContain(
      'Warning FailedToRetrieveImagePullSecret Unable to retrieve some image pull secrets (gone); attempting to pull the image may not succeed.',
    );
  });

  test('of other registries are not shown to this one', async () => {
    await ensure({ image: 'else.io/web' }, secrets);
    expect(asked).toEqual([undefined]);
  });
});
