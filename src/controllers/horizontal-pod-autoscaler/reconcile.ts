import { type AnyKind, type autoscalingV2, horizontalPodAutoscaler, kindByName, pod, podMetrics } from '../../kinds/index.ts';
import { type Milliseconds, seconds, toTime } from '../../lib/clock.ts';
import { deepEqual } from '../../meta/copy.ts';
import { parseLabelSelector } from '../../meta/parse-label-selector.ts';
import { matchesRequirements } from '../../meta/selector.ts';
import type { KubeObject } from '../../meta/types.ts';
import { perRun } from '../per-run.ts';
import { again, type Controller, type ControllerContext, done } from '../run.ts';
import { type Memory, noMemory, noteChange } from './limits.ts';
import type { Measured } from './metrics.ts';
import { planScale, type ScalePlan, setCondition, toleranceOf } from './plan.ts';

type Autoscaler = autoscalingV2.HorizontalPodAutoscaler;

/** How often it looks (upstream: --horizontal-pod-autoscaler-sync-period). */
const period = seconds(15);

type Kept = Memory & { at: Milliseconds; spec: unknown };
const keptOf = perRun(() => new Map<string, Kept>());
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Sizes what has a scale by what its pods use (upstream: pkg/controller/podautoscaler). */
export const autoscalers: Controller = {
  name: 'horizontal-pod-autoscaler',
  for: horizontalPodAutoscaler,
  // Pods are read, but the time alone makes a key due.
  also: [{ kind: pod, keys: () => [] }],
  async reconcile(key, context) {
    const { informers, clock } = context;
    const it = informers.of(horizontalPodAutoscaler).get(key);
    const kept = keptOf(context);
    const before = kept.get(key);
    if (!it) {
      kept.delete(key);
      return done;
    }
    // Its own status is no reason to look again; a new wish is.
    const rest = before ? before.at + period - clock.now() : 0;
    if (rest > 0 && deepEqual(before?.spec, it.spec)) return again(rest);
    const memory = await autoscale(it, before ?? noMemory, context);
    kept.set(key, { ...memory, at: clock.now(), spec: it.spec });
    return again(period);
  },
};

async function autoscale(it: Autoscaler, memory: Memory, context: ControllerContext): Promise<Memory> {
  const { client, clock, recorder } = context;
  const now = clock.now();
  const { scaleTargetRef: ref } = it.spec;
  const kind = kindByName(ref.apiVersion ?? 'v1', ref.kind);
  const target = kind?.scale && (await client.get<KubeObject>(kind, { namespace: it.metadata.namespace ?? '', name: ref.name }));
  if (!kind?.scale || !target) {
    const why = kind ? `${kind.resource} "${ref.name}" not found` : `no matches for kind "${ref.kind}" in group "${ref.apiVersion ?? ''}"`;
    await failScale(it, why, context);
    return memory;
  }
  const measured = await measure(it, kind, target, context);
  if (typeof measured === 'string') {
    recorder.record(it, 'Warning', 'SelectorRequired', measured);
    const status = { ...it.status, desiredReplicas: it.status?.desiredReplicas ?? 0 };
    const text = "the HPA target's scale is missing a selector";
    setCondition({ status, tell: [], now }, 'ScalingActive', false, 'InvalidSelector', text);
    await writeStatus(it, status, context);
    return memory;
  }
  const plan = planScale(it, measured, memory);
  for (const told of plan.tell) recorder.record(it, ...told);
  const changed = plan.rescale ? await rescale(it, kind, plan, measured.current, context) : false;
  await writeStatus(it, plan.status, context);
  const next: Memory = { ...memory, recommendations: plan.recommendations };
  return changed && plan.rescale ? noteChange(next, plan.rescale.to - measured.current, now) : next;
}

async function measure(it: Autoscaler, kind: AnyKind, target: KubeObject, context: ControllerContext): Promise<Measured | string> {
  const { client, informers, clock } = context;
  const selector: string = kind.scale?.selector(target) ?? '';
  if (selector === '') return 'selector is required';
  const namespace = it.metadata.namespace ?? '';
  const requirements = parseLabelSelector(selector);
  const pods = informers
    .of(pod)
    .inNamespace(namespace)
    .filter((one) => matchesRequirements(requirements, one.metadata.labels));
  let metrics: Measured['metrics'];
  try {
    metrics = (await client.list(podMetrics, { namespace, labelSelector: selector })).items;
  } catch (error) {
    // That nothing can be measured is said in the status.
    metrics = `unable to fetch metrics from resource metrics API: ${textOf(error)}`;
  }
  return { pods, metrics, current: kind.scale?.replicas(target) ?? 0, tolerance: toleranceOf(it), now: clock.now() };
}

/** Resolves with whether the size was changed; notes in the plan's status how it went. */
async function rescale(it: Autoscaler, kind: AnyKind, plan: ScalePlan, current: number, context: ControllerContext): Promise<boolean> {
  const { client, recorder, clock } = context;
  const { to, reason } = plan.rescale ?? { to: current, reason: '' };
  const draft = { status: plan.status, tell: [], now: clock.now() };
  const key = { namespace: it.metadata.namespace ?? '', name: it.spec.scaleTargetRef.name };
  try {
    await client.patch(kind, key, { type: 'merge', body: { spec: { replicas: to } } }, { subresource: 'scale' });
  } catch (error) {
    recorder.record(it, 'Warning', 'FailedRescale', `New size: ${to}; reason: ${reason}; error: ${textOf(error)}`);
    const text = `the HPA controller was unable to update the target scale: ${textOf(error)}`;
    setCondition(draft, 'AbleToScale', false, 'FailedUpdateScale', text);
    plan.status.desiredReplicas = current;
    return false;
  }
  setCondition(draft, 'AbleToScale', true, 'SucceededRescale', `the HPA controller was able to update the target scale to ${to}`);
  recorder.record(it, 'Normal', 'SuccessfulRescale', `New size: ${to}; reason: ${reason}`);
  plan.status.lastScaleTime = toTime(clock.now());
  return true;
}

async function failScale(it: Autoscaler, why: string, context: ControllerContext): Promise<void> {
  context.recorder.record(it, 'Warning', 'FailedGetScale', why);
  const status = { ...it.status, desiredReplicas: it.status?.desiredReplicas ?? 0 };
  const text = `the HPA controller was unable to get the target's current scale: ${why}`;
  setCondition({ status, tell: [], now: context.clock.now() }, 'AbleToScale', false, 'FailedGetScale', text);
  await writeStatus(it, status, context);
}

async function writeStatus(
  it: Autoscaler,
  status: autoscalingV2.HorizontalPodAutoscalerStatus,
  { client }: ControllerContext,
): Promise<void> {
  await client.changeStatus(horizontalPodAutoscaler, it, (draft) => {
    draft.status = status;
  });
}
