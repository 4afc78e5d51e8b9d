import { beforeEach, describe, expect, test } from 'vitest';
import { podForTests } from '../../../test/fixtures/kubelet/pods.ts';
import type { core } from '../../kinds/index.ts';
import { silentLog } from '../../lib/log.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import { type Images, type ImageState, PullFailed, type PullOptions, type RegistryLogin } from '../../runtime/index.ts';
import { createImages, type Mirrors } from './index.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const image = (digests: string[] = []): ImageState => ({
  ...{ id: 'sha256:1', tags: ['web:1'], digests, user: '', sizeBytes: 7, stopSignal: '', entrypoint: [], command: [] },
});

let clock: VirtualClock;
let present: ImageState | undefined;
/** What the registry says to a login. */
let registry: (login: RegistryLogin | undefined, reference: string) => ImageState | PullFailed;
let asked: Array<string | undefined>;
let events: string[];
let images: ReturnType<typeof createImages>;
/** What happens while an image is pulled. */
let meanwhile: (signal: AbortSignal | undefined, onProgress: PullOptions['onProgress']) => Promise<void>;
/** What the engine has besides `web:1`, and what was done to names. */
let others: Map<string, ImageState>;
let renamed: string[];
let setUp: (more?: { mirrors?: Mirrors; own?: RegistryLogin[] }) => void;
beforeEach(() => {
  clock = new VirtualClock();
  present = undefined;
  registry = () => image(['web@sha256:2']);
  asked = [];
  events = [];
  meanwhile = async () => {};
  others = new Map();
  renamed = [];
  const engine: Images = {
    inspect: async (reference) => others.get(reference) ?? present,
    async pull(reference, login, { signal, onProgress } = {}) {
      asked.push(login?.username);
      await meanwhile(signal, onProgress);
      const answer = registry(login, reference);
      if (answer instanceof PullFailed) throw answer;
      present = answer;
      return answer;
    },
    tag: async (reference, name) => void renamed.push(`${reference} is ${name}`),
    untag: async (name) => void renamed.push(`${name} is no more`),
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
  setUp = ({ mirrors = [], own = [] } = {}) => {
    images = createImages({
      ...{ images: engine, clock, log: silentLog, mirrors, parallelPulls: 2 },
      userLogins: async () => own,
      recorder: { record: (_object, type, reason, message) => void events.push(`${type} ${reason} ${message}`) },
      secret: async (_namespace, name) => (name === 'pull' ? pull : undefined),
    });
  };
  setUp();
});

const never = new AbortController().signal;
const ensure = (container: Partial<core.Container> = {}, spec: Partial<core.PodSpec> = {}, uid = 'u1', signal = never) =>
  images.ensure(podForTests(spec, { uid }), { name: 'app', image: 'web:1', ...container }, signal);
/** Lets everything happen that waits for no time. */
const settle = () => clock.advance(0);
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

test("the user's own logins come after those of the pod", async () => {
  setUp({ own: [{ username: 'me', password: 'x', server: 'r.io' }] });
  registry = (login) => (login?.username === 'me' ? image() : failed('denied', `no to ${login?.username}`));
  await ensure({ image: 'r.io/web' }, { imagePullSecrets: [{ name: 'pull' }] });
  expect(asked).toEqual(['a', 'me']);
});

test('what several logins got to hear is told as one', async () => {
  registry = (login) => failed('denied', `no to ${login?.username}`);
  await expect(ensure({ image: 'r.io/team/web' }, { imagePullSecrets: [{ name: 'pull' }] })).rejects.toMatchObject({
    message: '[no to b, no to a]',
  });
});

test('a registry that is not behind its front, or a signature that is not right, has a reason of its own', async () => {
  registry = () => failed('unavailable');
  const message = 'image pull failed for web:1 because the registry is unavailable: it is so';
  await expect(ensure()).rejects.toMatchObject({ reason: 'RegistryUnavailable', message });
  await expect(ensure()).rejects.toMatchObject({ message: `Back-off pulling image "web:1": RegistryUnavailable: ${message}` });
  registry = () => failed('signature');
  await expect(ensure({}, {}, 'u2')).rejects.toMatchObject({ reason: 'SignatureValidationFailed' });
});

describe('mirrors', () => {
  const mirrors: Mirrors = [{ prefix: 'gcr.io', targets: ['one.example', 'two.example/{dotted}'] }];
  const name = 'gcr.io/team/web:1';
  beforeEach(() => setUp({ mirrors }));

  test('are asked first; the image gets its own name, and the event says where it came from', async () => {
    registry = (_login, reference) => (reference.startsWith('two') ? image() : failed('not-found', 'no such image'));
    await ensure({ image: name });
    expect(renamed).toEqual([`two.example/team.web:1 is ${name}`, 'two.example/team.web:1 is no more']);
    expect(events.slice(1)).toEqual([
      `Warning MirrorFailed The mirror "one.example/team/web:1" does not give image "${name}": no such image`,
      `Normal Pulled Successfully pulled image "${name}" in 0s (0s including waiting). Image size: 7 bytes. It came from the mirror "two.example/team.web:1".`,
    ]);
  });

  test('leave a name of theirs that was there before', async () => {
    others.set('one.example/team/web:1', image());
    await ensure({ image: name });
    expect(renamed).toEqual([`one.example/team/web:1 is ${name}`]);
  });

  test('that have nothing leave it to the registry, whose fault is the one that counts', async () => {
    registry = (_login, reference) => (reference.startsWith('gcr.io') ? image() : failed('unreachable'));
    await ensure({ image: name });
    expect(renamed).toEqual([]);
    registry = (_login, reference) => failed('not-found', `no ${reference}`);
    present = undefined;
    await expect(ensure({ image: name })).rejects.toMatchObject({ reason: 'ErrImagePull', message: `no ${name}` });
    expect(events.filter((it) => it.includes('MirrorFailed'))).toHaveLength(4);
  });

  test('give an image by its digest, which keeps their name', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    await ensure({ image: `gcr.io/web@${digest}` });
    expect(renamed).toEqual([]);
    present = undefined;
    others.set(`two.example/web@${digest}`, image());
    await ensure({ image: `gcr.io/web@${digest}` });
    expect(asked).toHaveLength(1);
  });

  test('are not asked for images of others', async () => {
    await ensure({ image: 'quay.io/web' });
    expect([asked.length, renamed]).toEqual([1, []]);
  });
});

