import type { batch } from '../../kinds/index.ts';
import { type Milliseconds, seconds } from '../../lib/clock.ts';
import { nextTime } from '../../lib/cron/next.ts';
import type { Schedule } from '../../lib/cron/parse.ts';

export type Due = {
  /** The newest time that has come and was not scheduled. */
  time: Milliseconds | undefined;
  /** More than a hundred times were missed. */
  isLate: boolean;
};

const many = 100;
const startOf = ({ metadata, status }: batch.CronJob): Milliseconds => Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp);

/**
 * What is due since the last run, or since the deadline if that is later. The number of missed times is reckoned from
 * the distance of two of them, as they may be any number (upstream: controller/cronjob/utils.go, mostRecentScheduleTime).
 */
export function dueTime(it: batch.CronJob, schedule: Schedule, now: Milliseconds): Due {
  const { startingDeadlineSeconds, timeZone = 'UTC' } = it.spec;
  const deadline = startingDeadlineSeconds === undefined ? 0 : now - seconds(startingDeadlineSeconds);
  return mostRecent(schedule, Math.max(startOf(it), deadline), timeZone, now);
}

function mostRecent(schedule: Schedule, since: Milliseconds, zone: string, now: Milliseconds): Due {
  const first = nextTime(schedule, since, zone);
  if (first === undefined || first > now) return { time: undefined, isLate: false };
  const second = nextTime(schedule, first, zone);
  if (second === undefined || second > now) return { time: first, isLate: false };
  const distance = second - first;
  const missed = Math.floor((now - first) / distance) + 1;
  // Two steps back from there: distances need not be equal.
  let time: Milliseconds | undefined;
  let at = nextTime(schedule, first + (missed - 2) * distance, zone);
  while (at !== undefined && at <= now) {
    time = at;
    at = nextTime(schedule, at, zone);
  }
  return { time, isLate: missed > many };
}

/** Until the next time; a moment more, so that it has surely come. Undefined for what never comes. */
export function nextIn(it: batch.CronJob, schedule: Schedule, now: Milliseconds): Milliseconds | undefined {
  const { timeZone = 'UTC' } = it.spec;
  const { time } = mostRecent(schedule, startOf(it), timeZone, now);
  const next = nextTime(schedule, time ?? startOf(it), timeZone);
  return next === undefined ? undefined : Math.max(0, next - now) + 100;
}
