import { duplicate, type FieldError, forbidden, invalidValue, required } from '../../../meta/field-error.ts';
import { labelValue, qualifiedName } from '../../../meta/names.ts';
import { validateLabels } from '../../../meta/object-meta.ts';
import { labelSelectorFaults } from '../../../meta/selector-faults.ts';
import { faultsOf } from '../../faults.ts';
import type { NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm, PodSpec, Toleration } from '../../generated/core-v1.ts';

/** Where a pod may go: node selector, affinities, tolerations, spreading. */
export const schedulingFaults = (spec: PodSpec, path: string): FieldError[] => [
  ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
  ...affinityFaults(spec, `${path}.affinity`),
  ...(spec.tolerations ?? []).flatMap((it, i) => tolerationFaults(it, `${path}.tolerations[${i}]`)),
  ...spreadFaults(spec, `${path}.topologySpreadConstraints`),
];

function tolerationFaults(it: Toleration, path: string): FieldError[] {
  const faults = it.key ? faultsOf(`${path}.key`, it.key, qualifiedName(it.key)) : [];
  if (!it.key && it.operator !== 'Exists')
    faults.push(
      invalidValue(
        `${path}.operator`,
        it.operator ?? '',
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  if (it.tolerationSeconds !== undefined && it.effect !== 'NoExecute')
    faults.push(invalidValue(`${path}.effect`, it.effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  if (it.operator === 'Exists') {
    if (it.value) faults.push(invalidValue(`${path}.operator`, it, "value must be empty when `operator` is 'Exists'"));
  } else if (it.value) faults.push(...faultsOf(`${path}.operator`, it.value, labelValue(it.value)));
  return faults;
}

function requirementFaults({ key, operator, values = [] }: NodeSelectorRequirement, path: string): FieldError[] {
  const faults = faultsOf(`${path}.key`, key, qualifiedName(key ?? ''));
  if (['In', 'NotIn'].includes(operator) && values.length === 0)
    faults.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  if (['Exists', 'DoesNotExist'].includes(operator) && values.length > 0)
    faults.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  if (['Gt', 'Lt'].includes(operator) && values.length !== 1)
    faults.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  return faults;
}

const termFaults = (term: NodeSelectorTerm, path: string): FieldError[] => [
  ...(term.matchExpressions ?? []).flatMap((it, i) => requirementFaults(it, `${path}.matchExpressions[${i}]`)),
  ...(term.matchFields ?? []).flatMap((it, i) =>
    it.key === 'metadata.name' ? [] : [invalidValue(`${path}.matchFields[${i}].key`, it.key, 'not a valid field selector key')],
  ),
];

const weightFaults = (weight: number, path: string): FieldError[] =>
  weight >= 1 && weight <= 100 ? [] : [invalidValue(`${path}.weight`, weight, 'must be in the range 1-100')];

function podTermFaults(term: PodAffinityTerm | undefined, path: string): FieldError[] {
  return [
    ...labelSelectorFaults(term?.labelSelector, `${path}.labelSelector`),
    ...labelSelectorFaults(term?.namespaceSelector, `${path}.namespaceSelector`),
    ...(term?.topologyKey
      ? faultsOf(`${path}.topologyKey`, term.topologyKey, qualifiedName(term.topologyKey))
      : [required(`${path}.topologyKey`, 'can not be empty')]),
  ];
}

function affinityFaults({ affinity }: PodSpec, path: string): FieldError[] {
  const faults: FieldError[] = [];
  const nodes = affinity?.nodeAffinity;
  const wanted = nodes?.requiredDuringSchedulingIgnoredDuringExecution;
  if (wanted) {
    const at = `${path}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
    if (!wanted.nodeSelectorTerms?.length) faults.push(required(at, 'must have at least one node selector term'));
    faults.push(...(wanted.nodeSelectorTerms ?? []).flatMap((it, i) => termFaults(it, `${at}[${i}]`)));
  }
  for (const [i, it] of (nodes?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
    const at = `${path}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
    faults.push(...weightFaults(it.weight, at), ...termFaults(it.preference ?? {}, `${at}.preference`));
  }
  for (const name of ['podAffinity', 'podAntiAffinity'] as const) {
    const pods = affinity?.[name];
    for (const [i, it] of (pods?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries())
      faults.push(...podTermFaults(it, `${path}.${name}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`));
    for (const [i, it] of (pods?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries()) {
      const at = `${path}.${name}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      faults.push(...weightFaults(it.weight, at), ...podTermFaults(it.podAffinityTerm, `${at}.podAffinityTerm`));
    }
  }
  return faults;
}

function spreadFaults({ topologySpreadConstraints: constraints }: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  return (constraints ?? []).flatMap((it, i) => {
    const at = `${path}[${i}]`;
    const faults: FieldError[] = [];
    if (!(it.maxSkew > 0)) faults.push(invalidValue(`${at}.maxSkew`, it.maxSkew ?? 0, 'must be greater than zero'));
    if (!it.topologyKey) faults.push(required(`${at}.topologyKey`, 'can not be empty'));
    if (!it.whenUnsatisfiable) faults.push(required(`${at}.whenUnsatisfiable`));
    const key = `{${it.topologyKey}, ${it.whenUnsatisfiable}}`;
    if (seen.has(key)) faults.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, key));
    seen.add(key);
    return [...faults, ...labelSelectorFaults(it.labelSelector, `${at}.labelSelector`)];
  });
}
