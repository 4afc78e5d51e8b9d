import { type core, isPodFinished } from '../../kinds/index.ts';
import { type Milliseconds, minutes, seconds } from '../../lib/clock.ts';
import { findCondition } from '../../meta/condition.ts';
import { isDeleting } from '../../meta/owner.ts';

/** What a pod uses, in thousandths; looked at over the window that ended at `at`. */
export type Sample = { milli: number; at: Milliseconds; window: Milliseconds };
/** A share of what was asked for, in percent; or so much for each pod, in thousandths. */
export type Target = { type: 'utilization'; percent: number } | { type: 'average'; milli: number };
export type Outcome = { replicas: number; utilization?: number; average: number } | { fault: string };

export type Question = {
  current: number;
  target: Target;
  /** How far off the target is near enough. */
  tolerance: { up: number; down: number };
  pods: readonly core.Pod[];
  samples: ReadonlyMap<string, Sample>;
  /** What a pod asks for, in thousandths; a text says why that is not known. */
  requestOf: (pod: core.Pod) => number | string;
  /** CPU alone is high while a pod starts. */
  isCpu: boolean;
  now: Milliseconds;
};

/** So long after its start the CPU of a pod that is not ready says nothing. */
const initialisation = minutes(5);
/** A pod that became unready this soon after its start has never been ready. */
const readinessDelay = seconds(30);

/** How many pods would bring what is measured to the target (upstream: replica_calculator.go). */
export function wantedReplicas(question: Question): Outcome {
  const { current, target, pods, samples, requestOf } = question;
  if (pods.length === 0) return { fault: 'no pods returned by selector while calculating replica count' };
  const { counted, unready, missing } = groupPods(question);
  if (counted.length === 0) return { fault: 'did not receive metrics for targeted pods (pods might be unready)' };
  const requests = new Map<string, number>();
  if (target.type === 'utilization') {
    for (const pod of pods) {
      const request = requestOf(pod);
      if (typeof request === 'string') return { fault: request };
      requests.set(pod.metadata.name, request);
    }
  }
  const values = new Map(counted.map((name) => [name, (samples.get(name) as Sample).milli]));
  const first = ratioOf(values, requests, target);
  if ('fault' in first) return first;
  const answer = (replicas: number): Outcome => ({
    replicas,
    average: first.average,
    ...(first.utilization !== undefined && { utilization: first.utilization }),
  });
  const growsWithUnready = unready.length > 0 && first.ratio > 1;
  if (!growsWithUnready && missing.length === 0)
    return answer(isNear(first.ratio, question) ? current : Math.ceil(first.ratio * counted.length));

  // Careful with what is not known: when there are to be fewer it is taken as busy, when more as idle.
  for (const name of missing) values.set(name, first.ratio < 1 ? busy(target, requests.get(name) ?? 0) : 0);
  if (growsWithUnready) for (const name of unready) values.set(name, 0);
  const second = ratioOf(values, requests, target);
  if ('fault' in second) return second;
  const turns = (first.ratio < 1 && second.ratio > 1) || (first.ratio > 1 && second.ratio < 1);
  if (isNear(second.ratio, question) || turns) return answer(current);
  const replicas = Math.ceil(second.ratio * values.size);
  const isWrongWay = (second.ratio < 1 && replicas > current) || (second.ratio > 1 && replicas < current);
  return answer(isWrongWay ? current : replicas);
}

const busy = (target: Target, request: number): number =>
  target.type === 'average' ? target.milli : (request * Math.max(100, target.percent)) / 100;

const isNear = (ratio: number, { tolerance }: Question): boolean => ratio >= 1 - tolerance.down && ratio <= 1 + tolerance.up;

type Ratio = { ratio: number; utilization?: number; average: number };

function ratioOf(values: ReadonlyMap<string, number>, requests: ReadonlyMap<string, number>, target: Target): Ratio | { fault: string } {
  const total = [...values.values()].reduce((sum, it) => sum + it, 0);
  if (target.type === 'average') {
    const average = Math.floor(total / values.size);
    return { ratio: average / target.milli, average };
  }
  const asked = [...values.keys()].reduce((sum, name) => sum + (requests.get(name) ?? 0), 0);
  if (asked === 0) return { fault: 'no metrics returned matched known pods' };
  const utilization = Math.floor((total * 100) / asked);
  return { ratio: utilization / target.percent, utilization, average: Math.floor(total / values.size) };
}

/** Which pods say something, which do not yet, and of which nothing is known (groupPods). */
function groupPods({ pods, samples, isCpu, now }: Question): { counted: string[]; unready: string[]; missing: string[] } {
  const groups = { counted: [] as string[], unready: [] as string[], missing: [] as string[] };
  for (const pod of pods) {
    const { name } = pod.metadata;
    if (isDeleting(pod) || (isPodFinished(pod) && pod.status?.phase === 'Failed')) continue;
    const sample = samples.get(name);
    if (pod.status?.phase === 'Pending') groups.unready.push(name);
    else if (!sample) groups.missing.push(name);
    else if (isCpu && isStarting(pod, sample, now)) groups.unready.push(name);
    else groups.counted.push(name);
  }
  return groups;
}

function isStarting({ status }: core.Pod, sample: Sample, now: Milliseconds): boolean {
  const ready = findCondition(status?.conditions, 'Ready');
  if (!ready || !status?.startTime) return true;
  const started = Date.parse(status.startTime);
  const since = Date.parse(ready.lastTransitionTime ?? status.startTime);
  const isReady = ready.status !== 'False';
  if (started + initialisation > now) return !isReady || sample.at < since + sample.window;
  return !isReady && started + readinessDelay > since;
}
