import { duplicate, type FieldError, invalidValue, notSupported, required, tooLong, tooMany } from '../../../meta/field-error.ts';
import { qualifiedName } from '../../../meta/names.ts';
import { faultsOf, notNegative } from '../../faults.ts';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../../generated/batch-v1.ts';
import { indexListFault, readIndexes, totalOf } from './indexes.ts';

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const operators = ['In', 'NotIn'];
const statuses = ['False', 'True', 'Unknown'];

const oneOf = (value: string | undefined, path: string, values: readonly string[]): FieldError[] => {
  if (!value) return [required(path, `valid values: [${values.map((it) => JSON.stringify(it)).join(' ')}]`)];
  return values.includes(value) ? [] : [notSupported(path, value, values)];
};

/** A fault that shows no value. */
const bare = (path: string, detail: string): FieldError => ({ path, reason: 'FieldValueInvalid', message: `Invalid value: ${detail}` });

export function failurePolicyFaults(spec: JobSpec, path: string): FieldError[] {
  if (!spec.podFailurePolicy) return [];
  const rules = spec.podFailurePolicy.rules ?? [];
  const { containers = [], initContainers = [] } = spec.template?.spec ?? {};
  const names = new Set([...(containers ?? []), ...(initContainers ?? [])].map((it) => it.name));
  return [
    ...(rules.length > 20 ? [tooMany(`${path}.rules`, rules.length, 20)] : []),
    ...rules.flatMap((it, i) => ruleFaults(spec, it, `${path}.rules[${i}]`, names)),
  ];
}

function ruleFaults(spec: JobSpec, rule: PodFailurePolicyRule, path: string, names: ReadonlySet<string>): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const faults = oneOf(action, `${path}.action`, actions);
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
    faults.push(invalidValue(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set'));
  if (onExitCodes) faults.push(...exitCodeFaults(onExitCodes, `${path}.onExitCodes`, names));
  faults.push(...patternFaults(onPodConditions, `${path}.onPodConditions`));
  if (onExitCodes && onPodConditions.length > 0)
    faults.push(bare(path, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (!onExitCodes && onPodConditions.length === 0)
    faults.push(bare(path, 'specifying one of OnExitCodes and OnPodConditions is required'));
  return faults;
}

const patternFaults = (patterns: readonly PodFailurePolicyOnPodConditionsPattern[], path: string): FieldError[] => [
  ...(patterns.length > 20 ? [tooMany(path, patterns.length, 20)] : []),
  ...patterns.flatMap(({ type, status }, i) => [
    ...faultsOf(`${path}[${i}].type`, type ?? '', qualifiedName(type ?? '')),
    ...oneOf(status, `${path}[${i}].status`, statuses),
  ]),
];

function exitCodeFaults(it: PodFailurePolicyOnExitCodesRequirement, path: string, names: ReadonlySet<string>): FieldError[] {
  const { operator, containerName, values = [] } = it;
  const faults = oneOf(operator, `${path}.operator`, operators);
  if (containerName !== undefined && !names.has(containerName)) {
    const text = 'must be one of the container or initContainer names in the pod template';
    faults.push(invalidValue(`${path}.containerName`, containerName, text));
  }
  if (values.length === 0) faults.push(invalidValue(`${path}.values`, values, 'at least one value is required'));
  if (values.length > 255) faults.push(tooMany(`${path}.values`, values.length, 255));
  for (const [i, value] of values.entries()) {
    if (operator === 'In' && value === 0) faults.push(invalidValue(`${path}.values[${i}]`, value, 'must not be 0 for the In operator'));
    if (values.indexOf(value) < i) faults.push(duplicate(`${path}.values[${i}]`, value));
  }
  if (values.some((value, i) => i > 0 && (values[i - 1] as number) > value))
    faults.push(invalidValue(`${path}.values`, values, 'must be ordered'));
  return faults;
}

export function successPolicyFaults(spec: JobSpec, path: string): FieldError[] {
  if (!spec.successPolicy) return [];
  if (spec.completionMode !== 'Indexed') return [invalidValue(path, spec.successPolicy, 'requires indexed completion mode')];
  const rules = spec.successPolicy.rules ?? [];
  return [
    ...(rules.length === 0 ? [required(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified')] : []),
    ...(rules.length > 20 ? [tooMany(`${path}.rules`, rules.length, 20)] : []),
    ...rules.flatMap((it, i) => successRuleFaults(it, `${path}.rules[${i}]`, spec.completions ?? 0)),
  ];
}

function successRuleFaults({ succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule, path: string, completions: number) {
  const faults: FieldError[] = [];
  if (count === undefined && indexes === undefined)
    faults.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'));
  const fault = indexes === undefined ? undefined : indexListFault(indexes, completions);
  if (indexes !== undefined && indexes.length > 65_536) faults.push(tooLong(`${path}.succeededIndexes`, 65_536));
  if (fault) faults.push(invalidValue(`${path}.succeededIndexes`, indexes, `error parsing succeededIndexes: ${fault}`));
  if (count === undefined) return faults;
  const at = `${path}.succeededCount`;
  faults.push(...notNegative(at, count));
  if (count > completions)
    faults.push(invalidValue(at, count, `must be less than or equal to ${completions} (the number of specified completions)`));
  const total = indexes === undefined || fault ? 0 : totalOf(readIndexes(indexes, completions));
  if (indexes !== undefined && count > total) {
    const text = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`;
    faults.push(invalidValue(at, count, text));
  }
  return faults;
}
