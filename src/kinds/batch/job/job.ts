import { defaultTemplate } from '../../core/pod/defaults.ts';
import { type Column, defineKind } from '../../define.ts';
import { workloadColumns } from '../../apps/replica-set.ts';
import type { Job, JobSpec } from '../../generated/batch-v1.ts';
import { jobColumns } from './columns.ts';
import { generateSelector } from './selector.ts';
import { jobStatusFaults } from './status.ts';
import { jobUpdateFaults } from './update.ts';
import { jobFaults } from './validate.ts';

/** What upstream fills in (pkg/apis/batch/v1/defaults.go). */
function defaultJobSpec(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2_147_483_647;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  defaultInnerSpec(spec);
}

/** What is filled in inside a CronJob's template, too: the rest waits for the jobs. */
export function defaultInnerSpec(spec: JobSpec): void {
  for (const rule of spec.podFailurePolicy?.rules ?? []) for (const pattern of rule.onPodConditions ?? []) pattern.status ??= 'True';
  defaultTemplate(spec.template);
}

export const job = defineKind<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  namespaced: true,
  generation: true,
  defaults: (draft) => {
    draft.spec ??= {} as JobSpec;
    defaultJobSpec(draft.spec);
  },
  prepareCreate: (draft) => {
    draft.status = {};
    generateSelector(draft);
  },
  validate: (it, was) => [...jobFaults(it), ...(was ? jobUpdateFaults(it, was) : [])],
  validateStatus: jobStatusFaults,
  columns: [...jobColumns, ...(workloadColumns as ReadonlyArray<Column<Job>>)],
  fields: { 'status.successful': (it) => String(it.status?.succeeded ?? 0) },
});
