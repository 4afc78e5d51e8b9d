import { deepEqual } from '../../../meta/copy.ts';
import { type FieldError, invalidValue, required } from '../../../meta/field-error.ts';
import { qualifiedName } from '../../../meta/names.ts';
import { compareQuantities, isQuantity, quantityNumber } from '../../../meta/quantity.ts';
import type { Quantity } from '../../../meta/types.ts';
import { type Column, defineKind } from '../../define.ts';
import { faultsOf } from '../../faults.ts';
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../../generated/core-v1.ts';

const compute = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];
const counted = [
  'pods',
  'services',
  'services.nodeports',
  'services.loadbalancers',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
];
const standard = [
  ...compute,
  ...counted,
  'ephemeral-storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
  'requests.storage',
];
const scopes = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
];

/** What may be limited within a scope: of the best effort, nothing but the number of pods. */
function fits(scope: string, resource: string): boolean {
  if (scope === 'BestEffort') return resource === 'pods';
  if (scope === 'VolumeAttributesClass') return resource === 'persistentvolumeclaims' || resource === 'requests.storage';
  return resource === 'pods' || compute.includes(resource);
}

function hardFaults(hard: { [name: string]: Quantity } | undefined, path: string): FieldError[] {
  return Object.entries(hard ?? {}).flatMap(([name, amount]) => {
    const at = `${path}[${name}]`;
    const faults = faultsOf(at, name, qualifiedName(name));
    if (!name.includes('/') && faults.length === 0 && !standard.includes(name) && !/^(requests\.)?hugepages-/.test(name))
      faults.push(invalidValue(at, name, 'must be a standard resource for quota'));
    if (!isQuantity(amount)) return faults;
    if (compareQuantities(amount, '0') < 0) faults.push(invalidValue(at, amount, 'must be greater than or equal to 0'));
    if ((counted.includes(name) || name.startsWith('count/')) && !Number.isInteger(quantityNumber(amount)))
      faults.push(invalidValue(at, amount, 'must be an integer'));
    return faults;
  });
}

function scopeFaults({ hard, scopes: given, scopeSelector }: ResourceQuotaSpec): FieldError[] {
  const path = 'spec.scopes';
  const limited = Object.keys(hard ?? {}).filter((it) => standard.includes(it));
  const faults: FieldError[] = [];
  for (const scope of given ?? []) {
    if (!scopes.includes(scope)) faults.push(invalidValue(path, given, 'unsupported scope'));
    for (const name of limited) if (!fits(scope, name)) faults.push(invalidValue(path, given, 'unsupported scope applied to resource'));
  }
  faults.push(...conflictFaults(given ?? [], path, given));
  const at = 'spec.scopeSelector.matchExpressions';
  const expressions = scopeSelector?.matchExpressions ?? [];
  for (const expression of expressions) {
    if (!scopes.includes(expression.scopeName))
      faults.push(invalidValue(`${at}.scopeName`, expression.scopeName ?? '', 'unsupported scope'));
    for (const name of limited)
      if (!fits(expression.scopeName, name)) faults.push(invalidValue(at, scopeSelector, 'unsupported scope applied to resource'));
    faults.push(...expressionFaults(expression, at));
  }
  return [
    ...faults,
    ...conflictFaults(
      expressions.map((it) => it.scopeName),
      at,
      scopeSelector,
    ),
  ];
}

const conflictFaults = (given: readonly string[], path: string, value: unknown): FieldError[] =>
  ['BestEffort', 'Terminating'].flatMap((it) =>
    given.includes(it) && given.includes(`Not${it}`) ? [invalidValue(path, value, 'conflicting scopes')] : [],
  );

/** Of the other scopes a pod is or is not: there is nothing to choose from. */
const withoutValues = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];
const onlyExists =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

function expressionFaults(requirement: ScopedResourceSelectorRequirement, path: string): FieldError[] {
  const { scopeName, operator } = requirement;
  const must = withoutValues.includes(scopeName) && operator !== 'Exists';
  return [...(must ? [invalidValue(`${path}.operator`, operator ?? '', onlyExists)] : []), ...valuesFaults(requirement, path)];
}

function valuesFaults({ operator, values = [] }: ScopedResourceSelectorRequirement, path: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? []
        : [required(`${path}.values`, "must be atleast one value when `operator` is 'In' or 'NotIn' for scope selector")];
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [invalidValue(`${path}.values`, values, "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector")];
    default:
      return [invalidValue(`${path}.operator`, operator ?? '', 'not a valid selector operator')];
  }
}

/** `pods: 1/3, requests.cpu: 1/2`: used of what there is. */
const shares = (isLimit: boolean) => (it: ResourceQuota) =>
  Object.keys(it.status?.hard ?? {})
    .sort()
    .filter((name) => name.includes('limits') === isLimit)
    .map((name) => `${name}: ${it.status?.used?.[name] ?? '0'}/${it.status?.hard?.[name]}`)
    .join(', ');

export const resourceQuota = defineKind<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  namespaced: true,
  defaults: (draft) => {
    draft.spec ??= {};
  },
  prepareCreate: (draft) => {
    draft.status = {};
  },
  validate: (it, was) => [
    ...hardFaults(it.spec.hard, 'spec.hard'),
    ...scopeFaults(it.spec),
    ...(was && !deepEqual([...(it.spec.scopes ?? [])].sort(), [...(was.spec?.scopes ?? [])].sort())
      ? [invalidValue('spec.scopes', it.spec.scopes, 'field is immutable')]
      : []),
  ],
  validateStatus: (it) => [...hardFaults(it.status?.hard, 'status.hard'), ...hardFaults(it.status?.used, 'status.used')],
  columns: [
    { name: 'Request', type: 'string', value: shares(false) },
    { name: 'Limit', type: 'string', value: shares(true) },
  ] satisfies ReadonlyArray<Column<ResourceQuota>>,
});
