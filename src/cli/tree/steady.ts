import type { Milliseconds } from '../../lib/clock.ts';
import type { KubeObject } from '../../meta/types.ts';
import { containersIn, type Facts, scopeOf } from '../why/index.ts';

/** A container that is about to crash is ready for a moment, when nothing probes it; one that has crashed, for longer. */
export const young: Milliseconds = 3_000;
const youngAgain: Milliseconds = 10_000;

/** Something of it has been started so lately that news of its end may be on the way. */
export const isFresh = (facts: Facts, object: KubeObject): boolean =>
  scopeOf(facts, object)
    .pods.flatMap(containersIn)
    .some(({ status }) => Date.parse(status?.state?.running?.startedAt ?? '') > facts.now - youngAgain);

/** How much longer an object has to stay as well as it is until that means something; 0 when it does. */
export function unsteadyFor(facts: Facts, object: KubeObject): Milliseconds {
  const spans = scopeOf(facts, object)
    .pods.flatMap(containersIn)
    .map(({ status }) => {
      const startedAt = status?.state?.running?.startedAt;
      return startedAt === undefined ? 0 : Date.parse(startedAt) + (status?.restartCount ? youngAgain : young) - facts.now;
    });
  // Clocks of other hosts may be ahead.
  return Math.min(youngAgain, Math.max(0, ...spans));
}
