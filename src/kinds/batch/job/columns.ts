import { isTrue } from '../../../meta/condition.ts';
import { age } from '../../age.ts';
import type { Column } from '../../define.ts';
import type { Job } from '../../generated/batch-v1.ts';

/** The STATUS column (kubectl's printJob). */
function statusText({ metadata, status }: Job): string {
  const has = (type: string): boolean => isTrue(status?.conditions, type);
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (metadata.deletionTimestamp) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running';
}

function completions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

export const jobColumns: ReadonlyArray<Column<Job>> = [
  { name: 'Status', type: 'string', value: statusText },
  { name: 'Completions', type: 'string', value: completions },
  {
    name: 'Duration',
    type: 'string',
    value: ({ status }, now) =>
      status?.startTime ? age(status.startTime, status.completionTime ? Date.parse(status.completionTime) : now) : '',
  },
];
