import { type FieldError, forbidden, invalidValue, notSupported, required } from '../../meta/field-error.ts';
import { dns1123Label, pathSegment } from '../../meta/names.ts';
import { compareQuantities } from '../../meta/quantity.ts';
import { containerResourceNameFaults } from '../core/pod/resource-faults.ts';
import { faultsOf } from '../faults.ts';
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscalerSpec,
  HPAScalingRules,
  MetricSpec,
  MetricTarget,
} from '../generated/autoscaling-v2.ts';

type Reference = Partial<CrossVersionObjectReference>;

/** One kind alone that can be scaled has no group. What was let pass once is not asked for again. */
function groupOf(target: Reference, was: Reference | undefined): Group {
  if (was && was.apiVersion === target.apiVersion && was.kind === target.kind) return 'not asked for';
  return target.kind === 'ReplicationController' ? 'not needed' : 'needed';
}

/** Faults of an autoscaler (pkg/apis/autoscaling/validation). */
export function autoscalerFaults(spec: HorizontalPodAutoscalerSpec, path: string, was?: HorizontalPodAutoscalerSpec): FieldError[] {
  const target: Reference = spec.scaleTargetRef ?? {};
  const { minReplicas = 1, maxReplicas = 0 } = spec;
  const faults: FieldError[] = [];
  if (minReplicas < 1) faults.push(invalidValue(`${path}.minReplicas`, minReplicas, 'must be greater than or equal to 1'));
  if (maxReplicas === 0) faults.push(required(`${path}.maxReplicas`, 'must be set and greater than 0'));
  if (maxReplicas < 0) faults.push(invalidValue(`${path}.maxReplicas`, maxReplicas, 'must be greater than or equal to 1'));
  if (maxReplicas < minReplicas)
    faults.push(invalidValue(`${path}.maxReplicas`, maxReplicas, 'must be greater than or equal to `minReplicas`'));
  return [
    ...faults,
    ...referenceFaults(target, `${path}.scaleTargetRef`, groupOf(target, was?.scaleTargetRef)),
    ...(spec.metrics ?? []).flatMap((it, i) => metricFaults(it, `${path}.metrics[${i}]`)),
    ...ruleFaults(spec.behavior?.scaleUp, `${path}.behavior.scaleUp`),
    ...ruleFaults(spec.behavior?.scaleDown, `${path}.behavior.scaleDown`),
  ];
}

type Group = 'needed' | 'not needed' | 'not asked for';

