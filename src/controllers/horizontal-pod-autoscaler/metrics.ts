import type { autoscalingV2, core, metrics } from '../../kinds/index.ts';
import type { Milliseconds } from '../../lib/clock.ts';
import { canonicalQuantity, milliValue } from '../../meta/quantity.ts';
import { type Silence, unserved } from './unserved.ts';
import { type Outcome, type Question, type Sample, type Target, wantedReplicas } from './replicas.ts';

type MetricSpec = autoscalingV2.MetricSpec;

/**
 * What a metric says: how many replicas, by which name, and what the status shows; or why it says nothing, and as what that
 * counts among others.
 */
export type Proposal = { replicas: number; name: string; status: autoscalingV2.MetricStatus } | Silence;

export type Measured = {
  pods: readonly core.Pod[];
  /** What metrics.k8s.io answered; a text when it did not. */
  metrics: readonly metrics.PodMetrics[] | string;
  current: number;
  tolerance: Question['tolerance'];
  now: Milliseconds;
};

/** Upstream: computeReplicasForMetric. */
export function propose(spec: MetricSpec, namespace: string, measured: Measured): Proposal {
  const { resource, containerResource } = spec;
  if (spec.type === 'Resource' && resource) {
    const outcome = ask(resource, undefined, measured);
    if ('fault' in outcome) {
      const fault = `failed to get ${resource.name} ${whatOf(resource)}: ${outcome.fault}`;
      return { reason: 'FailedGetResourceMetric', fault, told: `failed to get ${resource.name} resource metric value: ${fault}` };
    }
    const suffix = outcome.utilization === undefined ? '' : ' utilization (percentage of request)';
    const status = { type: 'Resource', resource: { name: resource.name, current: currentOf(outcome) } };
    return { replicas: outcome.replicas, name: `${resource.name} resource${suffix}`, status };
  }
  if (spec.type === 'ContainerResource' && containerResource) {
    const { name, container } = containerResource;
    const outcome = ask(containerResource, container, measured);
    if ('fault' in outcome) {
      const fault = `failed to get ${name} ${whatOf(containerResource)}: ${outcome.fault}`;
      return { reason: 'FailedGetContainerResourceMetric', fault, told: `failed to get ${container} container metric value: ${fault}` };
    }
    const suffix = outcome.utilization === undefined ? '' : ' utilization (percentage of request)';
    const status = { type: 'ContainerResource', containerResource: { name, container, current: currentOf(outcome) } };
    return { replicas: outcome.replicas, name: `${name} container resource${suffix}`, status };
  }
  return unserved(spec, namespace);
}

const whatOf = ({ target }: Asked): string => (target.averageValue === undefined ? 'utilization' : 'usage');

type Asked = { name: string; target: autoscalingV2.MetricTarget };

function ask({ name, target }: Asked, container: string | undefined, measured: Measured): Outcome {
  if (typeof measured.metrics === 'string') return { fault: `unable to get metrics for resource ${name}: ${measured.metrics}` };
  const samples = samplesOf(measured.metrics, name, container);
  if (samples.size === 0) return { fault: `unable to get metrics for resource ${name}: no metrics returned from resource metrics API` };
  const goal: Target =
    target.averageValue === undefined
      ? { type: 'utilization', percent: target.averageUtilization ?? 80 }
      : { type: 'average', milli: milliValue(target.averageValue) };
  const { current, tolerance, pods, now } = measured;
  return wantedReplicas({
    ...{ current, tolerance, pods, samples, now },
    target: goal,
    requestOf: (pod) => requestOf(pod, name, container),
    isCpu: name === 'cpu',
  });
}

const currentOf = ({ utilization, average }: Extract<Outcome, { replicas: number }>): autoscalingV2.MetricValueStatus => ({
  ...(utilization !== undefined && { averageUtilization: utilization }),
  averageValue: canonicalQuantity(`${average}m`),
});

/** A pod of which a container says nothing is as if nothing were known of it. */
function samplesOf(all: readonly metrics.PodMetrics[], resource: string, container: string | undefined): Map<string, Sample> {
  const samples = new Map<string, Sample>();
  for (const { metadata, containers, timestamp, window } of all) {
    const some = container === undefined ? containers : containers.filter((it) => it.name === container);
    const amounts = some.map((it) => it.usage[resource]);
    if (amounts.length === 0 || amounts.some((it) => it === undefined)) continue;
    const milli = amounts.reduce((sum, it) => sum + milliValue(it as string), 0);
    samples.set(metadata.name, { milli, at: Date.parse(timestamp), window: spanOf(window) });
  }
  return samples;
}

/** A metav1.Duration such as 30s or 1m15.5s. */
function spanOf(text: string): Milliseconds {
  const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  return [...text.matchAll(/([\d.]+)(ms|h|m|s)/g)].reduce((sum, [, n, unit]) => sum + Number(n) * (units[unit as string] as number), 0);
}

/** What the containers of a pod ask for together; all of them must say. */
function requestOf({ metadata, spec }: core.Pod, resource: string, container: string | undefined): number | string {
  const sidecars = (spec.initContainers ?? []).filter((it) => it.restartPolicy === 'Always');
  let total = 0;
  for (const { name, resources } of [...spec.containers, ...sidecars]) {
    if (container !== undefined && container !== name) continue;
    const request = resources?.requests?.[resource];
    if (request === undefined) return `missing request for ${resource} in container ${name} of Pod ${metadata.name}`;
    total += milliValue(request);
  }
  return total;
}
