import { expect, test } from 'vitest';
import type { CronJob, CronJobSpec } from '../generated/batch-v1.ts';
import { cronJob } from './cron-job.ts';

const made = (spec: Partial<CronJobSpec> = {}, name = 'tick'): CronJob => {
  const draft = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, namespace: 'default', uid: '1', resourceVersion: '', creationTimestamp: '' },
    spec: {
      schedule: '* * * * ?',
      jobTemplate: { spec: { template: { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'abc', image: 'image' }] } } } },
      ...spec,
    },
  } as CronJob;
  cronJob.defaults?.(draft);
  cronJob.prepareCreate?.(draft);
  return draft;
};
const faults = (it: CronJob, was?: CronJob): string[] =>
  (cronJob.validate?.(it, was) ?? []).map(({ path, message }) => `${path}: ${message}`);

test('defaults', () => {
  const it = made();
  expect(it.spec).toMatchObject({ concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 });
  expect(faults(it)).toEqual([]);
});

// Upstream: pkg/apis/batch/validation/validation_test.go.
test.each<[spec: Partial<CronJobSpec>, want: string[]]>([
  [{ schedule: '' }, ['spec.schedule: Required value']],
  [{ schedule: '@hourly' }, []],
  [{ schedule: 'error' }, ['spec.schedule: Invalid value: "error": expected exactly 5 fields, found 1: [error]']],
  [
    { schedule: 'TZ=UTC 0 0 * * *' },
    ['spec.schedule: Invalid value: "TZ=UTC 0 0 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
  ],
  [
    { schedule: 'CRON_TZ=UTC 0 0 * * *', timeZone: 'UTC' },
    ['spec.schedule: Invalid value: "CRON_TZ=UTC 0 0 * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule'],
  ],
  [{ timeZone: '' }, ['spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string']],
  [
    { timeZone: 'Local' },
    ['spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'],
  ],
  [{ timeZone: 'Continent/Zone' }, ['spec.timeZone: Invalid value: "Continent/Zone": unknown time zone Continent/Zone']],
  [{ startingDeadlineSeconds: -1 }, ['spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0']],
  [
    { concurrencyPolicy: 'Sometimes' as 'Allow' },
    ['spec.concurrencyPolicy: Unsupported value: "Sometimes": supported values: "Allow", "Forbid", "Replace"'],
  ],
])('faults of %j', (spec, want) => expect(faults(made(spec))).toEqual(want));

test('names leave room for those of jobs', () => {
  const long = made({}, 'x'.repeat(53));
  expect(faults(long)).toEqual([`metadata.name: Invalid value: "${'x'.repeat(53)}": must be no more than 52 characters`]);
  expect(faults(long, long)).toEqual([]);
});

test('what kubectl get shows', () => {
  const it = { ...made(), status: { lastScheduleTime: '2026-01-01T00:00:00Z', active: [{}, {}] } };
  const now = Date.parse('2026-01-01T00:00:42Z');
  expect((cronJob.columns ?? []).map((column) => column.value(it, now))).toEqual([
    '* * * * ?',
    '<none>',
    'False',
    2,
    '42s',
    'abc',
    'image',
    '<none>',
  ]);
});
