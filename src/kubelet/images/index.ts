import type { EventRecorder } from '../../client/index.ts';
import type { core } from '../../kinds/index.ts';
import { backoff } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { type Images, type ImageState, PullFailed, type RegistryLogin } from '../../runtime/index.ts';
import type { ImageFacts } from '../container-spec.ts';
import { containerPath } from '../names.ts';
import { loginsFor } from './logins.ts';

/** No image, no container; `reason` becomes the waiting state. */
export class ImageError extends Error {
  readonly reason: 'ErrImagePull' | 'ImagePullBackOff' | 'ErrImageNeverPull' | 'InvalidImageName';
  constructor(reason: ImageError['reason'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}

type Deps = {
  images: Images;
  recorder: EventRecorder;
  clock: Clock;
  log: Log;
  secret(namespace: string, name: string): Promise<core.Secret | undefined>;
};
type Failure = { count: number; until: number; message: string };
const [firstWait, longestWait] = [10_000, 300_000];

/** Repository path with optional registry, tag and digest (distribution's reference grammar). */
const referenceForm =
  /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+:[a-f0-9]{32,})?$/;

export function createImages({ images, recorder, clock, log, secret }: Deps): {
  ensure(pod: core.Pod, container: core.Container): Promise<ImageFacts>;
} {
  /** By pod and image, as upstream. */
  const failures = new Map<string, Failure>();
  const forgetOld = (now: number): void => {
    for (const [key, { until }] of failures) if (now - until > longestWait) failures.delete(key);
  };
  const pulls = new Map<string, Promise<ImageState>>();
  const factsOf = (image: ImageState): ImageFacts => ({
    imageId: image.id,
    imageRef: image.digests[0] ? `docker-pullable://${image.digests[0]}` : `docker://${image.id}`,
    user: image.user,
  });

  /** With each login until one serves. Several containers may want the same image: one pull serves them all. */
  function pull(name: string, logins: readonly RegistryLogin[]): Promise<ImageState> {
    const key = [name, ...logins.map((it) => `${it.server} ${it.username}`)].join('\n');
    const known = pulls.get(key);
    if (known) return known;
    const attempt = async (): Promise<ImageState> => {
      let fault: unknown;
      for (const login of logins.length > 0 ? logins : [undefined]) {
        try {
          return await images.pull(name, login);
        } catch (error) {
          fault = error;
        }
      }
      throw fault;
    };
    const begun = attempt().finally(() => pulls.delete(key));
    pulls.set(key, begun);
    return begun;
  }

  async function secretsOf(pod: core.Pod): Promise<core.Secret[]> {
    const names = (pod.spec.imagePullSecrets ?? []).flatMap(({ name }) => (name ? [name] : []));
    const found = await Promise.all(names.map((name) => secret(pod.metadata.namespace ?? '', name)));
    const missing = names.filter((_, i) => !found[i]);
    if (missing.length > 0) {
      const message = `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`;
      recorder.record(pod, 'Warning', 'FailedToRetrieveImagePullSecret', message);
    }
    return found.filter((it) => it !== undefined);
  }

  return {
    async ensure(pod, container) {
      const name = container.image ?? '';
      const tell = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
        recorder.record(pod, type, reason, message, { fieldPath: containerPath(pod, container.name) });
      if (!referenceForm.test(name) && !/^sha256:[a-f0-9]{64}$/.test(name)) {
        const message = `Failed to apply default image tag ${JSON.stringify(name)}: couldn't parse image name ${JSON.stringify(name)}: invalid reference format`;
        tell('Warning', 'InspectFailed', message);
        throw new ImageError('InvalidImageName', message);
      }
      const policy = container.imagePullPolicy ?? 'IfNotPresent';
      const present = await images.inspect(name);
      if (present && policy !== 'Always') {
        tell('Normal', 'Pulled', `Container image ${JSON.stringify(name)} already present on machine`);
        return factsOf(present);
      }
      if (policy === 'Never') {
        const message = `Container image ${JSON.stringify(name)} is not present with pull policy of Never`;
        tell('Warning', 'ErrImageNeverPull', message);
        throw new ImageError('ErrImageNeverPull', message);
      }
      const key = `${pod.metadata.uid}/${name}`;
      const failed = failures.get(key);
      if (failed && clock.now() < failed.until && !present) {
        const message = `Back-off pulling image ${JSON.stringify(name)}`;
        tell('Normal', 'BackOff', message);
        throw new ImageError('ImagePullBackOff', `${message}: ErrImagePull: ${failed.message}`);
      }
      tell('Normal', 'Pulling', `Pulling image ${JSON.stringify(name)}`);
      const begun = clock.now();
      try {
        const image = await pull(name, loginsFor(name, await secretsOf(pod)));
        failures.delete(key);
        const span = `${((clock.now() - begun) / 1000).toFixed(3).replace(/\.?0+$/, '')}s`;
        tell(
          'Normal',
          'Pulled',
          `Successfully pulled image ${JSON.stringify(name)} in ${span} (${span} including waiting). Image size: ${image.sizeBytes} bytes.`,
        );
        return factsOf(image);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        const fallback = present && error instanceof PullFailed ? whyPresentServes(present, error, name) : undefined;
        if (present && fallback) {
          tell('Warning', fallback.reason, `${fallback.message} (${why}); the image on this machine is used`);
          return factsOf(present);
        }
        log.debug('an image could not be pulled', { image: name, error: why });
        const count = (failed?.count ?? 0) + 1;
        forgetOld(clock.now());
        failures.set(key, { count, until: clock.now() + backoff(count - 1, firstWait, longestWait), message: why });
        tell('Warning', 'Failed', `Failed to pull image ${JSON.stringify(name)}: ${why}`);
        throw new ImageError('ErrImagePull', why, { cause: error });
      }
    },
  };
}

/** Why a pull that failed is no matter: we are offline, or the image was built here and no registry has ever had it. */
function whyPresentServes(present: ImageState, { kind }: PullFailed, name: string): { reason: string; message: string } | undefined {
  if (kind === 'unreachable')
    return { reason: 'RegistryUnreachable', message: `The registry of ${JSON.stringify(name)} cannot be reached` };
  const isOwn = present.digests.length === 0 && (kind === 'not-found' || kind === 'denied');
  return isOwn ? { reason: 'ImageNotInRegistry', message: `The registry does not give ${JSON.stringify(name)}` } : undefined;
}
