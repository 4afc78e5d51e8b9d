import type { batch } from '../../kinds/index.ts';
import { type Milliseconds, seconds, toTime } from '../../lib/clock.ts';
import { parseSchedule, type Schedule } from '../../lib/cron/parse.ts';
import { isTimeZone } from '../../lib/cron/zone.ts';
import { isTrue } from '../../meta/condition.ts';
import { isDeleting } from '../../meta/owner.ts';
import { isFinished } from '../job/vocabulary.ts';
import { dueTime, nextIn } from './schedule.ts';

type Told = [type: 'Normal' | 'Warning', reason: string, message: string];
type ActiveRef = NonNullable<batch.CronJobStatus['active']>[number];

export type CronPlan = {
  /** Events to tell. */
  tell: Told[];
  /** What runs and what ended, before anything is started. */
  status: batch.CronJobStatus;
  /** Still running, to be deleted for what is started. */
  replace: readonly ActiveRef[];
  /** The time to start a job for. */
  start?: Milliseconds;
  /** Look again then. */
  again?: Milliseconds;
};

/** The name of the job for a time: by its minute, so that no time has two. */
export const jobName = (it: batch.CronJob, time: Milliseconds): string => `${it.metadata.name}-${Math.floor(time / 60_000)}`;

/** Where a job says which time it is for. */
export const scheduledKey = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/**
 * The time a job was started for by this controller; undefined for one that somebody else made in the cron job's name.
 * Who makes one by hand that looks the same stands in for that time, as with upstream, but not before it has come: no
 * annotation tells that a time in the future is over.
 */
function timeOf(it: batch.CronJob, { metadata }: batch.Job): Milliseconds | undefined {
  const time = Date.parse(metadata.annotations?.[scheduledKey] ?? '');
  return metadata.name === jobName(it, time) && time <= Date.parse(metadata.creationTimestamp) ? time : undefined;
}

const isWritten = ({ status }: batch.CronJob, time: Milliseconds): boolean =>
  status?.lastScheduleTime !== undefined && Date.parse(status.lastScheduleTime) >= time;

/** How a job stands in the list of those that run. */
export function activeRef({ metadata: { namespace, name, uid, resourceVersion } }: batch.Job): ActiveRef {
  return { kind: 'Job', ...(namespace && { namespace }), name, uid, apiVersion: 'batch/v1', resourceVersion };
}

/** `jobs` are those the cron job owns; `exists` says of others in its list whether they are there at all. */
export function planCron(it: batch.CronJob, jobs: readonly batch.Job[], exists: (ref: ActiveRef) => boolean, now: Milliseconds): CronPlan {
  const plan: CronPlan = { tell: [], status: { ...it.status }, replace: [] };
  noteJobs(plan, it, jobs, exists);
  if (isDeleting(it)) return plan;
  const { timeZone, suspend } = it.spec;
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    plan.tell.push(['Warning', 'UnknownTimeZone', `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`]);
    return plan;
  }
  if (suspend) return plan;
  const schedule = read(it, plan);
  if (schedule) planStart(plan, it, schedule, now);
  return plan;
}

function read(it: batch.CronJob, { tell }: CronPlan): Schedule | undefined {
  const text = it.spec.schedule;
  try {
    return parseSchedule(text);
  } catch (error) {
    tell.push(['Warning', 'UnparseableSchedule', `unparseable schedule: ${JSON.stringify(text)} : ${(error as Error).message}`]);
    return undefined;
  }
}

