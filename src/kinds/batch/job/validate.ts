import { type FieldError, invalidValue, notSupported, required } from '../../../meta/field-error.ts';
import { dns1123Label, dns1123Subdomain } from '../../../meta/names.ts';
import { matchesSelector } from '../../../meta/selector.ts';
import { labelSelectorFaults } from '../../../meta/selector-faults.ts';
import { podTemplateFaults } from '../../core/pod/validate.ts';
import { notNegative } from '../../faults.ts';
import type { Job, JobSpec } from '../../generated/batch-v1.ts';
import { failurePolicyFaults, successPolicyFaults } from './policies.ts';
import { generatedSelectorFaults } from './selector.ts';

/** Faults of a job (pkg/apis/batch/validation). */
export const jobFaults = (it: Job): FieldError[] => [
  ...generatedSelectorFaults(it),
  ...jobSpecFaults(it.spec, 'spec'),
  ...selectorFaults(it.spec),
  ...hostnameFaults(it),
];

function selectorFaults({ selector, template }: JobSpec): FieldError[] {
  if (!selector) return [required('spec.selector')];
  const faults = labelSelectorFaults(selector, 'spec.selector');
  const labels = template?.metadata?.labels;
  if (faults.length === 0 && !matchesSelector(selector, labels))
    faults.push(invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'));
  return faults;
}

/** Pods of an indexed job are named `<job>-<index>`: the longest of these must be a name, too. */
function hostnameFaults({ metadata, spec }: Job): FieldError[] {
  if (spec.completionMode !== 'Indexed' || !spec.completions || spec.completions < 0) return [];
  const longest = `${metadata.name}-${spec.completions - 1}`;
  if (dns1123Label(longest).length === 0) return [];
  return [invalidValue('metadata.name', metadata.name, `will not able to create pod with invalid DNS label: ${longest}`)];
}

/** What a job and a CronJob's template share. */
export function jobSpecFaults(spec: JobSpec, path: string): FieldError[] {
  const counts = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const;
  return [
    ...counts.flatMap((it) => notNegative(`${path}.${it}`, spec[it])),
    ...managedByFaults(spec.managedBy, `${path}.managedBy`),
    ...completionFaults(spec, path),
    ...failurePolicyFaults(spec, `${path}.podFailurePolicy`),
    ...successPolicyFaults(spec, `${path}.successPolicy`),
    ...replacementFaults(spec, `${path}.podReplacementPolicy`),
    ...podTemplateFaults(spec.template ?? {}, `${path}.template`),
    ...restartFaults(spec, `${path}.template.spec.restartPolicy`),
  ];
}

function managedByFaults(value: string | undefined, path: string): FieldError[] {
  if (value === undefined) return [];
  const faults: FieldError[] = [];
  const slash = value.indexOf('/');
  const [domain, rest] = [value.slice(0, slash), value.slice(slash + 1)];
  if (value === '') faults.push(required(path));
  else if (slash <= 0 || rest === '') faults.push(invalidValue(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")'));
  else {
    faults.push(...dns1123Subdomain(domain).map((it) => invalidValue(path, domain, it)));
    if (!/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(rest))
      faults.push(invalidValue(path, rest, "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"));
  }
  if (value.length > 63) faults.push({ path, reason: 'FieldValueTooLong', message: 'Too long: may not be more than 63 bytes' });
  return faults;
}

const most = 100_000;
const mostWithMany = 10_000;

function completionFaults(spec: JobSpec, path: string): FieldError[] {
  const { completionMode: mode, completions, parallelism, backoffLimitPerIndex, maxFailedIndexes } = spec;
  const faults: FieldError[] = [];
  const limit = (field: 'parallelism' | 'maxFailedIndexes', n: number, text: string): void => {
    const value = spec[field];
    if (value !== undefined && value > n) faults.push(invalidValue(`${path}.${field}`, value, text));
  };
  if (maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined)
    faults.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  if (mode !== undefined && mode !== 'Indexed' && mode !== 'NonIndexed')
    faults.push(notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed']));
  if (mode !== 'Indexed' && mode !== undefined && mode !== 'NonIndexed') return faults;
  if (mode !== 'Indexed') {
    for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
      if (spec[field] !== undefined) faults.push(invalidValue(`${path}.${field}`, spec[field], 'requires indexed completion mode'));
    return faults;
  }
  if (completions === undefined) faults.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  limit('parallelism', most, `must be less than or equal to ${most} when completion mode is Indexed`);
  if (completions !== undefined) limit('maxFailedIndexes', completions, 'must be less than or equal to completions');
  limit('maxFailedIndexes', most, `must be less than or equal to ${most}`);
  if (completions !== undefined && completions > most && backoffLimitPerIndex !== undefined) {
    if (maxFailedIndexes === undefined)
      faults.push(required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${most}`));
    const text = `must be less than or equal to ${mostWithMany} when completions are above ${most} and used with backoff limit per index`;
    if (parallelism !== undefined) limit('parallelism', mostWithMany, text);
    limit('maxFailedIndexes', mostWithMany, text);
  }
  return faults;
}

function replacementFaults({ podReplacementPolicy: policy, podFailurePolicy }: JobSpec, path: string): FieldError[] {
  const supported = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return policy === undefined || supported.includes(policy) ? [] : [notSupported(path, policy, supported)];
}

function restartFaults({ template, podFailurePolicy }: JobSpec, path: string): FieldError[] {
  const policy: string | undefined = template?.spec?.restartPolicy;
  if (!policy || policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(path, policy, ['OnFailure', 'Never'])];
  if (podFailurePolicy && policy !== 'Never')
    return [invalidValue(path, policy, 'only "Never" is supported when podFailurePolicy is specified')];
  return [];
}
