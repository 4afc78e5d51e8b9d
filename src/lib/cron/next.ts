import type { Milliseconds } from '../clock.ts';
import type { Fields, Schedule } from './parse.ts';
import { momentsOf, wallClock } from './zone.ts';

const minute = 60_000;
const day = 86_400_000;
/** What never comes (31 February) is not looked for any longer. */
const horizonDays = 5 * 366;

/**
 * The first moment after `after` that a schedule names, in a zone; undefined when there is none within five years. A
 * time of day that clocks skip is skipped, one that they show twice comes twice, as upstream's library has it.
 */
export function nextTime(schedule: Schedule, after: Milliseconds, zone: string): Milliseconds | undefined {
  if ('every' in schedule) return Math.floor(after / 1000) * 1000 + schedule.every;
  const where = schedule.zone ?? zone;
  const start = Math.floor(wallClock(after, where) / day) * day;
  for (let n = 0; n <= horizonDays; n++) {
    const date = start + n * day;
    if (!isDay(schedule, new Date(date))) continue;
    const found = firstOn(schedule, date, after, where);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isDay({ months, days, weekdays, eitherDay }: Fields, date: Date): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const [isOne, isOther] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
  return eitherDay ? isOne || isOther : isOne && isOther;
}

/** The first moment of a day after `after`. On a day on which clocks are set back, the order of moments is not that of times. */
function firstOn({ hours, minutes }: Fields, date: Milliseconds, after: Milliseconds, zone: string): Milliseconds | undefined {
  const isPlain = wallClock(momentOf(date, zone) + day, zone) === date + day;
  let first: Milliseconds | undefined;
  for (let hour = 0; hour < 24; hour++) {
    if (!hours.has(hour)) continue;
    for (let m = 0; m < 60; m++) {
      if (!minutes.has(m)) continue;
      const wall = date + (hour * 60 + m) * minute;
      const moments = isPlain ? [momentOf(date, zone) + wall - date] : momentsOf(wall, zone);
      for (const moment of moments) if (moment > after && (first === undefined || moment < first)) first = moment;
      if (isPlain && first !== undefined) return first;
    }
  }
  return first;
}

/** The moment of a midnight; where it is skipped, a moment near it, which then is not a plain day. */
const momentOf = (date: Milliseconds, zone: string): Milliseconds => momentsOf(date, zone)[0] ?? date;
