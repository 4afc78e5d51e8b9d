import { type FieldError, forbidden, invalidValue, notSupported, required } from '../../meta/field-error.ts';
import { compareQuantities } from '../../meta/quantity.ts';
import { labelSelectorFaults } from '../../meta/selector-faults.ts';
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscalerSpec,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from '../generated/autoscaling-v2.ts';

/** Faults of an autoscaler (pkg/apis/autoscaling/validation). */
export function autoscalerFaults(spec: HorizontalPodAutoscalerSpec, path: string): FieldError[] {
  const { minReplicas = 1, maxReplicas = 0 } = spec;
  const faults: FieldError[] = [];
  if (minReplicas < 1) faults.push(invalidValue(`${path}.minReplicas`, minReplicas, 'must be greater than or equal to 1'));
  if (maxReplicas < 1) faults.push(invalidValue(`${path}.maxReplicas`, maxReplicas, 'must be greater than 0'));
  if (maxReplicas < minReplicas)
    faults.push(invalidValue(`${path}.maxReplicas`, maxReplicas, 'must be greater than or equal to `minReplicas`'));
  return [
    ...faults,
    ...referenceFaults(spec.scaleTargetRef, `${path}.scaleTargetRef`),
    ...(spec.metrics ?? []).flatMap((it, i) => metricFaults(it, `${path}.metrics[${i}]`)),
    ...ruleFaults(spec.behavior?.scaleUp, `${path}.behavior.scaleUp`),
    ...ruleFaults(spec.behavior?.scaleDown, `${path}.behavior.scaleDown`),
  ];
}

const referenceFaults = (it: CrossVersionObjectReference | undefined, path: string): FieldError[] =>
  (['kind', 'name'] as const).flatMap((field) => {
    const value = it?.[field];
    if (!value) return [required(`${path}.${field}`)];
    return /^[^/%]+$/.test(value) && value !== '.' && value !== '..'
      ? []
      : [invalidValue(`${path}.${field}`, value, "may not contain '/'")];
  });

const sources = {
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
  External: 'external',
} as const;

function metricFaults(metric: MetricSpec, path: string): FieldError[] {
  const { type } = metric;
  if (!type) return [required(`${path}.type`, 'must specify a metric source type')];
  if (!Object.hasOwn(sources, type)) return [notSupported(`${path}.type`, type, Object.keys(sources).sort())];
  const expected = sources[type as keyof typeof sources];
  const faults: FieldError[] = [];
  for (const field of Object.values(sources)) {
    if (field !== expected && metric[field]) faults.push(forbidden(`${path}.${field}`, 'must populate the given metric source only'));
  }
  const source = metric[expected];
  if (!source) return [...faults, required(`${path}.${expected}`, 'must populate information for the given metric source')];
  const at = `${path}.${expected}`;
  faults.push(...targetFaults(source.target, `${at}.target`));
  if ('name' in source && !source.name) faults.push(required(`${at}.name`, 'must specify a resource name'));
  if ('metric' in source) faults.push(...identifierFaults(source.metric, `${at}.metric`));
  if ('describedObject' in source) faults.push(...referenceFaults(source.describedObject, `${at}.describedObject`));
  if ('container' in source && !source.container) faults.push(required(`${at}.container`, 'must specify a container'));
  const { averageUtilization, averageValue, value } = source.target ?? {};
  if (expected === 'resource' || expected === 'containerResource') {
    if (averageUtilization === undefined && averageValue === undefined)
      faults.push(required(`${at}.target.averageUtilization`, 'must set either a target raw value or a target utilization'));
    if (averageUtilization !== undefined && averageValue !== undefined)
      faults.push(forbidden(`${at}.target.averageValue`, 'may not set both a target raw value and a target utilization'));
  }
  if (expected === 'pods' && averageValue === undefined)
    faults.push(required(`${at}.target.averageValue`, 'must specify a positive target averageValue'));
  if ((expected === 'object' || expected === 'external') && value === undefined && averageValue === undefined)
    faults.push(required(`${at}.target.averageValue`, 'must set either a target value for metric or a per-pod target'));
  return faults;
}

const identifierFaults = (it: MetricIdentifier | undefined, path: string): FieldError[] => [
  ...(it?.name ? [] : [required(`${path}.name`)]),
  ...labelSelectorFaults(it?.selector, `${path}.selector`),
];

const types = ['AverageValue', 'Utilization', 'Value'];

function targetFaults(target: MetricTarget | undefined, path: string): FieldError[] {
  if (!target?.type) return [required(`${path}.type`, 'must specify a metric target type')];
  const faults = types.includes(target.type)
    ? []
    : [invalidValue(`${path}.type`, target.type, 'must be either Utilization, Value, or AverageValue')];
  for (const field of ['value', 'averageValue'] as const) {
    const amount = target[field];
    if (amount !== undefined && compareQuantities(amount, '0') <= 0)
      faults.push(invalidValue(`${path}.${field}`, amount, 'must be positive'));
  }
  const { averageUtilization } = target;
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
