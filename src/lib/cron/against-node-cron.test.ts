import cron from 'node-cron';
import { expect, test } from 'vitest';
import { seededRandom } from '../random.ts';
import { nextTime } from './next.ts';
import { parseSchedule } from './parse.ts';

test('node-cron, where its language is the same, agrees on every moment and on every minute between', () => {
  const random = seededRandom(7);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)] as T;
  for (let i = 0; i < 60; i++) {
    const zone = pick(['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata']);
    const text = [
      pick(['*', '0', '*/7', '5,35', '10-20']),
      pick(['*', '0', '3', '*/5', '8-17']),
      pick(['*', '1', '10-20']),
      pick(['*', '2', 'jan,jul', '3-11']),
      pick(['*', '*', '*']),
    ].join(' ');
    const task = cron.createTask(text, () => {}, { timezone: zone });
    const schedule = parseSchedule(text);
    let at = Date.UTC(2026, Math.floor(random.next() * 12), 1 + Math.floor(random.next() * 28), Math.floor(random.next() * 24), 13);
    for (let n = 0; n < 3; n++) {
      const next = nextTime(schedule, at, zone);
      if (next === undefined) throw new Error(`${text} never comes`);
      expect(task.match(new Date(next)), `${text} in ${zone} at ${new Date(next).toISOString()}`).toBe(true);
      for (let between = Math.floor(at / 60_000) * 60_000 + 60_000; between < Math.min(next, at + 3_600_000); between += 60_000)
        expect(task.match(new Date(between)), `${text} in ${zone} not at ${new Date(between).toISOString()}`).toBe(false);
      at = next;
    }
    task.destroy();
  }
});
