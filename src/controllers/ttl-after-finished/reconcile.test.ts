import { expect, test } from 'vitest';
import { aJob, now } from '../../../test/fixtures/controllers/jobs.ts';
import { startLaggingPlane } from '../../../test/fixtures/controllers/lagging-plane.ts';
import { job } from '../../kinds/index.ts';
import { seconds } from '../../lib/clock.ts';
import { finishedJobs, goesIn } from './reconcile.ts';

const ended = (type: string) => ({ conditions: [{ type, status: 'True', lastTransitionTime: '2025-12-31T23:59:50Z' }] });

test.each([
  ['no time is given', {}, ended('Complete'), undefined],
  ['not at its end', { ttlSecondsAfterFinished: 10 }, {}, undefined],
  ['at once', { ttlSecondsAfterFinished: 0 }, ended('Complete'), -10_000],
  ['later', { ttlSecondsAfterFinished: 60 }, ended('Failed'), 50_000],
])('%s', (_, spec, status, want) => expect(goesIn(aJob(spec, status), now)).toBe(want));

test('a finished job goes when its time is over', async () => {
  const plane = await startLaggingPlane([finishedJobs], { seed: 1, lag: 0 });
  plane.server.seed(job, aJob({ ttlSecondsAfterFinished: 60 }, ended('Complete')));
  await plane.clock.advance(seconds(45));
  expect((await plane.client.list(job)).items.length).toBe(1);
  await plane.clock.advance(seconds(10));
  expect((await plane.client.list(job)).items.length).toBe(0);
  plane.close();
});
