import type { Clock } from '../../lib/clock.ts';
import { seconds } from '../../lib/clock.ts';
import type { PullState } from './puller.ts';

const every = seconds(10);

/** Tells of a pull every ten seconds until the returned function is called. Short pulls are not told of. */
export function tellWhilePulling(clock: Clock, state: () => PullState, tell: (how: string) => void): () => void {
  let cancel = (): void => {};
  const wait = (): void => {
    cancel = clock.schedule(every, () => {
      tell(describePull(state()));
      wait();
    });
  };
  wait();
  return () => cancel();
}

export function describePull(state: PullState): string {
  if (!state) return 'others are being pulled first';
  const from = state.from.isMirror ? ` from the mirror ${state.from.reference}` : '';
  if (!state.progress) return `waiting for the registry to answer${from}`;
  const { layers, layersDone, bytes, totalBytes } = state.progress;
  return `${layersDone} of ${layers} layers done, ${megabytes(bytes)} of ${megabytes(totalBytes)} MB fetched${from}`;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
