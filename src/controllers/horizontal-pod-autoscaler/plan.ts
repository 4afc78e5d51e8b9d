import type { autoscalingV2 } from '../../kinds/index.ts';
import { type Milliseconds, toTime } from '../../lib/clock.ts';
import { withCondition } from '../../meta/condition.ts';
import { quantityNumber } from '../../meta/quantity.ts';
import { limitReplicas, type Memory } from './limits.ts';
import { type Measured, propose } from './metrics.ts';
import type { Silence } from './unserved.ts';

type Autoscaler = autoscalingV2.HorizontalPodAutoscaler;
type Status = autoscalingV2.HorizontalPodAutoscalerStatus;
type Told = [type: 'Normal' | 'Warning', reason: string, message: string];

export type ScalePlan = {
  status: Status;
  tell: Told[];
  /** The new size, and why. */
  rescale?: { to: number; reason: string };
  recommendations: Memory['recommendations'];
};

/** Near enough (upstream: --horizontal-pod-autoscaler-tolerance). */
const usualTolerance = 0.1;

export function toleranceOf({ spec }: Autoscaler): Measured['tolerance'] {
  const { scaleUp, scaleDown } = spec.behavior ?? {};
  const of = (text: string | undefined): number => (text === undefined ? usualTolerance : quantityNumber(text));
  return { up: of(scaleUp?.tolerance), down: of(scaleDown?.tolerance) };
}

/** A status in the making. */
type Draft = { status: Status; tell: Told[]; now: Milliseconds };

export function setCondition({ status, now }: Draft, type: string, value: boolean, reason: string, message: string): void {
  const condition = { type, status: value ? 'True' : 'False', reason, message };
  status.conditions = withCondition(status.conditions, condition, toTime(now));
}

/** What becomes of the size of something that has pods (upstream: reconcileAutoscaler). */
export function planScale(it: Autoscaler, measured: Measured, before: Memory): ScalePlan {
  const { current, now } = measured;
  // The size it is found with counts as recommended: whoever has just begun to look does not shrink it at once.
  const memory = before.recommendations.length > 0 ? before : { ...before, recommendations: [{ at: now, replicas: current }] };
  const { maxReplicas, minReplicas = 1 } = it.spec;
  const draft: Draft = {
    status: { ...it.status, desiredReplicas: it.status?.desiredReplicas ?? 0, currentReplicas: current },
    tell: [],
    now,
  };
  setCondition(draft, 'AbleToScale', true, 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
  const end = (to: number, reason = '', recommendations = memory.recommendations): ScalePlan => ({
    status: { ...draft.status, desiredReplicas: to },
    tell: draft.tell,
    ...(to !== current && { rescale: { to, reason } }),
    recommendations,
  });
  if (current === 0 && minReplicas !== 0) {
    setCondition(draft, 'ScalingActive', false, 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero');
    return end(0);
  }
  if (current > maxReplicas) return end(maxReplicas, 'Current number of replicas above Spec.MaxReplicas');
  if (current < minReplicas) return end(minReplicas, 'Current number of replicas below Spec.MinReplicas');

  const found = askMetrics(it, measured, draft);
  if (!found) return { status: draft.status, tell: draft.tell, recommendations: memory.recommendations };
  const limited = limitReplicas(it, current, found.replicas, memory, now);
  setCondition(draft, 'AbleToScale', true, ...limited.able);
  setCondition(draft, 'ScalingLimited', ...limited.limit);
  const reason = found.replicas > current ? `${found.name} above target` : found.replicas < current ? 'All metrics below target' : '';
  return end(limited.replicas, reason, limited.recommendations);
}

/** The metric that wants the most counts. One that says nothing forbids to shrink. */
function askMetrics(it: Autoscaler, measured: Measured, draft: Draft): { replicas: number; name: string } | undefined {
  const metrics = it.spec.metrics ?? [];
  const statuses: autoscalingV2.MetricStatus[] = [];
  const faults: Silence[] = [];
  let most: { replicas: number; name: string } | undefined;
  for (const metric of metrics) {
    const proposal = propose(metric, it.metadata.namespace ?? '', measured);
    if ('fault' in proposal) {
      faults.push(proposal);
      // Each metric has its place in the status, and is looked for there.
      statuses.push({ type: '' });
      draft.tell.push(['Warning', proposal.reason, proposal.fault]);
      continue;
    }
    statuses.push(proposal.status);
    if (!most || proposal.replicas > most.replicas) most = proposal;
  }
  if (statuses.length > 0) draft.status.currentMetrics = statuses;
  else delete draft.status.currentMetrics;
  const [first] = faults;
  if (first && (!most || most.replicas < measured.current)) {
    setCondition(draft, 'ScalingActive', false, first.reason, `the HPA was unable to compute the replica count: ${first.fault}`);
    const text = `invalid metrics (${faults.length} invalid out of ${metrics.length}), first error is: ${first.told}`;
    draft.tell.push(['Warning', 'FailedComputeMetricsReplicas', text]);
    return undefined;
  }
  if (!most) return undefined;
  const text = `the HPA was able to successfully calculate a replica count from ${most.name}`;
  setCondition(draft, 'ScalingActive', true, 'ValidMetricFound', text);
  return most;
}
