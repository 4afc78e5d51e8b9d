import { isTrue } from '../../../meta/condition.ts';
import { duplicate, type FieldError, invalidValue, required } from '../../../meta/field-error.ts';
import { notNegative } from '../../faults.ts';
import type { Job } from '../../generated/batch-v1.ts';
import { indexListFault } from './indexes.ts';

const bare = (path: string, detail: string): FieldError => ({ path, reason: 'FieldValueInvalid', message: `Invalid value: ${detail}` });

/** A status that cannot be true (pkg/apis/batch/validation, ValidateJobStatusUpdate). */
export function jobStatusFaults(it: Job, was: Job): FieldError[] {
  const status = it.status ?? {};
  const counts = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;
  return [
    ...counts.flatMap((field) => notNegative(`status.${field}`, status[field])),
    ...uncountedFaults(it),
    ...conditionFaults(it, was),
    ...timeFaults(it),
    ...indexFaults(it),
    ...(status.ready !== undefined && status.ready > (status.active ?? 0)
      ? [invalidValue('status.ready', status.ready, 'cannot set more ready pods than active')]
      : []),
  ];
}

const isFinished = ({ status }: Job): boolean => isTrue(status?.conditions, 'Complete') || isTrue(status?.conditions, 'Failed');

function uncountedFaults({ status }: Job): FieldError[] {
  const seen = new Set<string>();
  return (['succeeded', 'failed'] as const).flatMap((list) =>
    (status?.uncountedTerminatedPods?.[list] ?? []).flatMap((uid, i) => {
      const path = `status.uncountedTerminatedPods.${list}[${i}]`;
      if (uid === '') return [invalidValue(path, uid, 'must not be empty')];
      if (seen.has(uid)) return [duplicate(path, uid)];
      seen.add(uid);
      return [];
    }),
  );
}

function conditionFaults(it: Job, was: Job): FieldError[] {
  const has = (type: string): boolean => isTrue(it.status?.conditions, type);
  const rules: Array<[broken: boolean, text: string]> = [
    [has('Complete') && has('Failed'), 'cannot set Complete=True and Failed=true conditions'],
    [has('Complete') && has('FailureTarget'), 'cannot set Complete=True and FailureTarget=true conditions'],
    [has('Failed') && !has('FailureTarget'), 'cannot set Failed=True condition without the FailureTarget=true condition'],
    [has('Complete') && !has('SuccessCriteriaMet'), 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition'],
    [has('SuccessCriteriaMet') && has('Failed'), 'cannot set SuccessCriteriaMet=True and Failed=true conditions'],
    [has('SuccessCriteriaMet') && has('FailureTarget'), 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'],
    ...['Failed', 'Complete', 'FailureTarget', 'SuccessCriteriaMet'].map((type): [boolean, string] => [
      isTrue(was.status?.conditions, type) && !has(type),
      `cannot disable the terminal ${type}=True condition`,
    ]),
  ];
  return rules.flatMap(([broken, text]) => (broken ? [bare('status.conditions', text)] : []));
}

function timeFaults(it: Job): FieldError[] {
  const { startTime, completionTime, active, terminating, uncountedTerminatedPods: uncounted } = it.status ?? {};
  const isComplete = isTrue(it.status?.conditions, 'Complete');
  const faults: FieldError[] = [];
  if (completionTime && !isComplete)
    faults.push(
      invalidValue('status.completionTime', completionTime, 'cannot set completionTime when there is no Complete=True condition'),
    );
  if (!completionTime && isComplete) faults.push(required('status.completionTime', 'completionTime is required for Complete jobs'));
  if (startTime && completionTime && Date.parse(completionTime) < Date.parse(startTime))
    faults.push(invalidValue('status.completionTime', completionTime, 'completionTime cannot be set before startTime'));
  if (!isFinished(it)) return faults;
  if (active) faults.push(invalidValue('status.active', active, 'active>0 is invalid for finished job'));
  if (terminating) faults.push(invalidValue('status.terminating', terminating, 'terminating>0 is invalid for finished job'));
  if (!startTime) faults.push(required('status.startTime', 'startTime is required for finished job'));
  if (uncounted?.failed?.length || uncounted?.succeeded?.length) {
    const text = 'uncountedTerminatedPods needs to be empty for finished job';
    faults.push(invalidValue('status.uncountedTerminatedPods', uncounted, text));
  }
  return faults;
}

function indexFaults({ spec, status }: Job): FieldError[] {
  const { completedIndexes, failedIndexes } = status ?? {};
  const faults: FieldError[] = [];
  const check = (field: 'completedIndexes' | 'failedIndexes', text: string | undefined): void => {
    const fault = text && spec?.completions !== undefined ? indexListFault(text, spec.completions) : undefined;
    if (fault) faults.push(invalidValue(`status.${field}`, text, `error parsing ${field}: ${fault}`));
  };
  check('completedIndexes', completedIndexes);
  check('failedIndexes', failedIndexes);
  if (completedIndexes && spec?.completionMode !== 'Indexed')
    faults.push(
      invalidValue('status.completedIndexes', completedIndexes, 'cannot set non-empty completedIndexes when non-indexed completion mode'),
    );
  if (failedIndexes !== undefined && spec?.backoffLimitPerIndex === undefined)
    faults.push(invalidValue('status.failedIndexes', failedIndexes, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'));
  return faults;
}
