import { isTrue } from '../../../meta/condition.ts';
import { deepCopy, deepEqual } from '../../../meta/copy.ts';
import { type FieldError, invalidValue } from '../../../meta/field-error.ts';
import type { Job } from '../../generated/batch-v1.ts';
import type { PodTemplateSpec } from '../../generated/core-v1.ts';

const fixed = ['selector', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const;

/** What may not change once a job is there (pkg/apis/batch/validation, ValidateJobSpecUpdate). */
export function jobUpdateFaults(it: Job, was: Job): FieldError[] {
  const immutable = (field: keyof Job['spec']): FieldError[] =>
    deepEqual(it.spec[field], was.spec?.[field]) ? [] : [invalidValue(`spec.${field}`, it.spec[field], 'field is immutable')];
  const { template } = it.spec;
  const before = isIdle(was) && was.spec?.template ? withDirectives(was.spec.template, template) : was.spec?.template;
  return [
    ...completionFaults(it, was, immutable('completions')),
    ...(deepEqual(template, before) ? [] : [invalidValue('spec.template', template, 'field is immutable')]),
    ...fixed.flatMap(immutable),
  ];
}

/** An indexed job grows and shrinks with its parallelism. */
function completionFaults({ spec }: Job, was: Job, otherwise: FieldError[]): FieldError[] {
  if (spec.completionMode !== 'Indexed' || deepEqual(spec.completions, was.spec?.completions)) return otherwise;
  return spec.completions === spec.parallelism
    ? []
    : [invalidValue('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism')];
}

/** Suspended, and no pod that has its old template. */
const isIdle = ({ spec, status }: Job): boolean =>
  spec?.suspend === true && (status?.startTime === undefined || (isTrue(status.conditions, 'Suspended') && !status.active));

/** The old template with what queues may set while the job waits: where pods go (KEP-2926) and what they ask for (KEP-5440). */
function withDirectives(was: PodTemplateSpec, now: PodTemplateSpec | undefined): PodTemplateSpec {
  const template = deepCopy(was);
  if (!now?.spec || !template.spec) return template;
  const replace = (target: object, source: object | undefined, ...keys: string[]): void => {
    for (const key of keys) {
      const value = (source as Record<string, unknown> | undefined)?.[key];
      if (value === undefined) delete (target as Record<string, unknown>)[key];
      else (target as Record<string, unknown>)[key] = value;
    }
  };
  replace(template.spec, now.spec, 'nodeSelector', 'tolerations', 'schedulingGates');
  if (template.metadata || now.metadata) {
    template.metadata ??= {};
    replace(template.metadata, now.metadata, 'labels', 'annotations');
    if (!now.metadata && Object.keys(template.metadata).length === 0) delete template.metadata;
  }
  const affinity = { ...template.spec.affinity };
  replace(affinity, now.spec.affinity, 'nodeAffinity');
  if (Object.keys(affinity).length > 0 || now.spec.affinity) template.spec.affinity = affinity;
  else delete template.spec.affinity;
  for (const list of ['containers', 'initContainers'] as const)
    for (const [i, container] of (template.spec[list] ?? []).entries()) replace(container, now.spec[list]?.[i], 'resources');
  return template;
}