function referenceFaults({ kind, name, apiVersion = '' }: Reference, path: string, asked: Group): FieldError[] {
  const faults = Object.entries({ kind, name }).flatMap(([field, value]) => nameFaults(value, `${path}.${field}`));
  if (asked === 'not asked for') return faults;
  const parts = apiVersion.split('/');
  if (parts.length > 2) faults.push(invalidValue(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else if (asked === 'needed' && (parts.length < 2 || parts[0] === ''))
    faults.push(invalidValue(`${path}.apiVersion`, apiVersion, 'apiVersion must specify API group'));
  return faults;
}

const nameFaults = (value: string | undefined, path: string, why = ''): FieldError[] =>
  value ? faultsOf(path, value, pathSegment(value)) : [required(path, why)];

/** In this order they are looked at; of several, the first alone. */
const sources = {
  Object: 'object',
  External: 'external',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
} as const;
type Source = (typeof sources)[keyof typeof sources];

function metricFaults(metric: MetricSpec, path: string): FieldError[] {
  const type: string = metric.type ?? '';
  const faults: FieldError[] = type ? [] : [required(`${path}.type`, 'must specify a metric source type')];
  const expected = Object.hasOwn(sources, type) ? sources[type as keyof typeof sources] : undefined;
  const present = Object.values(sources).filter((it) => metric[it]);
  const unknown = notSupported(`${path}.type`, type, Object.keys(sources).sort());
  if (!expected) faults.push(unknown);
  if (present[0]) faults.push(...sourceFaults(metric, present[0], `${path}.${present[0]}`));
  if (!expected) faults.push(unknown);
  else if (!metric[expected]) faults.push(required(`${path}.${expected}`, 'must populate information for the given metric source'));
  const others = present.length === 1 ? [] : present.filter((it) => it !== expected);
  return [...faults, ...others.map((it) => forbidden(`${path}.${it}`, 'must populate the given metric source only'))];
}

function sourceFaults(metric: MetricSpec, kind: Source, at: string): FieldError[] {
  const { object, containerResource } = metric;
  const { averageUtilization, averageValue, value } = metric[kind]?.target ?? {};
  const target = targetFaults(metric[kind]?.target, `${at}.target`);
  const average = `${at}.target.averageValue`;
  if (kind === 'resource' || kind === 'containerResource') {
    const name = metric[kind]?.name;
    const faults: FieldError[] = name ? [] : [required(`${at}.name`, 'must specify a resource name')];
    if (containerResource && kind === 'containerResource') {
      const { container } = containerResource;
      if (name) faults.push(...containerResourceNameFaults(name, `${at}.name`));
      if (container) faults.push(...faultsOf(`${at}.container`, container, dns1123Label(container)));
      else faults.push(required(`${at}.container`, 'must specify a container'));
    }
    faults.push(...target);
    if (averageUtilization === undefined && averageValue === undefined)
      faults.push(required(`${at}.target.averageUtilization`, 'must set either a target raw value or a target utilization'));
    if (averageUtilization !== undefined && averageValue !== undefined)
      faults.push(forbidden(average, 'may not set both a target raw value and a target utilization'));
    return faults;
  }
  const faults = object && kind === 'object' ? referenceFaults(object.describedObject ?? {}, `${at}.describedObject`, 'not needed') : [];
  faults.push(...nameFaults(metric[kind]?.metric?.name, `${at}.metric.name`, 'must specify a metric name'), ...target);
  if (kind === 'pods' && averageValue === undefined) faults.push(required(average, 'must specify a positive target averageValue'));
  if (kind === 'object' && value === undefined && averageValue === undefined)
    faults.push(required(average, 'must set either a target value or averageValue'));
  if (kind === 'external') {
    if (value === undefined && averageValue === undefined)
      faults.push(required(average, 'must set either a target value for metric or a per-pod target'));
    if (value !== undefined && averageValue !== undefined)
      faults.push(forbidden(`${at}.target.value`, 'may not set both a target value for metric and a per-pod target'));
  }
  return faults;
}

const types = ['AverageValue', 'Utilization', 'Value'];

function targetFaults(target: Partial<MetricTarget> | undefined, path: string): FieldError[] {
  const type: string = target?.type ?? '';
  const faults: FieldError[] = type ? [] : [required(`${path}.type`, 'must specify a metric target type')];
  if (!types.includes(type)) faults.push(invalidValue(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  for (const field of ['value', 'averageValue'] as const) {
    const amount = target?.[field];
    if (amount !== undefined && compareQuantities(amount, '0') <= 0)
      faults.push(invalidValue(`${path}.${field}`, amount, 'must be positive'));
  }
  const { averageUtilization } = target ?? {};
  if (averageUtilization !== undefined && averageUtilization < 1)
    faults.push(invalidValue(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'));
  return faults;
}

function ruleFaults(rules: HPAScalingRules | undefined, path: string): FieldError[] {
  if (!rules) return [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const faults: FieldError[] = [];
  if (window !== undefined && window < 0)
    faults.push(invalidValue(`${path}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'));
  if (window !== undefined && window > 3600)
    faults.push(invalidValue(`${path}.stabilizationWindowSeconds`, window, 'must be less than or equal to 3600'));
  if (selectPolicy !== undefined && !['Disabled', 'Max', 'Min'].includes(selectPolicy))
    faults.push(notSupported(`${path}.selectPolicy`, selectPolicy, ['Disabled', 'Max', 'Min']));
  if (policies.length === 0) faults.push(required(`${path}.policies`, 'must specify at least one Policy'));
  if (tolerance !== undefined && compareQuantities(tolerance, '0') < 0)
    faults.push(invalidValue(`${path}.tolerance`, tolerance, 'must be greater than or equal to 0'));
  for (const [i, { type, value, periodSeconds }] of policies.entries()) {
    const at = `${path}.policies[${i}]`;
    if (type !== 'Pods' && type !== 'Percent') faults.push(notSupported(`${at}.type`, type, ['Percent', 'Pods']));
    if (!(value > 0)) faults.push(invalidValue(`${at}.value`, value, 'must be greater than zero'));
    if (!(periodSeconds > 0)) faults.push(invalidValue(`${at}.periodSeconds`, periodSeconds, 'must be greater than zero'));
    if (periodSeconds > 1800) faults.push(invalidValue(`${at}.periodSeconds`, periodSeconds, 'must be less than or equal to 1800'));
  }
  return faults;
}
