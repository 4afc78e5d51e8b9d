import { describe, expect, test } from 'vitest';
import { nextTime } from './next.ts';
import { parseSchedule } from './parse.ts';
import { isTimeZone } from './zone.ts';

const next = (text: string, after: string, zone = 'UTC'): string => {
  const at = nextTime(parseSchedule(text), Date.parse(after), zone);
  return at === undefined ? 'never' : new Date(at).toISOString().slice(0, 19);
};

// Cases after robfig/cron's spec_test.go.
test.each([
  ['*/15 * * * *', '2012-07-09T14:45:00Z', '2012-07-09T15:00:00'],
  ['*/15 * * * *', '2012-07-09T14:59:59Z', '2012-07-09T15:00:00'],
  ['20-35/15 * * * *', '2012-07-09T15:45:00Z', '2012-07-09T16:20:00'],
  ['*/15 */2 * * *', '2012-07-09T23:46:00Z', '2012-07-10T00:00:00'],
  ['20-35/15 1/2 */2 * *', '2012-07-09T23:35:51Z', '2012-07-11T01:20:00'],
  ['0 0 9 Apr-Oct ?', '2012-07-09T23:35:00Z', '2012-08-09T00:00:00'],
  ['0 0 */5 Apr,Aug,Oct Mon', '2012-07-09T23:35:00Z', '2012-08-01T00:00:00'],
  ['0 0 * Feb Mon', '2012-07-09T23:35:00Z', '2013-02-04T00:00:00'],
  ['0 0 29 2 ?', '2012-07-09T23:35:00Z', '2016-02-29T00:00:00'],
  ['0 0 31 Feb ?', '2012-07-09T23:35:00Z', 'never'],
  ['0 0 13 * FRI', '2026-11-01T00:00:00Z', '2026-11-06T00:00:00'],
  ['@hourly', '2012-07-09T14:45:00Z', '2012-07-09T15:00:00'],
  ['@daily', '2012-07-09T14:45:00Z', '2012-07-10T00:00:00'],
  ['@weekly', '2012-07-09T14:45:00Z', '2012-07-15T00:00:00'],
  ['@monthly', '2012-07-09T14:45:00Z', '2012-08-01T00:00:00'],
  ['@every 1h30m', '2012-07-09T14:45:00.5Z', '2012-07-09T16:15:00'],
  ['TZ=Asia/Tokyo 30 04 * * ?', '2000-12-31T00:00:00Z', '2000-12-31T19:30:00'],
])('%j after %s', (text, after, want) => expect(next(text, after)).toBe(want));

describe('clocks that are set', () => {
  const newYork = 'America/New_York';
  test.each([
    // Forward on 11 March 2012, 02:00 to 03:00.
    ['0 * * * *', '2012-03-11T01:59:00-05:00', '2012-03-11T07:00:00'],
    ['0 1 * * ?', '2012-03-10T02:00:00-05:00', '2012-03-11T06:00:00'],
    ['30 2 11 Mar ?', '2012-03-11T00:00:00-05:00', '2013-03-11T06:30:00'],
    // Back on 4 November 2012, 02:00 to 01:00.
    ['0 * * * *', '2012-11-04T01:00:00-04:00', '2012-11-04T06:00:00'],
    ['*/30 1 * * ?', '2012-11-04T01:45:00-04:00', '2012-11-04T06:00:00'],
    ['0 3 * * ?', '2012-11-04T00:00:00-04:00', '2012-11-04T08:00:00'],
  ])('%j after %s', (text, after, want) => expect(next(text, after, newYork)).toBe(want));
  test('at midnight', () => expect(next('0 9 10 Oct ?', '2018-10-01T00:00:00Z', 'America/Sao_Paulo')).toBe('2018-10-10T12:00:00'));
  test('a midnight that is skipped', () =>
    expect(next('30 0 4 Nov ?', '2018-10-01T00:00:00Z', 'America/Sao_Paulo')).not.toBe('2018-11-04T03:30:00'));
});

test.each([
  ['', 'empty spec string'],
  ['* *', 'expected exactly 5 fields, found 2: [* *]'],
  ['60 0 * * *', 'end of range (60) above maximum (59): 60'],
  ['0 0 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['0 0 * * 7', 'end of range (7) above maximum (6): 7'],
  ['5-3 * * * *', 'beginning of range (5) beyond end of range (3): 5-3'],
  ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ['1--2 * * * *', 'too many hyphens: 1--2'],
  ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['@never', 'unrecognized descriptor: @never'],
  ['@every later', 'failed to parse duration @every later: time: invalid duration "later"'],
  ['@every 5', 'failed to parse duration @every 5: time: missing unit in duration "5"'],
  ['TZ=Nowhere/Land 0 0 * * *', 'provided bad location Nowhere/Land: unknown time zone Nowhere/Land'],
])('%j is refused', (text, why) => expect(() => parseSchedule(text)).toThrow(why));

test('names of zones', () => {
  expect(['UTC', 'Europe/Berlin', 'America/New_York', 'EST5EDT', 'Etc/GMT+3'].filter(isTimeZone).length).toBe(5);
  expect(['', '+01:00', 'Europe/Nowhere', '../etc', 'a b'].filter(isTimeZone)).toEqual([]);
});
