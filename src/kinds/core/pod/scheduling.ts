import { duplicate, type FieldError, forbidden, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../../../meta/names.ts';
import { labelSelectorFaults } from '../../../meta/selector-faults.ts';
import type { LabelSelector } from '../../../meta/types.ts';
import { faultsOf } from '../../faults.ts';
import type {
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  PodSpec,
  Toleration,
  TopologySpreadConstraint,
} from '../../generated/core-v1.ts';

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
export const effectFaults = (effect: string, path: string): FieldError[] =>
  effects.includes(effect) ? [] : [notSupported(path, effect, effects)];

export const tolerationFaults = (tolerations: readonly Toleration[] | undefined, path: string): FieldError[] =>
  (tolerations ?? []).flatMap(({ key, operator = '', value = '', effect = '', tolerationSeconds }, i) => {
    const at = `${path}[${i}]`;
    const faults = key ? faultsOf(`${at}.key`, key, qualifiedName(key)) : [];
    if (!key && operator !== 'Exists') faults.push(invalidValue(`${at}.operator`, operator, keylessRule));
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      faults.push(invalidValue(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    if (operator === 'Exists') {
      if (value) faults.push(invalidValue(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    } else if (operator === '' || operator === 'Equal') {
      const texts = labelValue(value);
      if (texts.length > 0) faults.push(invalidValue(`${at}.operator`, value, texts.join(';')));
    } else if (operator === 'Lt' || operator === 'Gt') {
      // They compare numbers, and stand behind a gate that is shut.
      faults.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists', 'Lt', 'Gt']));
    } else faults.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']));
    return effect ? [...faults, ...effectFaults(effect, `${at}.effect`)] : faults;
  });

const keylessRule = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';

type Strictness = { values: boolean };

function requirementFaults({ key = '', operator, values = [] }: NodeSelectorRequirement, path: string, strict: Strictness): FieldError[] {
  const faults: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) faults.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) faults.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1) faults.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else faults.push(invalidValue(`${path}.operator`, operator ?? '', 'not a valid selector operator'));
  faults.push(...faultsOf(`${path}.key`, key, qualifiedName(key)));
  if (strict.values) faults.push(...values.flatMap((it, i) => faultsOf(`${path}.values[${i}]`, it, labelValue(it))));
  return faults;
}

function fieldFaults({ key = '', operator, values = [] }: NodeSelectorRequirement, path: string): FieldError[] {
  const faults: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn')
    faults.push(invalidValue(`${path}.operator`, operator ?? '', 'not a valid selector operator'));
  else if (values.length !== 1)
    faults.push(required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  if (key !== 'metadata.name') return [...faults, invalidValue(`${path}.key`, key, 'not a valid field selector key')];
  return [...faults, ...values.flatMap((it, i) => faultsOf(`${path}.values[${i}]`, it, dns1123Subdomain(it)))];
}

const termFaults = (term: NodeSelectorTerm, path: string, strict: Strictness): FieldError[] => [
  ...(term.matchExpressions ?? []).flatMap((it, i) => requirementFaults(it, `${path}.matchExpressions[${i}]`, strict)),
  ...(term.matchFields ?? []).flatMap((it, i) => fieldFaults(it, `${path}.matchFields[${i}]`)),
];

/** Which nodes must be, for pods and volumes. */
export function nodeSelectorFaults({ nodeSelectorTerms: terms = [] }: Partial<NodeSelector>, path: string): FieldError[] {
  const at = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')];
  return terms.flatMap((it, i) => termFaults(it, `${at}[${i}]`, { values: true }));
}

const weightFaults = (weight: number | undefined, path: string): FieldError[] =>
  (weight ?? 0) >= 1 && (weight ?? 0) <= 100 ? [] : [invalidValue(`${path}.weight`, weight ?? 0, 'must be in the range 1-100')];

type KeyedTerm = { matchLabelKeys?: readonly string[]; mismatchLabelKeys?: readonly string[]; labelSelector?: LabelSelector };

/** Keys whose values the pod's own labels give: they need a selector to join, and join it once. */
function labelKeyFaults({ matchLabelKeys = [], mismatchLabelKeys = [], labelSelector }: KeyedTerm, path: string): FieldError[] {
  const faults: FieldError[] = [];
  for (const [name, keys] of Object.entries({ matchLabelKeys, mismatchLabelKeys })) {
    if (keys.length === 0) continue;
    if (!labelSelector) faults.push(forbidden(`${path}.${name}`, 'must not be specified when labelSelector is not set'));
    else faults.push(...keys.flatMap((it, i) => faultsOf(`${path}.${name}[${i}]`, it, qualifiedName(it))));
  }
  const said = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const i = matchLabelKeys.lastIndexOf(key);
    if (i >= 0 && said.has(key)) faults.push(invalidValue(`${path}[${i}]`, key, 'exists in both matchLabelKeys and labelSelector'));
    said.add(key);
  }
  for (const [i, it] of matchLabelKeys.entries())
    if (mismatchLabelKeys.includes(it))
      faults.push(invalidValue(`${path}.matchLabelKeys[${i}]`, it, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  return faults;
}

function podTermFaults(term: Partial<PodAffinityTerm>, path: string): FieldError[] {
  const { topologyKey = '' } = term;
  return [
    ...labelSelectorFaults(term.labelSelector, `${path}.labelSelector`),
    ...labelSelectorFaults(term.namespaceSelector, `${path}.namespaceSelector`),
    ...(term.namespaces ?? []).flatMap((it) => faultsOf(`${path}.namespace`, it, dns1123Label(it))),
    ...labelKeyFaults(term, path),
    ...(topologyKey ? [] : [required(`${path}.topologyKey`, 'can not be empty')]),
    ...faultsOf(`${path}.topologyKey`, topologyKey, qualifiedName(topologyKey)),
  ];
}

export function affinityFaults({ affinity }: PodSpec, path: string): FieldError[] {
  const faults: FieldError[] = [];
  const nodes = affinity?.nodeAffinity;
  const wanted = nodes?.requiredDuringSchedulingIgnoredDuringExecution;
  if (wanted) faults.push(...nodeSelectorFaults(wanted, `${path}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution`));
  for (const [i, it] of (nodes?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    const at = `${path}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
    // Values that no label can have are let pass here: they were, once.
    faults.push(...weightFaults(it.weight, at), ...termFaults(it.preference ?? {}, `${at}.preference`, { values: false }));
  }
  for (const name of ['podAffinity', 'podAntiAffinity'] as const) {
    const pods = affinity?.[name];
    for (const [i, it] of (pods?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries())
      faults.push(...podTermFaults(it, `${path}.${name}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`));
    for (const [i, it] of (pods?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      const at = `${path}.${name}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      faults.push(...weightFaults(it.weight, at), ...podTermFaults(it.podAffinityTerm ?? {}, `${at}.podAffinityTerm`));
    }
  }
  return faults;
}

const actions = ['DoNotSchedule', 'ScheduleAnyway'];

export const spreadFaults = ({ topologySpreadConstraints: all = [] }: PodSpec, path: string): FieldError[] =>
  all.flatMap((it, i) => {
    const at = `${path}[${i}]`;
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '' } = it as Partial<TopologySpreadConstraint>;
    const faults: FieldError[] = [];
    if (maxSkew <= 0) faults.push(invalidValue(`${at}.maxSkew`, maxSkew, 'must be greater than zero'));
    if (!topologyKey) faults.push(required(`${at}.topologyKey`, 'can not be empty'));
    if (!actions.includes(whenUnsatisfiable)) faults.push(notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, actions));
    if (all.slice(i + 1).some((one) => (one.topologyKey ?? '') === topologyKey && (one.whenUnsatisfiable ?? '') === whenUnsatisfiable))
      faults.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`));
    return [...faults, ...countingFaults(it, at, whenUnsatisfiable), ...labelSelectorFaults(it.labelSelector, `${at}.labelSelector`)];
  });

function countingFaults(it: TopologySpreadConstraint, path: string, action: string): FieldError[] {
  const { minDomains } = it;
  const faults: FieldError[] = [];
  if (minDomains !== undefined && minDomains <= 0) faults.push(invalidValue(`${path}.minDomains`, minDomains, 'must be greater than zero'));
  if (minDomains !== undefined && action !== 'DoNotSchedule') {
    const why = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`;
    faults.push(invalidValue(`${path}.minDomains`, minDomains, why));
  }
  for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
    const policy = it[field];
    if (policy !== undefined && policy !== 'Honor' && policy !== 'Ignore')
      faults.push(notSupported(`${path}.${field}`, policy, ['Honor', 'Ignore']));
  }
  const { matchLabelKeys, labelSelector } = it;
  return [...faults, ...labelKeyFaults({ ...(matchLabelKeys && { matchLabelKeys }), ...(labelSelector && { labelSelector }) }, path)];
}
