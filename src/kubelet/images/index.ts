import type { EventRecorder } from '../../client/index.ts';
import type { core } from '../../kinds/index.ts';
import { backoff } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { type Images, type ImageState, PullFailed } from '../../runtime/index.ts';
import type { ImageFacts } from '../container-spec.ts';
import { containerPath } from '../names.ts';

/** No image, no container; `reason` becomes the waiting state. */
export class ImageError extends Error {
  readonly reason: 'ErrImagePull' | 'ImagePullBackOff' | 'ErrImageNeverPull' | 'InvalidImageName';
  constructor(reason: ImageError['reason'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}

type Deps = { images: Images; recorder: EventRecorder; clock: Clock; log: Log };
type Failure = { count: number; until: number; message: string };
const [firstWait, longestWait] = [10_000, 300_000];

/** Repository path with optional registry, tag and digest (distribution's reference grammar). */
const referenceForm =
  /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+:[a-f0-9]{32,})?$/;

export function createImages({ images, recorder, clock, log }: Deps): {
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
        // Several containers may want the same image: one pull serves them all.
        let pull = pulls.get(name);
        if (!pull) {
          pull = images.pull(name, undefined).finally(() => pulls.delete(name));
          pulls.set(name, pull);
        }
        const image = await pull;
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
        if (present && error instanceof PullFailed && error.kind === 'unreachable') {
          // Offline with the image at hand: it runs, and says so.
          tell(
            'Warning',
            'RegistryUnreachable',
            `The registry of ${JSON.stringify(name)} cannot be reached (${why}); the image on this machine is used`,
          );
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
