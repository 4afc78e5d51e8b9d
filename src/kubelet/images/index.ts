import type { EventRecorder } from '../../client/index.ts';
import type { core } from '../../kinds/index.ts';
import { backoff } from '../../lib/backoff.ts';
import { type Clock, minutes, seconds } from '../../lib/clock.ts';
import { goDuration } from '../../lib/go-duration.ts';
import type { Log } from '../../lib/log.ts';
import type { Images, ImageState, PullFailed, RegistryLogin } from '../../runtime/index.ts';
import type { ImageFacts } from '../container-spec.ts';
import { Interrupted, messageOf } from '../faults.ts';
import { containerPath } from '../names.ts';
import type { PodImages } from '../parts.ts';
import { loginsFor } from './logins.ts';
import { type Mirrors, namesAtMirrors } from './mirrors.ts';
import { tellWhilePulling } from './progress.ts';
import { createPuller, NoSource, type PullRequest } from './puller.ts';
import { parseReference, type Reference } from './reference.ts';

export { credentialHelper, dockerLogins } from './docker-logins.ts';
export { type CollectionDeps, diskAt, type ImageCollection, removeUnused, startImageCollection } from './collect.ts';
export type { Mirrors } from './mirrors.ts';
export { openPulledImages } from './pulled.ts';

