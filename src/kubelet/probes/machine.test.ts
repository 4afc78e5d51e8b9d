import { expect, test } from 'vitest';
import { freshProbe, type ProbeResult, type ProbeType, probesNow, stepProbe } from './machine.ts';

const [s, f]: [ProbeResult, ProbeResult] = ['success', 'failure'];
const cases: Array<
  [string, ProbeType, { successThreshold?: number; failureThreshold?: number }, ProbeResult[], Array<ProbeResult | undefined>]
> = [
  ['readiness: one success is enough', 'readiness', {}, [s], [s]],
  ['readiness: three failures', 'readiness', {}, [f, f, f], [undefined, undefined, f]],
  ['readiness: success between failures counts anew', 'readiness', { failureThreshold: 2 }, [s, f, s, f, f], [s, s, s, s, f]],
  ['readiness: two successes asked for', 'readiness', { successThreshold: 2, failureThreshold: 1 }, [f, s, s], [f, f, s]],
  ['readiness: failures below the threshold change nothing', 'readiness', {}, [s, f, f, s, f, f], [s, s, s, s, s, s]],
  [
    'readiness: three successes asked for, one failure between',
    'readiness',
    { successThreshold: 3 },
    [s, s, f, s, s, s],
    [undefined, undefined, undefined, undefined, undefined, s],
  ],
  ['readiness: goes and comes', 'readiness', { failureThreshold: 1 }, [s, f, s, f], [s, f, s, f]],
  ['startup: not yet, then well', 'startup', { failureThreshold: 5 }, [f, f, s], [undefined, undefined, s]],
  ['startup: never', 'startup', { failureThreshold: 3 }, [f, f, f], [undefined, undefined, f]],
  ['liveness: one failure is enough', 'liveness', { failureThreshold: 1 }, [s, f], [s, f]],
  ['liveness: recovers in time', 'liveness', { failureThreshold: 3 }, [f, f, s, f, f], [undefined, undefined, s, s, s]],
  ['liveness: failing for good', 'liveness', { failureThreshold: 2 }, [s, f, f], [s, s, f]],
];
for (const [name, type, thresholds, outcomes, want] of cases) {
  test(name, () => {
    let state = freshProbe();
    const results = outcomes.map((it) => {
      state = stepProbe(state, type, it, thresholds);
      return state.result;
    });
    expect(results).toEqual(want);
  });
}

test('a fatal failure puts the probe on hold, a readiness failure does not', () => {
  expect(stepProbe(freshProbe(), 'liveness', f, { failureThreshold: 1 })).toMatchObject({ onHold: true, run: 0 });
  expect(stepProbe(freshProbe(), 'startup', f, { failureThreshold: 1 }).onHold).toBe(true);
  expect(stepProbe(freshProbe(), 'readiness', f, { failureThreshold: 1 }).onHold).toBe(false);
});

test('startup comes before the others and ends with success', () => {
  expect(['startup', 'liveness', 'readiness'].map((it) => probesNow(it as ProbeType, false))).toEqual([true, false, false]);
  expect(['startup', 'liveness', 'readiness'].map((it) => probesNow(it as ProbeType, true))).toEqual([false, true, true]);
});
