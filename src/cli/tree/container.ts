import type { core } from '../../kinds/index.ts';
import { type Facts, failuresOf, type Seen } from '../why/index.ts';
import type { Branch } from './branch.ts';

/** Reasons to wait that are stages on the way; the others are faults. */
const stages = new Set(['ContainerCreating', 'PodInitializing']);

export function containerBranch(facts: Facts, seen: Seen): Branch {
  const { status, container } = seen;
  const { waiting, running, terminated } = status?.state ?? {};
  const restarts = status?.restartCount ? `, ${status.restartCount} restart${status.restartCount === 1 ? '' : 's'}` : '';
  const branch = (state: string, mood: Branch['mood']): Branch => ({
    ...{ title: container.name, state: `${state}${restarts}`, mood },
    children: running ? probeBranches(facts, seen) : [],
  });
  if (running) return status?.ready ? branch('running', 'ok') : branch('running, not ready yet', 'busy');
  if (terminated)
    return branch(`${terminated.reason ?? 'ended'} (exit code ${terminated.exitCode})`, terminated.exitCode === 0 ? 'ok' : 'bad');
  if (!waiting) return branch('waiting', 'busy');
  const reason = waiting.reason ?? 'waiting';
  return branch(waiting.message ? `${reason}: ${waiting.message}` : reason, stages.has(reason) ? 'busy' : 'bad');
}

function probeBranches(facts: Facts, seen: Seen): Branch[] {
  const { container, status } = seen;
  const branch = (type: 'startup' | 'liveness' | 'readiness', isWell: boolean, waits: string): Branch[] => {
    if (!container[`${type}Probe`]) return [];
    const answer = failuresOf(facts, seen, type).at(-1)?.answer;
    const title = `${type} probe`;
    if (isWell) return [{ title, state: 'passes', mood: 'ok', children: [] }];
    return [{ title, state: answer === undefined ? waits : `fails: ${answer}`, mood: 'busy', children: [] }];
  };
  const started = status?.started === true;
  const isAlive = started && sinceStart(facts, seen) === 0;
  return [
    ...branch('startup', started, 'not passed yet'),
    ...branch('liveness', isAlive, started ? 'not passed yet' : 'begins after the start'),
    ...branch('readiness', status?.ready === true, started ? 'not passed yet' : 'begins after the start'),
  ];
}

/** How often the liveness probe has failed in this run. */
function sinceStart(facts: Facts, seen: Seen): number {
  const startedAt = (seen.status?.state?.running as core.ContainerStateRunning | undefined)?.startedAt ?? '';
  return failuresOf(facts, seen, 'liveness').filter(({ at }) => at > startedAt).length;
}
