import type { Clock, Milliseconds } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { type Images, type ImageState, PullFailed, type PullProgress, type RegistryLogin } from '../../runtime/index.ts';
import { Interrupted, messageOf } from '../faults.ts';
import { createStartGate } from '../start-gate.ts';

/** One place an image can be had from, with the logins to try there, the closest first. */
export type Source = { reference: string; isMirror: boolean; logins: readonly RegistryLogin[] };
/** `sources` in the order they are to be asked. */
export type PullRequest = { name: string; sources: readonly Source[] };
export type Pulled = {
  image: ImageState;
  from: Source;
  /** How long the pull itself took. */
  took: Milliseconds;
  /** Mirrors that did not have it. */
  faults: readonly SourceFault[];
};
export type SourceFault = { reference: string; message: string };
/** How far a pull is: undefined while others go first. */
export type PullState = { from: Source; progress: PullProgress | undefined } | undefined;

export type Puller = {
  /**
   * Pulls an image, or joins those who wait for the same one with the same logins. When `signal` aborts, the caller no
   * longer wants it; when nobody does, the engine stops.
   */
  pull(request: PullRequest, signal: AbortSignal): { outcome: Promise<Pulled>; state(): PullState };
};

/** An image could be had nowhere: the registry's own fault, and what the mirrors said. */
export class NoSource extends Error {
  readonly kind: PullFailed['kind'];
  readonly mirrors: readonly SourceFault[];
  constructor(fault: PullFailed, mirrors: readonly SourceFault[]) {
    super(fault.message, { cause: fault });
    this.kind = fault.kind;
    this.mirrors = mirrors;
  }
}

/** A pull that somebody waits for. */
type Flight = { abort: AbortController; state: PullState; wanted: number };

/** `places`: how many images are pulled at a time; the others wait their turn. */
export function createPuller({ images, clock, log, places }: { images: Images; clock: Clock; log: Log; places: number }): Puller {
  const gate = createStartGate(places);
  const flights = new Map<string, { flight: Flight; outcome: Promise<Pulled> }>();

  function begin(key: string, request: PullRequest): { flight: Flight; outcome: Promise<Pulled> } {
    const flight: Flight = { abort: new AbortController(), state: undefined, wanted: 0 };
    const outcome = gate.run([0], () => fromFirst(request, flight)).finally(() => forget(key, flight));
    // When all have left nobody looks at it.
    outcome.catch(() => {});
    const begun = { flight, outcome };
    flights.set(key, begun);
    return begun;
  }

  const forget = (key: string, flight: Flight): void => {
    if (flights.get(key)?.flight === flight) flights.delete(key);
  };

  async function fromFirst({ name, sources }: PullRequest, flight: Flight): Promise<Pulled> {
    const begun = clock.now();
    const faults: SourceFault[] = [];
    flight.abort.signal.throwIfAborted();
    for (const source of sources) {
      try {
        const image = await fromSource(name, source, flight);
        return { image, from: source, took: clock.now() - begun, faults };
      } catch (error) {
        if (!(error instanceof PullFailed)) throw error;
        if (!source.isMirror) throw new NoSource(error, faults);
        faults.push({ reference: source.reference, message: error.message });
      }
    }
    throw new Error(`${name} has no source`);
  }

  async function fromSource(name: string, source: Source, flight: Flight): Promise<ImageState> {
    const { signal } = flight.abort;
    flight.state = { from: source, progress: undefined };
    const onProgress = (progress: PullProgress): void => {
      flight.state = { from: source, progress };
    };
    const was = source.isMirror ? await images.inspect(source.reference) : undefined;
    const image = await withEachLogin(source.logins, (login) => {
      signal.throwIfAborted();
      return images.pull(source.reference, login, { signal, onProgress });
    });
    return source.isMirror ? rename(name, source.reference, image, was !== undefined) : image;
  }

  /** Gives an image of a mirror the name it was asked for by, and takes away the mirror's unless it was there before. */
  async function rename(name: string, mirror: string, image: ImageState, keep: boolean): Promise<ImageState> {
    // No engine lets a digest be given to an image: it is found by the mirror's name again.
    if (name.includes('@')) return image;
    await images.tag(mirror, name);
    if (!keep) {
      try {
        await images.untag(mirror);
      } catch (error) {
        log.warn("a mirror's name of an image could not be taken away", { image: mirror, error: messageOf(error) });
      }
    }
    return (await images.inspect(name)) ?? image;
  }

  return {
    pull(request, signal) {
      const key = JSON.stringify(request);
      if (signal.aborted) throw new Interrupted();
      const { flight, outcome } = flights.get(key) ?? begin(key, request);
      flight.wanted++;
      const leave = (): void => {
        flight.wanted--;
        if (flight.wanted > 0) return;
        forget(key, flight);
        flight.abort.abort(new Interrupted());
      };
      signal.addEventListener('abort', leave, { once: true });
      return { outcome: outcome.finally(() => signal.removeEventListener('abort', leave)), state: () => flight.state };
    },
  };
}

/** With each login until one serves, without any when there is none. */
async function withEachLogin<T>(logins: readonly RegistryLogin[], attempt: (login: RegistryLogin | undefined) => Promise<T>): Promise<T> {
  const faults: PullFailed[] = [];
  for (const login of logins.length > 0 ? logins : [undefined]) {
    try {
      return await attempt(login);
    } catch (error) {
      if (!(error instanceof PullFailed)) throw error;
      faults.push(error);
      // Another login does not bring it nearer.
      if (error.kind === 'unreachable' || error.kind === 'unavailable') break;
    }
  }
  const words = [...new Set(faults.map((it) => it.message))];
  const last = faults.at(-1) as PullFailed;
  // As Go prints several errors.
  throw words.length > 1 ? new PullFailed(last.kind, `[${words.join(', ')}]`, { cause: last }) : last;
}
