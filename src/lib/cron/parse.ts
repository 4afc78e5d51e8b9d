import type { Milliseconds } from '../clock.ts';
import { isTimeZone } from './zone.ts';

/**
 * The schedule language of Kubernetes' CronJob, which is that of the Go library robfig/cron (ParseStandard): five fields,
 * names of months and days, `?` for `*`, `N/step` for `N-max/step`, descriptors such as `@hourly`, and `@every 90s`.
 * Errors are worded as there, since users read them.
 */
export type Schedule = Fields | { every: Milliseconds };

export type Fields = {
  minutes: ReadonlySet<number>;
  hours: ReadonlySet<number>;
  days: ReadonlySet<number>;
  months: ReadonlySet<number>;
  weekdays: ReadonlySet<number>;
  /** Of day and weekday: when both are given, either is enough; when one is `*`, both must fit. */
  eitherDay: boolean;
  /** From a TZ= in front; else the caller knows. */
  zone?: string;
};

type Bounds = { min: number; max: number; names?: readonly string[] };
const bounds: Record<'minute' | 'hour' | 'day' | 'month' | 'weekday', Bounds> = {
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  day: { min: 1, max: 31 },
  month: { min: 1, max: 12, names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  weekday: { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
};

const descriptors: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Fails with an Error that says what is wrong. */
export function parseSchedule(text: string): Schedule {
  if (text === '') throw new Error('empty spec string');
  const prefix = /^(?:CRON_)?TZ=([^ ]*)(?: (.*))?$/s.exec(text);
  const zone = prefix?.[1];
  if (zone !== undefined && !isTimeZone(zone)) throw new Error(`provided bad location ${zone}: unknown time zone ${zone}`);
  const rest = (prefix ? (prefix[2] ?? '') : text).trim();
  if (rest.startsWith('@every ')) return { every: parseEvery(rest) };
  if (rest.startsWith('@') && !descriptors[rest]) throw new Error(`unrecognized descriptor: ${rest}`);
  const fields = parseFields(descriptors[rest] ?? rest);
  return zone === undefined ? fields : { ...fields, zone };
}

function parseFields(text: string): Fields {
  const fields = text.split(/\s+/).filter((it) => it !== '');
  if (fields.length !== 5) throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  const read = { days: parseField(day, bounds.day), weekdays: parseField(weekday, bounds.weekday) };
  return {
    minutes: parseField(minute, bounds.minute).values,
    hours: parseField(hour, bounds.hour).values,
    days: read.days.values,
    months: parseField(month, bounds.month).values,
    weekdays: read.weekdays.values,
    eitherDay: !read.days.isStar && !read.weekdays.isStar,
  };
}

function parseField(text: string, of: Bounds): { values: Set<number>; isStar: boolean } {
  const values = new Set<number>();
  let isStar = false;
  for (const part of text.split(',').filter((it) => it !== '')) {
    const range = parseRange(part, of);
    isStar ||= range.isStar;
    for (let n = range.first; n <= range.last; n += range.step) values.add(n);
  }
  return { values, isStar };
}

function parseRange(text: string, { min, max, names }: Bounds): { first: number; last: number; step: number; isStar: boolean } {
  const [limits = '', stepText, ...tooMany] = text.split('/');
  const [from = '', to, ...more] = limits.split('-');
  const isStar = from === '*' || from === '?';
  let [first, last] = [min, max];
  if (!isStar) {
    if (more.length > 0) throw new Error(`too many hyphens: ${text}`);
    first = numberOrName(from, names);
    last = to === undefined ? first : numberOrName(to, names);
  }
  if (tooMany.length > 0) throw new Error(`too many slashes: ${text}`);
  const step = stepText === undefined ? 1 : wholeNumber(stepText);
  if (stepText !== undefined && to === undefined) last = max;
  if (first < min) throw new Error(`beginning of range (${first}) below minimum (${min}): ${text}`);
  if (last > max) throw new Error(`end of range (${last}) above maximum (${max}): ${text}`);
  if (first > last) throw new Error(`beginning of range (${first}) beyond end of range (${last}): ${text}`);
  if (step === 0) throw new Error(`step of range should be a positive number: ${text}`);
  // */2 is no star: with a step, it says which days.
  return { first, last, step, isStar: isStar && step === 1 };
}

function numberOrName(text: string, names: Bounds['names']): number {
  const place = names?.indexOf(text.toLowerCase()) ?? -1;
  return place < 0 ? wholeNumber(text) : place + (names?.length === 12 ? 1 : 0);
}

function wholeNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const n = Number(text);
  if (n < 0) throw new Error(`negative number (${n}) not allowed: ${text}`);
  return n;
}

const units: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `@every 1h30m`: whole seconds, one at least. */
function parseEvery(text: string): Milliseconds {
  const given = text.slice('@every '.length);
  const fail = (why: string): never => {
    throw new Error(`failed to parse duration ${text}: time: ${why} ${JSON.stringify(given)}`);
  };
  const [, sign, body = ''] = /^([+-]?)(.*)$/s.exec(given) ?? [];
  if (body === '') fail('invalid duration');
  let total = 0;
  let left = body === '0' ? '' : body;
  while (left !== '') {
    const part = /^(\d+(?:\.\d*)?|\.\d+)([^\d.]*)/.exec(left);
    if (!part) return fail('invalid duration');
    if (part[2] === '') return fail('missing unit in duration');
    const unit = units[part[2] as string];
    if (unit === undefined) return fail(`unknown unit ${JSON.stringify(part[2])} in duration`);
    total += Number(part[1]) * unit;
    left = left.slice(part[0].length);
  }
  return Math.max(1000, Math.floor((sign === '-' ? -total : total) / 1000) * 1000);
}