describe('a pull that takes long', () => {
  let go: () => void;
  let stopped: number;
  beforeEach(() => {
    stopped = 0;
    meanwhile = (signal, onProgress) =>
      new Promise((resolve, reject) => {
        go = resolve;
        onProgress?.({ layers: 3, layersDone: 1, bytes: 1_500_000, totalBytes: 8_000_000 });
        signal?.addEventListener('abort', () => {
          stopped++;
          reject(signal.reason);
        });
      });
  });

  test('is told of every ten seconds', async () => {
    const done = ensure();
    await clock.advance(25_000);
    const told = 'Normal Pulling Pulling image "web:1": 1 of 3 layers done, 1.5 of 8.0 MB fetched';
    expect(events).toEqual(['Normal Pulling Pulling image "web:1"', told, told]);
    go();
    await done;
    await clock.advance(60_000);
    expect(events.slice(3)).toEqual([
      'Normal Pulled Successfully pulled image "web:1" in 25s (25s including waiting). Image size: 7 bytes.',
    ]);
  });

  test('ends when nobody wants the image any more', async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const both = [ensure({}, {}, 'u1', one.signal), ensure({}, {}, 'u2', two.signal)];
    const outcomes = Promise.allSettled(both);
    await settle();
    one.abort();
    expect(stopped).toBe(0);
    two.abort();
    expect(stopped).toBe(1);
    expect((await outcomes).map((it) => it.status)).toEqual(['rejected', 'rejected']);
    // No failure of the image: who wants it then has it pulled anew.
    expect(events.filter((it) => it.includes('Failed'))).toEqual([]);
    meanwhile = async () => {};
    await ensure({}, {}, 'u1');
    expect(asked).toHaveLength(2);
  });

  test('lets only so many others go on beside it', async () => {
    const all = ['a', 'b', 'c'].map((image) => ensure({ image }));
    await clock.advance(11_000);
    expect(asked).toHaveLength(2);
    expect(events).toContain('Normal Pulling Pulling image "c": others are being pulled first');
    go();
    await settle();
    expect(asked).toHaveLength(3);
    go();
    await Promise.all(all.slice(1));
  });
});
