import type { autoscalingV2 } from '../../kinds/index.ts';
import type { LabelSelector } from '../../meta/types.ts';

const noCustom = 'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';

/** Why a metric says nothing, and as what that counts among others. */
export type Silence = { reason: string; fault: string; told: string };

/** What upstream says of metrics of pods, objects and external systems where no adapter serves them (replica_calculator.go). */
export function unserved({ pods, object, external }: autoscalingV2.MetricSpec, namespace: string): Silence {
  if (object) {
    const { metric, describedObject, target } = object;
    const fault = `unable to get metric ${metric.name}: ${describedObject.kind} on ${namespace} ${describedObject.name}/${noCustom}`;
    const inner = target.averageValue === undefined ? fault : `failed to get ${metric.name} object metric: ${fault}`;
    return { reason: 'FailedGetObjectMetric', fault, told: `failed to get object metric value: ${inner}` };
  }
  if (external) {
    const { name, selector } = external.metric;
    const why = `the server could not find the requested resource (get ${name}.external.metrics.k8s.io)`;
    const fault = `unable to get external metric ${namespace}/${name}/${asGo(selector)}: unable to fetch metrics from external metrics API: ${why}`;
    const what = external.target.averageValue === undefined ? `external metric ${name}` : `${name} external metric`;
    return {
      reason: 'FailedGetExternalMetric',
      fault,
      told: `failed to get ${name} external metric value: failed to get ${what}: ${fault}`,
    };
  }
  const fault = `unable to get metric ${pods?.metric.name ?? ''}: ${noCustom}`;
  return { reason: 'FailedGetPodsMetric', fault, told: `failed to get pods metric value: ${fault}` };
}

/** A selector as Go prints it (apimachinery: LabelSelector.String). */
function asGo(selector: LabelSelector | undefined): string {
  if (!selector) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`);
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
