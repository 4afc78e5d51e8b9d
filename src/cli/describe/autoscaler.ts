import type { autoscalingV2 } from '../../kinds/index.ts';
import { canonicalQuantity } from '../../meta/quantity.ts';
import type { AnyObject } from '../resources/index.ts';
import type { Lookup } from './context.ts';
import { putEvents } from './events.ts';
import { longTime, putAnnotations, putMap, Sheet } from './sheet.ts';

const unknown = '<unknown>';
const amount = (it: string | undefined): string => (it === undefined ? unknown : canonicalQuantity(it));

/** In whatever version it was asked for, it is told in the newest. */
export async function describeAutoscaler(object: AnyObject, lookup: Lookup): Promise<string> {
  const newest =
    object.apiVersion === 'autoscaling/v1'
      ? await lookup.one('horizontalpodautoscalers.v2.autoscaling', object.metadata.namespace, object.metadata.name)
      : object;
  const { metadata, spec, status } = (newest ?? object) as unknown as autoscalingV2.HorizontalPodAutoscaler;
  const sheet = new Sheet();
  const put = (line: string): void => sheet.put(0, line);
  put(`Name:\t${metadata.name}`);
  put(`Namespace:\t${metadata.namespace}`);
  putMap(sheet, 0, 'Labels', metadata.labels);
  putAnnotations(sheet, 0, metadata.annotations);
  put(`CreationTimestamp:\t${longTime(metadata.creationTimestamp)}`);
  put(`Reference:\t${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`);
  put('Metrics:\t( current / target )');
  for (const [i, metric] of (spec.metrics ?? []).entries()) sheet.put(1, metricText(metric, status?.currentMetrics?.[i]));
  put(`Min replicas:\t${spec.minReplicas ?? '<unset>'}`);
  put(`Max replicas:\t${spec.maxReplicas}`);
  if (spec.behavior) {
    put('Behavior:');
    putRules(sheet, 'Scale Up', spec.behavior.scaleUp);
    putRules(sheet, 'Scale Down', spec.behavior.scaleDown);
  }
  put(`${spec.scaleTargetRef.kind} pods:\t${status?.currentReplicas ?? 0} current / ${status?.desiredReplicas ?? 0} desired`);
  if (status?.conditions?.length) {
    put('Conditions:');
    sheet.put(1, 'Type\tStatus\tReason\tMessage');
    sheet.put(1, '----\t------\t------\t-------');
    for (const it of status.conditions) sheet.put(1, `${it.type}\t${it.status}\t${it.reason ?? ''}\t${it.message ?? ''}`);
  }
  await putEvents(sheet, newest ?? object, lookup);
  return sheet.toString();
}

function metricText(metric: autoscalingV2.MetricSpec, status: autoscalingV2.MetricStatus | undefined): string {
  const { external, pods, object, resource, containerResource } = metric;
  if (external) {
    const { name } = external.metric;
    const now = status?.external?.current;
    return external.target.averageValue !== undefined
      ? `"${name}" (target average value):\t${amount(now?.averageValue)} / ${amount(external.target.averageValue)}`
      : `"${name}" (target value):\t${amount(now?.value)} / ${amount(external.target.value)}`;
  }
  if (pods) return `"${pods.metric.name}" on pods:\t${amount(status?.pods?.current.averageValue)} / ${amount(pods.target.averageValue)}`;
  if (object) {
    const start = `"${object.metric.name}" on ${object.describedObject.kind}/${object.describedObject.name}`;
    const now = status?.object?.current;
    return object.target.type === 'AverageValue'
      ? `${start} (target average value):\t${amount(now?.averageValue)} / ${amount(object.target.averageValue)}`
      : `${start} (target value):\t${amount(now?.value)} / ${amount(object.target.value)}`;
  }
  if (resource) return shareText(`resource ${resource.name} on pods`, resource.target, status?.resource?.current);
  if (containerResource) {
    const { name, container, target } = containerResource;
    return shareText(`resource ${name} of container "${container}" on pods`, target, status?.containerResource?.current);
  }
  return `<unknown metric type "${metric.type}">`;
}

function shareText(start: string, target: autoscalingV2.MetricTarget, now: autoscalingV2.MetricValueStatus | undefined): string {
  if (target.averageValue !== undefined) return `${start}:\t${amount(now?.averageValue)} / ${amount(target.averageValue)}`;
  const share = now?.averageUtilization === undefined ? unknown : `${now.averageUtilization}% (${amount(now.averageValue)})`;
  const wanted = target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`;
  return `${start}  (as a percentage of request):\t${share} / ${wanted}`;
}

function putRules(sheet: Sheet, title: string, rules: autoscalingV2.HPAScalingRules | undefined): void {
  if (!rules) return;
  sheet.put(1, `${title}:`);
  if (rules.stabilizationWindowSeconds !== undefined) sheet.put(2, `Stabilization Window: ${rules.stabilizationWindowSeconds} seconds`);
  if (!rules.policies?.length) return;
  sheet.put(2, `Select Policy: ${rules.selectPolicy ?? 'Max'}`);
  sheet.put(2, 'Policies:');
  for (const it of rules.policies) sheet.put(3, `- Type: ${it.type}\tValue: ${it.value}\tPeriod: ${it.periodSeconds} seconds`);
}
