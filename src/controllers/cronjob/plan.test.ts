import { describe, expect, test } from 'vitest';
import type { batch } from '../../kinds/index.ts';
import { jobDraft } from './job-draft.ts';
import { outdatedJobs, planCron } from './plan.ts';

const at = (text: string): number => Date.parse(`2026-03-02T${text}Z`);
const ref = (name: string) => ({ kind: 'Job', name, uid: `uid-${name}` });

const aCron = (spec: Partial<batch.CronJobSpec> = {}, status: batch.CronJobStatus = {}): batch.CronJob => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'tick', namespace: 'default', uid: 'uid-tick', resourceVersion: '1', creationTimestamp: '2026-03-02T09:30:00Z' },
  spec: {
    schedule: '0 * * * *',
    concurrencyPolicy: 'Allow',
    jobTemplate: { metadata: { labels: { a: 'b' } }, spec: { template: { spec: { containers: [] } } } },
    ...spec,
  },
  status,
});
const aJob = (name: string, end?: 'Complete' | 'Failed', startTime?: string): batch.Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '2026-03-02T10:00:00Z' },
  spec: { template: { spec: { containers: [] } } },
  status: {
    ...(startTime && { startTime }),
    ...(end && { conditions: [{ type: end, status: 'True' }] }),
    ...(end === 'Complete' && { completionTime: '2026-03-02T10:05:00Z' }),
  },
});
const plan = (it: batch.CronJob, time: string, jobs: batch.Job[] = []) => planCron(it, jobs, () => false, at(time));
const shown = (it: ReturnType<typeof plan>) => [
  it.start === undefined ? undefined : new Date(it.start).toISOString().slice(11, 16),
  it.tell.map(([type, reason]) => `${type} ${reason}`),
];

describe('what is started', () => {
  const last = (time: string): batch.CronJobStatus => ({ lastScheduleTime: `2026-03-02T${time}Z` });
  const busy = { ...last('10:00:00'), active: [ref('old')] };
  const warning = (reason: string) => [`Warning ${reason}`];
  // Cases after upstream's TestControllerV2SyncCronJob.
  test.each<[string, batch.CronJob, string, unknown[]]>([
    ['before the first time', aCron(), '09:59:59', [undefined, []]],
    ['at the first time', aCron(), '10:00:00', ['10:00', []]],
    ['a little later', aCron(), '10:00:30', ['10:00', []]],
    ['once', aCron({}, last('10:00:00')), '10:00:30', [undefined, []]],
    ['the newest of those missed', aCron({}, last('06:00:00')), '10:40:00', ['10:00', []]],
    ['a hundred missed minutes', aCron({ schedule: '* * * * *' }, last('08:00:00')), '09:40:30', ['09:40', []]],
    ['more than a hundred', aCron({ schedule: '* * * * *' }, last('08:00:00')), '09:41:30', ['09:41', warning('TooManyMissedTimes')]],
    [
      'but not with a deadline',
      aCron({ schedule: '* * * * *', startingDeadlineSeconds: 100 }, last('08:00:00')),
      '09:51:30',
      ['09:51', []],
    ],
    ['too late for the deadline', aCron({ startingDeadlineSeconds: 10 }, last('09:00:00')), '10:00:30', [undefined, []]],
    ['suspended', aCron({ suspend: true }), '10:00:30', [undefined, []]],
    ['forbidden', aCron({ concurrencyPolicy: 'Forbid' }, busy), '11:00:00', [undefined, ['Normal JobAlreadyActive']]],
    ['beside another', aCron({}, busy), '11:00:00', ['11:00', []]],
    ['in place of another', aCron({ concurrencyPolicy: 'Replace' }, busy), '11:00:00', ['11:00', []]],
    ['every so often', aCron({ schedule: '@every 7m' }, last('10:01:00')), '10:30:00', ['10:29', []]],
    ['a schedule that was let in once', aCron({ schedule: 'now and then' }), '11:00:00', [undefined, warning('UnparseableSchedule')]],
    ['a zone nobody knows', aCron({ timeZone: 'Nowhere/Land' }), '11:00:00', [undefined, warning('UnknownTimeZone')]],
    ['a zone', aCron({ schedule: '15 19 * * *', timeZone: 'Asia/Tokyo' }), '10:20:00', ['10:15', []]],
  ])('%s', (_, it, time, want) => expect(shown(plan(it, time, it.status?.active ? [aJob('old')] : []))).toEqual(want));
  test('what runs is replaced', () =>
    expect(plan(aCron({ concurrencyPolicy: 'Replace' }, busy), '11:00:00', [aJob('old')]).replace).toEqual([ref('old')]));
  test('it looks again at the next time', () => {
    expect(plan(aCron(), '09:50:00').again).toBe(600_100);
    expect(plan(aCron({}, last('10:00:00')), '10:20:00').again).toBe(2_400_100);
    expect(plan(aCron({ schedule: '@every 90s' }, last('10:00:00')), '10:02:00').again).toBe(60_100);
  });
});

