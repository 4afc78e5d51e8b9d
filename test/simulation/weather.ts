import type { Transport } from '../../src/client/index.ts';
import type { AnyKind } from '../../src/kinds/index.ts';
import { type Clock, type Milliseconds, sleep } from '../../src/lib/clock.ts';
import { conflict, StatusError } from '../../src/meta/status-error.ts';
import type { KubeObject } from '../../src/meta/types.ts';
import type { Draw } from './draw.ts';

/** How the way between a part and the API server is. */
export type Weather = {
  /** The longest a request is under way. */
  latency: Milliseconds;
  /** The longest a watch holds its news back. */
  lag: Milliseconds;
  /** Shares: of requests that fail, of writes that are done but not answered, of news told twice, of watches that break with news. */
  failures: number;
  lostAnswers: number;
  repeats: number;
  cuts: number;
};

export const calm: Weather = { latency: 0, lag: 0, failures: 0, lostAnswers: 0, repeats: 0, cuts: 0 };
export const stormy: Weather = { latency: 150, lag: 1_500, failures: 0.02, lostAnswers: 0.01, repeats: 0.03, cuts: 0.004 };

type Request = { verb: string; kind: AnyKind; name: string };
export type Way = {
  clock: Clock;
  draw: Draw;
  weather: () => Weather;
  /** Whoever asks has died: what was sent is done, what was not is never sent, and nobody hears of either. */
  signal: AbortSignal;
  /** Called in the moment in which a write is done. */
  onWrite: (request: Request & { uid: string | undefined; subresource?: string | undefined }) => void;
};

const never = (): Promise<never> => new Promise(() => {});

/** The server as it is seen over a bad way. */
export function unreliable(server: Transport, way: Way): Transport {
  const { clock, draw, signal } = way;

  /** `mayBeLost`: doing it twice equals doing it once, so that its answer may be lost. */
  async function send<T>(request: Request, run: () => Promise<T>, mayBeLost: boolean): Promise<T> {
    const { latency, failures, lostAnswers } = way.weather();
    if (latency > 0 && draw.chance(0.5)) await sleep(clock, draw.whole(1, latency));
    if (signal.aborted) return never();
    if (failures > 0 && draw.chance(failures)) throw fault(request, draw);
    const answer = await run();
    if (signal.aborted) return never();
    if (mayBeLost && lostAnswers > 0 && draw.chance(lostAnswers)) throw new StatusError('InternalError', 'the answer was lost');
    return answer;
  }

  const write = <T>(
    request: Request,
    run: () => Promise<T>,
    mayBeLost: boolean,
    more: { uid?: string | undefined; subresource?: string | undefined },
  ): Promise<T> =>
    send(
      request,
      () => {
        way.onWrite({ ...request, uid: more.uid, subresource: more.subresource });
        return run();
      },
      mayBeLost,
    );

  return {
    get: (kind, key) => send({ verb: 'get', kind, name: key.name }, () => server.get(kind, key), false),
    list: (kind, options) => send({ verb: 'list', kind, name: '' }, () => server.list(kind, options), false),

    async *watch(kind, options, watchSignal) {
      await send({ verb: 'watch', kind, name: '' }, async () => undefined, false);
      for await (const event of server.watch(kind, options, watchSignal)) {
        const { lag, repeats, cuts } = way.weather();
        if (lag > 0 && draw.chance(0.12)) await sleep(clock, draw.whole(1, lag), watchSignal);
        if (watchSignal.aborted) return;
        if (cuts > 0 && draw.chance(cuts)) return;
        yield event;
        if (repeats > 0 && draw.chance(repeats)) yield event;
      }
    },

    create(kind, object, options) {
      const { name = '' } = (object as KubeObject).metadata;
      // Who asks for any name cannot know that it was made.
      return write({ verb: 'create', kind, name }, () => server.create(kind, object, options), name !== '', {});
    },
    update: (kind, object, options) =>
      write({ verb: 'update', kind, name: object.metadata.name }, () => server.update(kind, object, options), true, {
        uid: object.metadata.uid,
        subresource: options?.subresource,
      }),
    patch: (kind, key, patch, options) =>
      write({ verb: 'patch', kind, name: key.name }, () => server.patch(kind, key, patch, options), true, {
        subresource: options?.subresource,
      }),
    delete: (kind, key, options) =>
      write({ verb: 'delete', kind, name: key.name }, () => server.delete(kind, key, options), true, { uid: options?.preconditions?.uid }),
    post: (kind, key, subresource, body) =>
      write({ verb: 'post', kind, name: key.name }, () => server.post(kind, key, subresource, body), true, {
        uid: (key as { uid?: string }).uid,
        subresource,
      }),
  };
}

function fault({ verb, kind, name }: Request, draw: Draw): StatusError {
  if ((verb === 'update' || verb === 'patch') && draw.chance(0.6)) return conflict(kind, name, 'by chance');
  return draw.chance(0.3) ? new StatusError('TooManyRequests', 'by chance') : new StatusError('InternalError', 'by chance');
}
