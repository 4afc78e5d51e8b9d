import { type FieldError, forbidden, invalidValue, notSupported } from '../../meta/field-error.ts';
import { ageColumn, type Column, defineKind } from '../define.ts';
import type { PriorityClass } from '../generated/scheduling-v1.ts';

/** The classes that every cluster has (scheduling/v1, SystemPriorityClasses); no other may be named `system-…`. */
export const systemPriorityClasses: ReadonlyArray<{ name: string; value: number; description: string }> = [
  {
    name: 'system-node-critical',
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    name: 'system-cluster-critical',
    value: 2_000_000_000,
    description: 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
];

const policies = ['PreemptLowerPriority', 'Never'];
const highest = 1_000_000_000;

/** What is wrong with a name or value that only the system may have. */
function systemFault({ metadata, value = 0, globalDefault }: PriorityClass): string | undefined {
  const known = systemPriorityClasses.find((it) => it.name === metadata.name);
  if (!known) return `${metadata.name} is not a known system priority class`;
  if (value !== known.value) return `value of ${known.name} PriorityClass must be ${known.value}`;
  return globalDefault ? `globalDefault of ${known.name} PriorityClass must be false` : undefined;
}

/** Upstream: pkg/apis/scheduling/validation. */
function validate(it: PriorityClass, was?: PriorityClass): FieldError[] {
  const { value = 0 } = it;
  const faults: FieldError[] =
    !it.preemptionPolicy || policies.includes(it.preemptionPolicy) ? [] : [notSupported('preemptionPolicy', it.preemptionPolicy, policies)];
  if (was) {
    if (value !== (was.value ?? 0)) faults.push(forbidden('value', 'may not be changed in an update.'));
    if (it.preemptionPolicy !== was.preemptionPolicy)
      faults.push(invalidValue('preemptionPolicy', it.preemptionPolicy, 'field is immutable'));
    return faults;
  }
  if (it.metadata.name?.startsWith('system-')) {
    const fault = systemFault(it);
    const text = `priority class names with 'system-' prefix are reserved for system use only. error: ${fault}`;
    if (fault) faults.push(forbidden('metadata.name', text));
  } else if (value > highest) faults.push(forbidden('value', `maximum allowed value of a user defined priority is ${highest}`));
  return faults;
}

export const priorityClass = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  namespaced: false,
  generation: true,
  defaults: (draft) => {
    draft.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  validate,
  columns: [
    { name: 'Value', type: 'integer', value: (it) => it.value ?? 0 },
    { name: 'Global-Default', type: 'boolean', value: (it) => it.globalDefault ?? false },
    ageColumn as Column<PriorityClass>,
    { name: 'PreemptionPolicy', type: 'string', value: (it) => it.preemptionPolicy ?? '<unset>' },
  ],
});
