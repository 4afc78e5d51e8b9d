import { expect, test } from 'vitest';
import { RestartBackoff } from './backoff.ts';

test('the first restart is free, then 10 s doubling to 5 min', () => {
  const backOff = new RestartBackoff();
  let now = 1_000_000;
  const delays: Array<number | undefined> = [];
  for (let i = 0; i < 8; i++) {
    delays.push(backOff.waits('a', now, now)?.delay);
    backOff.started('a', now, now);
    now += 1_000;
  }
  expect(delays).toEqual([undefined, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
});

test('the wait is counted from the end of the run', () => {
  const backOff = new RestartBackoff();
  backOff.started('a', 0, 0);
  expect(backOff.waits('a', 5_000, 6_000)).toEqual({ until: 15_000, delay: 10_000 });
  expect(backOff.waits('a', 5_000, 15_000)).toBeUndefined();
});

test('a run of more than ten minutes begins anew', () => {
  const backOff = new RestartBackoff();
  backOff.started('a', 0, 0);
  backOff.started('a', 1_000, 1_000);
  expect(backOff.waits('a', 602_001, 602_001)).toBeUndefined();
  backOff.started('a', 602_001, 602_001);
  expect(backOff.waits('a', 602_002, 602_002)?.delay).toBe(10_000);
});

test('a pod is forgotten with all its containers', () => {
  const backOff = new RestartBackoff();
  backOff.started('uid/a', 0, 0);
  backOff.started('other/a', 0, 0);
  backOff.forget('uid/');
  expect([backOff.waits('uid/a', 0, 0), backOff.waits('other/a', 0, 0)?.delay]).toEqual([undefined, 10_000]);
});