/** No image, no container; `reason` becomes the waiting state. */
export class ImageError extends Error {
  readonly reason:
    | 'ErrImagePull'
    | 'ImagePullBackOff'
    | 'ErrImageNeverPull'
    | 'InvalidImageName'
    | 'RegistryUnavailable'
    | 'SignatureValidationFailed';
  constructor(reason: ImageError['reason'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}

type Deps = {
  images: Images;
  /** Hears of every image that was fetched, or asked for by a pod. */
  onPulled?(name: string, id: string): void;
  onUse?(name: string): void;
  recorder: EventRecorder;
  clock: Clock;
  log: Log;
  mirrors: Mirrors;
  /** How many images are pulled at a time. */
  parallelPulls: number;
  secret(namespace: string, name: string): Promise<core.Secret | undefined>;
  /** What the user of this machine is logged in to. */
  userLogins(image: string): Promise<readonly RegistryLogin[]>;
};
type Tell = (type: 'Normal' | 'Warning', reason: string, message: string, series?: string) => void;
type Failure = { count: number; until: number; message: string };
const [firstWait, longestWait] = [seconds(10), minutes(5)];

/** Sees to it that a container's image is there, as its pull policy says (kubelet's image manager). */
export function createImages(deps: Deps): PodImages {
  const { images, recorder, clock, log, mirrors, secret, userLogins } = deps;
  const puller = createPuller({ images, clock, log, places: deps.parallelPulls });
  /** By pod and image, as upstream. */
  const failures = new Map<string, Failure>();
  const forgetOld = (now: number): void => {
    for (const [key, { until }] of failures) if (now - until > longestWait) failures.delete(key);
  };

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

  /** Mirrors first: where they are needed, the registry itself answers late or never. */
  async function requestFor(pod: core.Pod, name: string, atMirrors: readonly string[]): Promise<PullRequest> {
    const secrets = await secretsOf(pod);
    const sources = [...atMirrors.map((reference) => ({ reference, isMirror: true })), { reference: name, isMirror: false }].map(
      async (it) => ({ ...it, logins: [...loginsFor(it.reference, secrets), ...(await userLogins(it.reference))] }),
    );
    return { name, sources: await Promise.all(sources) };
  }

  /** An image that is asked for by its digest keeps the name a mirror gave it. */
  async function find(name: string, reference: Reference, atMirrors: readonly string[]): Promise<ImageState | undefined> {
    for (const one of reference.digest ? [name, ...atMirrors] : [name]) {
      const image = await images.inspect(one);
      if (image) return image;
    }
    return undefined;
  }

  async function pull(pod: core.Pod, name: string, atMirrors: readonly string[], tell: Tell, signal: AbortSignal): Promise<ImageState> {
    tell('Normal', 'Pulling', `Pulling image ${quoted(name)}`);
    const begun = clock.now();
    const request = await requestFor(pod, name, atMirrors);
    const { outcome, state } = puller.pull(request, signal);
    const stop = tellWhilePulling(clock, state, (how) => tell('Normal', 'Pulling', `Pulling image ${quoted(name)}: ${how}`, name));
    try {
      const { image, from, took, faults } = await outcome;
      tellFaults(tell, name, faults);
      const spans = `in ${goDuration(took)} (${goDuration(clock.now() - begun)} including waiting)`;
      const mirror = from.isMirror ? ` It came from the mirror ${quoted(from.reference)}.` : '';
      tell('Normal', 'Pulled', `Successfully pulled image ${quoted(name)} ${spans}. Image size: ${image.sizeBytes} bytes.${mirror}`);
      return image;
    } catch (error) {
      if (error instanceof NoSource) tellFaults(tell, name, error.mirrors);
      throw error;
    } finally {
      stop();
    }
  }

  return {
    async ensure(pod, container, signal) {
      const name = container.image ?? '';
      const fieldPath = containerPath(pod, container.name);
      const tell: Tell = (type, reason, message, series) =>
        recorder.record(pod, type, reason, message, { fieldPath, ...(series !== undefined && { series }) });
      const reference = parseReference(name);
      if ('fault' in reference) {
        const message = `Failed to apply default image tag ${quoted(name)}: couldn't parse image name ${quoted(name)}: ${reference.fault}`;
        tell('Warning', 'InspectFailed', message);
        throw new ImageError('InvalidImageName', message);
      }
      deps.onUse?.(name);
      const atMirrors = namesAtMirrors(reference, mirrors);
      const policy = container.imagePullPolicy ?? 'IfNotPresent';
      const present = await find(name, reference, atMirrors);
      if (present && policy !== 'Always') {
        tell('Normal', 'Pulled', `Container image ${quoted(name)} already present on machine`);
        return factsOf(present);
      }
      if (policy === 'Never') {
        const message = `Container image ${quoted(name)} is not present with pull policy of Never`;
        tell('Warning', 'ErrImageNeverPull', message);
        throw new ImageError('ErrImageNeverPull', message);
      }
      const key = `${pod.metadata.uid}/${name}`;
      const failed = failures.get(key);
      if (failed && clock.now() < failed.until) {
        const message = `Back-off pulling image ${quoted(name)}`;
        tell('Normal', 'BackOff', message);
        throw new ImageError('ImagePullBackOff', `${message}: ${failed.message}`);
      }
      try {
        const image = await pull(pod, name, atMirrors, tell, signal);
        failures.delete(key);
        // What was here before is not ours, even if a registry has it as well.
        if (image.id !== present?.id) deps.onPulled?.(name, image.id);
        return factsOf(image);
      } catch (error) {
        if (error instanceof Interrupted) throw error;
        const why = messageOf(error);
        const fallback = present && error instanceof NoSource ? whyPresentServes(present, error.kind, name) : undefined;
        if (present && fallback) {
          tell('Warning', fallback.reason, `${fallback.message} (${why}); the image on this machine is used`);
          return factsOf(present);
        }
        log.debug('an image could not be pulled', { image: name, error: why });
        const { reason, message } = reasonOfPull(name, error);
        const count = (failed?.count ?? 0) + 1;
        forgetOld(clock.now());
        const until = clock.now() + backoff(count - 1, firstWait, longestWait);
        failures.set(key, { count, until, message: `${reason}: ${message}` });
        tell('Warning', 'Failed', `Failed to pull image ${quoted(name)}: ${why}`);
        throw new ImageError(reason, message, { cause: error });
      }
    },
  };
}

const quoted = (name: string): string => JSON.stringify(name);

function tellFaults(tell: Tell, name: string, faults: ReadonlyArray<{ reference: string; message: string }>): void {
  for (const it of faults)
    tell('Warning', 'MirrorFailed', `The mirror ${quoted(it.reference)} does not give image ${quoted(name)}: ${it.message}`);
}

/** Why a pull that failed is no matter: we are offline, or the image was built here and no registry has ever had it. */
function whyPresentServes(present: ImageState, kind: PullFailed['kind'], name: string): { reason: string; message: string } | undefined {
  if (kind === 'unreachable' || kind === 'unavailable')
    return { reason: 'RegistryUnreachable', message: `The registry of ${JSON.stringify(name)} cannot be reached` };
  const isOwn = present.digests.length === 0 && (kind === 'not-found' || kind === 'denied');
  return isOwn ? { reason: 'ImageNotInRegistry', message: `The registry does not give ${JSON.stringify(name)}` } : undefined;
}

/** The waiting state a failed pull leads to (kubelet's evalCRIPullErr). */
function reasonOfPull(name: string, error: unknown): { reason: ImageError['reason']; message: string } {
  const kind = error instanceof NoSource ? error.kind : 'other';
  const why = messageOf(error);
  if (kind === 'unavailable')
    return { reason: 'RegistryUnavailable', message: `image pull failed for ${name} because the registry is unavailable: ${why}` };
  if (kind === 'signature')
    return {
      reason: 'SignatureValidationFailed',
      message: `image pull failed for ${name} because the signature validation failed: ${why}`,
    };
  return { reason: 'ErrImagePull', message: why };
}

const factsOf = (image: ImageState): ImageFacts => ({
  imageId: image.id,
  imageRef: image.digests[0] ? `docker-pullable://${image.digests[0]}` : `docker://${image.id}`,
  user: image.user,
});