function noteJobs({ tell, status }: CronPlan, it: batch.CronJob, jobs: readonly batch.Job[], exists: (ref: ActiveRef) => boolean): void {
  const listed = it.status?.active ?? [];
  const gone = new Set<string | undefined>();
  const found: ActiveRef[] = [];
  for (const job of jobs) {
    const { name, uid } = job.metadata;
    const isListed = listed.some((ref) => ref.uid === uid);
    const time = timeOf(it, job);
    // Started by a turn that could not write it down. Upstream leaves such a one out, and then starts another beside it
    // when the cron job was suspended and resumed in between, whatever its policy says.
    if (time !== undefined && !isWritten(it, time)) {
      if (!isListed && !isFinished(job) && !isDeleting(job)) found.push(activeRef(job));
      if (!isWritten({ ...it, status }, time)) status.lastScheduleTime = toTime(time);
    } else if (!isListed && !isFinished(job))
      tell.push(['Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`]);
    if (isListed && isFinished(job)) {
      const how = isTrue(job.status?.conditions, 'Complete') ? 'Complete' : 'Failed';
      tell.push(['Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${how}`]);
      gone.add(uid);
    }
    const { completionTime } = job.status ?? {};
    if (!completionTime || !isTrue(job.status?.conditions, 'Complete')) continue;
    if (!status.lastSuccessfulTime || Date.parse(completionTime) > Date.parse(status.lastSuccessfulTime))
      status.lastSuccessfulTime = completionTime;
  }
  for (const ref of listed) {
    if (jobs.some((job) => job.metadata.uid === ref.uid) || exists(ref)) continue;
    tell.push(['Normal', 'MissingJob', `Active job went missing: ${ref.name}`]);
    gone.add(ref.uid);
  }
  setActive(status, [...listed.filter((ref) => !gone.has(ref.uid)), ...found]);
}

export function setActive(status: batch.CronJobStatus, active: readonly ActiveRef[]): void {
  if (active.length > 0) status.active = [...active];
  else delete status.active;
}

function planStart(plan: CronPlan, it: batch.CronJob, schedule: Schedule, now: Milliseconds): void {
  const { tell, status } = plan;
  const { startingDeadlineSeconds, concurrencyPolicy } = it.spec;
  const { time, isLate } = dueTime(it, schedule, now);
  const again = nextIn(it, schedule, now);
  if (again !== undefined) plan.again = again;
  if (isLate) {
    const text = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    tell.push(['Warning', 'TooManyMissedTimes', text]);
  }
  if (time === undefined) return;
  if (startingDeadlineSeconds !== undefined && time + seconds(startingDeadlineSeconds) < now) {
    tell.push(['Warning', 'MissSchedule', `Missed scheduled time to start a job: ${longTime(time)}`]);
    return;
  }
  const active = status.active ?? [];
  const name = jobName(it, time);
  if (active.some((ref) => ref.name === name) || it.status?.lastScheduleTime === toTime(time)) return;
  if (concurrencyPolicy === 'Forbid' && active.length > 0) {
    tell.push(['Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid']);
    return;
  }
  if (concurrencyPolicy === 'Replace') plan.replace = active;
  plan.start = time;
}

/** Go's time.RFC1123Z: Mon, 02 Jan 2006 15:04:05 +0000. */
const longTime = (at: Milliseconds): string => new Date(at).toUTCString().replace('GMT', '+0000');

/** Finished jobs beyond what is kept, oldest first (upstream: cleanupFinishedJobs). */
export function outdatedJobs(it: batch.CronJob, all: readonly batch.Job[]): batch.Job[] {
  const { spec } = it;
  // One whose time is not written down yet is all there is to say that the time was not missed.
  const jobs = all.filter((job) => {
    const time = timeOf(it, job);
    return time === undefined || isWritten(it, time);
  });
  const beyond = (type: string, limit: number | undefined): batch.Job[] => {
    const ended = jobs.filter((job) => isTrue(job.status?.conditions, type));
    return limit === undefined ? [] : [...ended].sort(byStart).slice(0, Math.max(0, ended.length - limit));
  };
  return [...beyond('Complete', spec.successfulJobsHistoryLimit), ...beyond('Failed', spec.failedJobsHistoryLimit)];
}

/** Those that never started come last; of two at the same time, the name tells. */
function byStart(a: batch.Job, b: batch.Job): number {
  const [first, second] = [a.status?.startTime, b.status?.startTime];
  if (first === second) return a.metadata.name < b.metadata.name ? -1 : 1;
  if (first === undefined || second === undefined) return first === undefined ? 1 : -1;
  return Date.parse(first) - Date.parse(second);
}
