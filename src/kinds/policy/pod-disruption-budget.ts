import { type FieldError, invalidValue, notSupported } from '../../meta/field-error.ts';
import { pathSegment } from '../../meta/names.ts';
import { labelSelectorFaults } from '../../meta/selector-faults.ts';
import { amountFaults, moreThanAll } from '../apps/amounts.ts';
import { defineKind } from '../define.ts';
import { notNegative } from '../faults.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from '../generated/policy-v1.ts';

const policies = ['AlwaysAllow', 'IfHealthyBudget'];

/** Upstream: pkg/apis/policy/validation. */
function specFaults(spec: PodDisruptionBudgetSpec, path: string): FieldError[] {
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy: policy } = spec;
  const amounts = (['minAvailable', 'maxUnavailable'] as const).flatMap((it) => [
    ...amountFaults(`${path}.${it}`, spec[it]),
    ...moreThanAll(`${path}.${it}`, spec[it]),
  ]);
  return [
    ...(minAvailable !== undefined && maxUnavailable !== undefined
      ? [invalidValue(path, spec, 'minAvailable and maxUnavailable cannot be both set')]
      : []),
    ...amounts,
    ...labelSelectorFaults(spec.selector, `${path}.selector`),
    ...(policy === undefined || policies.includes(policy) ? [] : [notSupported(`${path}.unhealthyPodEvictionPolicy`, policy, policies)]),
  ];
}

export const podDisruptionBudget = defineKind<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  namespaced: true,
  // No more is asked of the name than that it can be part of a path.
  nameFaults: pathSegment,
  generation: true,
  defaults: (draft) => {
    draft.spec ??= {};
  },
  prepareCreate: (draft) => {
    draft.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  validate: (it) => specFaults(it.spec, 'spec'),
  validateStatus: (it) =>
    (['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const).flatMap((field) =>
      notNegative(`status.${field}`, it.status?.[field]),
    ),
  columns: [
    { name: 'Min Available', type: 'string', value: (it) => String(it.spec.minAvailable ?? 'N/A') },
    { name: 'Max Unavailable', type: 'string', value: (it) => String(it.spec.maxUnavailable ?? 'N/A') },
    { name: 'Allowed Disruptions', type: 'integer', value: (it) => it.status?.disruptionsAllowed ?? 0 },
  ],
});