test('what ended is noted', () => {
  const status = { active: [ref('good'), ref('bad'), ref('gone'), ref('busy')], lastScheduleTime: '2026-03-02T11:00:00Z' };
  const it = plan(aCron({}, status), '11:01:00', [aJob('good', 'Complete'), aJob('bad', 'Failed'), aJob('busy'), aJob('stray')]);
  expect(it.tell.map((told) => told[2])).toEqual([
    'Saw completed job: good, condition: Complete',
    'Saw completed job: bad, condition: Failed',
    'Saw a job that the controller did not create or forgot: stray',
    'Active job went missing: gone',
  ]);
  expect(it.status).toEqual({
    active: [ref('busy')],
    lastScheduleTime: '2026-03-02T11:00:00Z',
    lastSuccessfulTime: '2026-03-02T10:05:00Z',
  });
});

test('what was started and not written down is taken for what it is', () => {
  const made = (end?: 'Complete', creationTimestamp = '2026-03-02T11:00:00Z'): batch.Job => {
    const { metadata, ...job } = aJob(`tick-${at('11:00:00') / 60_000}`, end);
    const annotations = jobDraft(aCron(), at('11:00:00')).metadata.annotations ?? {};
    return { ...job, metadata: { ...metadata, creationTimestamp, annotations } };
  };
  const before = { lastScheduleTime: '2026-03-02T10:00:00Z' };
  const written = { lastScheduleTime: '2026-03-02T11:00:00Z' };
  const forbids = aCron({ concurrencyPolicy: 'Forbid' }, before);
  // Suspended meanwhile, and resumed for the next time.
  for (const it of [forbids, aCron({ suspend: true }, before)]) {
    const { status, start, tell } = plan(it, '12:00:00', [made()]);
    expect(status).toMatchObject({ ...written, active: [{ kind: 'Job', name: made().metadata.name, uid: made().metadata.uid }] });
    expect([start, tell.filter(([, reason]) => reason === 'UnexpectedJob')]).toEqual([undefined, []]);
  }
  // One that has ended meanwhile stays until it is known that its time was not missed.
  const none = { successfulJobsHistoryLimit: 0 };
  expect(plan(aCron(none, before), '11:00:30', [made('Complete')]).status).toMatchObject(written);
  expect(outdatedJobs(aCron(none, before), [made('Complete')])).toEqual([]);
  expect(outdatedJobs(aCron(none, written), [made('Complete')])).toHaveLength(1);
  // Whoever makes one by hand (kubectl create job --from) has no name of that kind.
  expect(plan(aCron({}, before), '10:30:00', [aJob('by-hand')]).tell[0]?.[1]).toBe('UnexpectedJob');
  // With such a name and time it is not taken for a run that is yet to come.
  const early = plan(aCron({}, before), '10:30:00', [made(undefined, '2026-03-02T10:30:00Z')]);
  expect([early.tell[0]?.[1], early.status, early.again]).toEqual(['UnexpectedJob', before, 1_800_100]);
});

test('only so many finished ones are kept, the newest', () => {
  const jobs = [1, 2, 3, 4].map((n) => aJob(`good-${n}`, 'Complete', `2026-03-02T0${n}:00:00Z`));
  const all = [...jobs.reverse(), aJob('bad-1', 'Failed', '2026-03-02T01:00:00Z'), aJob('bad-2', 'Failed'), aJob('busy')];
  const names = (spec: Partial<batch.CronJobSpec>) => outdatedJobs(aCron(spec), all).map((job) => job.metadata.name);
  expect(names({ successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 })).toEqual(['good-1', 'bad-1']);
  expect(names({ successfulJobsHistoryLimit: 0, failedJobsHistoryLimit: 0 })).toEqual([
    'good-1',
    'good-2',
    'good-3',
    'good-4',
    'bad-1',
    'bad-2',
  ]);
});

test('a job knows its time', () => {
  const { metadata } = jobDraft(aCron({ timeZone: 'America/New_York' }), at('10:00:00'));
  expect(metadata).toMatchObject({
    name: `tick-${at('10:00:00') / 60_000}`,
    labels: { a: 'b' },
    annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-03-02T05:00:00-05:00' },
    ownerReferences: [{ kind: 'CronJob', name: 'tick', controller: true, blockOwnerDeletion: true }],
  });
});
