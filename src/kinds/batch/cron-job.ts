import { type FieldError, invalidValue, notSupported, required } from '../../meta/field-error.ts';
import { parseSchedule } from '../../lib/cron/parse.ts';
import { isTimeZone } from '../../lib/cron/zone.ts';
import { age } from '../age.ts';
import { defineKind } from '../define.ts';
import { notNegative } from '../faults.ts';
import type { CronJob, CronJobSpec, JobTemplateSpec } from '../generated/batch-v1.ts';
import { defaultInnerSpec } from './job/job.ts';
import { jobSpecFaults } from './job/validate.ts';

/** The faults of a schedule, in the words of upstream's parser. */
function scheduleFaults({ schedule, timeZone }: CronJobSpec, was: CronJobSpec | undefined): FieldError[] {
  const path = 'spec.schedule';
  if (!schedule) return [required(path)];
  const faults: FieldError[] = [];
  try {
    parseSchedule(schedule);
  } catch (error) {
    faults.push(invalidValue(path, schedule, (error as Error).message));
  }
  if (!schedule.includes('TZ')) return faults;
  if (timeZone !== undefined) faults.push(invalidValue(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
  // What was let in long ago may stay.
  else if (!was?.schedule?.includes('TZ'))
    faults.push(invalidValue(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  return faults;
}

function timeZoneFaults(zone: string | undefined, was: CronJobSpec | undefined): FieldError[] {
  if (zone === undefined || (was && was.timeZone === zone)) return [];
  const path = 'spec.timeZone';
  if (zone === '') return [invalidValue(path, zone, 'timeZone must be nil or non-empty string')];
  if (zone.toLowerCase() === 'local')
    return [invalidValue(path, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')];
  return isTimeZone(zone) ? [] : [invalidValue(path, zone, `unknown time zone ${zone}`)];
}

const policies = ['Allow', 'Forbid', 'Replace'];

function specFaults(spec: CronJobSpec, was: CronJobSpec | undefined): FieldError[] {
  const counts = ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'] as const;
  return [
    ...scheduleFaults(spec, was),
    ...timeZoneFaults(spec.timeZone, was),
    ...counts.flatMap((it) => notNegative(`spec.${it}`, spec[it])),
    ...(policies.includes(spec.concurrencyPolicy ?? '') ? [] : [notSupported('spec.concurrencyPolicy', spec.concurrencyPolicy, policies)]),
    ...templateFaults(spec.jobTemplate, 'spec.jobTemplate'),
  ];
}

function templateFaults(template: JobTemplateSpec | undefined, path: string): FieldError[] {
  const spec = template?.spec;
  if (!spec) return [required(`${path}.spec`)];
  return [
    ...jobSpecFaults(spec, `${path}.spec`),
    ...(spec.selector ? [invalidValue(`${path}.spec.selector`, spec.selector, '`selector` will be auto-generated')] : []),
    ...(spec.manualSelector ? [notSupported(`${path}.spec.manualSelector`, spec.manualSelector, ['nil', 'false'])] : []),
  ];
}

/** Its jobs' names are eleven characters longer. */
const nameFaults = (name: string): FieldError[] =>
  name.length > 52 ? [invalidValue('metadata.name', name, 'must be no more than 52 characters')] : [];

const containersOf = (it: CronJob) => it.spec.jobTemplate?.spec?.template?.spec?.containers ?? [];

export const cronJob = defineKind<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  generation: true,
  defaults: (draft) => {
    draft.spec ??= {} as CronJobSpec;
    const { spec } = draft;
    spec.concurrencyPolicy ??= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    if (spec.jobTemplate?.spec) {
      const { manualSelector } = spec.jobTemplate.spec;
      defaultInnerSpec(spec.jobTemplate.spec);
      // Upstream leaves this one to the jobs themselves.
      if (manualSelector === undefined) delete spec.jobTemplate.spec.manualSelector;
    }
  },
  prepareCreate: (draft) => {
    draft.status = {};
  },
  validate: (it, was) => [...specFaults(it.spec, was?.spec), ...(was ? [] : nameFaults(it.metadata.name))],
  columns: [
    { name: 'Schedule', type: 'string', value: (it) => it.spec.schedule },
    { name: 'Timezone', type: 'string', value: (it) => it.spec.timeZone ?? '<none>' },
    { name: 'Suspend', type: 'boolean', value: (it) => (it.spec.suspend === undefined ? '<unset>' : it.spec.suspend ? 'True' : 'False') },
    { name: 'Active', type: 'integer', value: (it) => it.status?.active?.length ?? 0 },
    {
      name: 'Last Schedule',
      type: 'string',
      value: (it, now) => (it.status?.lastScheduleTime ? age(it.status.lastScheduleTime, now) : '<none>'),
    },
    {
      name: 'Containers',
      type: 'string',
      wide: true,
      value: (it) =>
        containersOf(it)
          .map((c) => c.name)
          .join(','),
    },
    {
      name: 'Images',
      type: 'string',
      wide: true,
      value: (it) =>
        containersOf(it)
          .map((c) => c.image)
          .join(','),
    },
    { name: 'Selector', type: 'string', wide: true, value: () => '<none>' },
  ],
});
