import { type batch, job as jobKind } from '../../kinds/index.ts';
import { type Milliseconds, seconds } from '../../lib/clock.ts';
import { isDeleting } from '../../meta/owner.ts';
import { finishedAt } from '../job/vocabulary.ts';
import { again, type Controller, done } from '../run.ts';

/** Until a finished job is to go; undefined when nothing says so. */
export function goesIn(job: batch.Job, now: Milliseconds): Milliseconds | undefined {
  const { ttlSecondsAfterFinished } = job.spec;
  const end = finishedAt(job);
  if (ttlSecondsAfterFinished === undefined || end === undefined || isDeleting(job)) return undefined;
  return Date.parse(end) + seconds(ttlSecondsAfterFinished) - now;
}

/** Deletes finished jobs, with their pods, when they have been kept long enough (upstream: pkg/controller/ttlafterfinished). */
export const finishedJobs: Controller = {
  name: 'ttl-after-finished',
  for: jobKind,
  async reconcile(key, { informers, client, clock }) {
    const cached = informers.of(jobKind).get(key);
    const left = cached && goesIn(cached, clock.now());
    if (!cached || left === undefined) return done;
    if (left > 0) return again(left);
    // The time may have been made longer a moment ago.
    const job = await client.get(jobKind, cached.metadata);
    const now = job && goesIn(job, clock.now());
    if (!job || now === undefined || job.metadata.uid !== cached.metadata.uid) return done;
    if (now > 0) return again(now);
    await client.delete(jobKind, job.metadata, { propagationPolicy: 'Foreground', preconditions: { uid: job.metadata.uid } });
    return done;
  },
};
