import type { Clock, Milliseconds } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { core } from '../../kinds/index.ts';
import { freshProbe, type ProbeResult, type ProbeResults, type ProbeState, type ProbeType, probesNow, stepProbe } from './machine.ts';
import type { Outcome, Probed } from './outcome.ts';

/** A running container whose probes are to be kept going. */
export type ProbeSubject = Probed & {
  startedAt: Milliseconds;
  /** Its postStart hook has ended. */
  hooked: boolean;
  /** What was known of it before this process began: nothing is taken back until a probe says so. */
  known?: { started: boolean; ready: boolean };
};

export type Probes = {
  results: ProbeResults;
  /** These are the containers of `uid` that run now; probes of others end. Calling it twice equals calling it once. */
  follow(uid: string, subjects: readonly ProbeSubject[], terminating: boolean): void;
  stop(): void;
};

type Deps = {
  clock: Clock;
  random: Random;
  run(probe: core.Probe, probed: Probed): Promise<Outcome>;
  /** A result that counts has changed. */
  onResult(uid: string): void;
  onFailure(uid: string, probed: Probed, type: ProbeType, text: string, isWarning: boolean): void;
};

type Run = { id: string; state: ProbeState; end(): void };

const types: readonly ProbeType[] = ['startup', 'liveness', 'readiness'];
const specOf = (container: core.Container, type: ProbeType): core.Probe | undefined =>
  ({ startup: container.startupProbe, liveness: container.livenessProbe, readiness: container.readinessProbe })[type];

/** Runs the probes of all containers on the node, each on its own timer. */
export function createProbes(deps: Deps): Probes {
  const results = new Map<string, { [type in ProbeType]?: ProbeResult }>();
  const pods = new Map<string, Map<string, Run>>();
  const owners = new Map<string, Set<string>>();

  const set = (uid: string, id: string, type: ProbeType, result: ProbeResult): void => {
    const of = results.get(id) ?? {};
    if (of[type] === result) return;
    results.set(id, { ...of, [type]: result });
    deps.onResult(uid);
  };

  const follow: Probes['follow'] = (uid, subjects, terminating) => {
    const runs = pods.get(uid) ?? new Map<string, Run>();
    const wanted = new Set<string>();
    for (const subject of subjects) {
      if (!results.has(subject.id)) results.set(subject.id, seed(subject));
      const started = !subject.container.startupProbe || results.get(subject.id)?.startup === 'success';
      for (const type of types) {
        const probe = specOf(subject.container, type);
        if (!probe || !subject.hooked || !probesNow(type, started)) continue;
        if (terminating && type !== 'readiness') continue;
        const key = `${subject.id}/${type}`;
        wanted.add(key);
        if (!runs.has(key))
          runs.set(
            key,
            startRun(deps, { uid, subject, type, probe }, (result) => set(uid, subject.id, type, result)),
          );
      }
    }
    for (const [key, run] of runs) {
      if (wanted.has(key)) continue;
      run.end();
      runs.delete(key);
    }
    forget(results, uid, subjects, owners);
    if (runs.size > 0) pods.set(uid, runs);
    else pods.delete(uid);
  };

  return {
    results,
    follow,
    stop: () => {
      for (const runs of pods.values()) for (const run of runs.values()) run.end();
      pods.clear();
    },
  };
}

/** Drops results of containers that have gone. */
function forget(results: Map<string, unknown>, uid: string, subjects: readonly ProbeSubject[], owners: Map<string, Set<string>>): void {
  const now = new Set(subjects.map((it) => it.id));
  for (const id of owners.get(uid) ?? []) if (!now.has(id)) results.delete(id);
  if (now.size > 0) owners.set(uid, now);
  else owners.delete(uid);
}

const seed = ({ known }: ProbeSubject): { [type in ProbeType]?: ProbeResult } => ({
  ...(known?.started && { startup: 'success' }),
  ...(known?.ready && { readiness: 'success' }),
});

type What = { uid: string; subject: ProbeSubject; type: ProbeType; probe: core.Probe };

// While an app comes up its first answer is waited for impatiently: these probes can only bring good news. An exec
// costs the engine much more than a connection.
const eager: readonly Milliseconds[] = [20, 50, 100, 200, 400, 800, 1600, 3200];
const eagerExec: readonly Milliseconds[] = [1000, 2000, 4000];

function startRun(deps: Deps, what: What, onResult: (result: ProbeResult) => void): Run {
  const { clock, random } = deps;
  const { subject, type, probe } = what;
  const period = (probe.periodSeconds ?? 10) * 1000;
  const run: Run = { id: subject.id, state: freshProbe(), end: () => cancel() };
  let ended = false;
  let cancelTimer = (): void => {};
  const cancel = (): void => {
    ended = true;
    cancelTimer();
  };
  const later = (after: Milliseconds, then: () => void): void => {
    if (!ended) cancelTimer = clock.schedule(Math.max(0, after), then);
  };
  const delay = (probe.initialDelaySeconds ?? 0) * 1000;
  const due = subject.startedAt + delay - clock.now();

  const attempt = async (quiet: boolean): Promise<boolean> => {
    let outcome: Outcome;
    try {
      outcome = await deps.run(probe, subject);
    } catch (error) {
      if (!ended && !quiet) deps.onFailure(what.uid, subject, type, `errored: ${(error as Error).message}`, false);
      return false;
    }
    if (ended || (quiet && outcome.result === 'failure')) return false;
    if (outcome.result === 'failure') deps.onFailure(what.uid, subject, type, `failed: ${outcome.output}`, false);
    else if (outcome.warning) deps.onFailure(what.uid, subject, type, `warning: ${outcome.output}`, true);
    run.state = stepProbe(run.state, type, outcome.result, probe);
    if (run.state.result) onResult(run.state.result);
    return outcome.result === 'success';
  };

  const tick = async (): Promise<void> => {
    const began = clock.now();
    await attempt(false);
    if (!run.state.onHold) later(began + period - clock.now(), tick);
  };

  /** Tries in quick succession until the first success; then, or when a period has passed, the regular rhythm begins. */
  const hurry = async (index: number, began: Milliseconds): Promise<void> => {
    const success = await attempt(true);
    const next = (probe.exec ? eagerExec : eager)[index];
    const passed = clock.now() - began;
    if (success) later(period, tick);
    else if (next === undefined || passed + next >= period) later(period - passed, tick);
    else later(next, () => void hurry(index + 1, began));
  };

  if (subject.known) later(Math.max(due, random.next() * period), tick);
  else if (type !== 'liveness') later(due, () => void hurry(0, clock.now()));
  // With no delay asked for the first look comes after a period, as upstream's tickers mostly have it.
  else later(delay > 0 ? due : subject.startedAt + period - clock.now(), tick);
  return run;
}
