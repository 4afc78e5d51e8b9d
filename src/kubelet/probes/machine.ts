export type ProbeType = 'startup' | 'liveness' | 'readiness';
export type ProbeResult = 'success' | 'failure';

/** What probes say about running containers, by container id. Absent: nothing yet. */
export type ProbeResults = ReadonlyMap<string, { readonly [type in ProbeType]?: ProbeResult }>;

/** The state of one probe of one container. */
export type ProbeState = {
  /** What counts; undefined until a threshold was reached. */
  result: ProbeResult | undefined;
  last: ProbeResult | undefined;
  /** How often in a row `last` was seen. */
  run: number;
  /** No more probing until there is a new container: the failure is being acted upon. */
  onHold: boolean;
};

export const freshProbe = (result?: ProbeResult): ProbeState => ({ result, last: undefined, run: 0, onHold: false });

type Thresholds = { successThreshold?: number; failureThreshold?: number };

/** The next state after one outcome (kubelet, prober/worker). */
export function stepProbe(
  state: ProbeState,
  type: ProbeType,
  outcome: ProbeResult,
  { successThreshold = 1, failureThreshold = 3 }: Thresholds,
): ProbeState {
  const run = state.last === outcome ? state.run + 1 : 1;
  const needed = outcome === 'success' ? successThreshold : failureThreshold;
  if (run < needed) return { ...state, last: outcome, run };
  const fatal = outcome === 'failure' && type !== 'readiness';
  return { result: outcome, last: outcome, run: fatal ? 0 : run, onHold: fatal };
}

/** Whether a probe of this type runs at all now: the others wait for startup, startup ends with its success. */
export const probesNow = (type: ProbeType, started: boolean): boolean => (type === 'startup') !== started;
