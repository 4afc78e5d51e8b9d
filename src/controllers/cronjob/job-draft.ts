import { type batch, cronJob } from '../../kinds/index.ts';
import { type Milliseconds, toTime } from '../../lib/clock.ts';
import { wallClock } from '../../lib/cron/zone.ts';
import { deepCopy } from '../../meta/copy.ts';
import { ownerReference } from '../../meta/owner.ts';
import type { Draft } from '../../meta/types.ts';
import { jobName, scheduledKey } from './plan.ts';

/** A job of the template for a time, which stands in an annotation. */
export function jobDraft(it: batch.CronJob, time: Milliseconds): Draft<batch.Job> {
  const { metadata, spec } = deepCopy(it.spec.jobTemplate);
  const { namespace } = it.metadata;
  return {
    metadata: {
      name: jobName(it, time),
      ...(namespace && { namespace }),
      ...(metadata?.labels && { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, [scheduledKey]: localTime(time, it.spec.timeZone ?? 'UTC') },
      ownerReferences: [ownerReference(cronJob, it)],
    },
    spec: spec as batch.JobSpec,
  };
}

/** RFC 3339 with the zone's offset at that time. */
function localTime(at: Milliseconds, zone: string): string {
  const wall = wallClock(at, zone);
  const offset = Math.round((wall - at) / 60_000);
  if (offset === 0) return toTime(at);
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((it) => String(it).padStart(2, '0'));
  return `${toTime(wall).slice(0, -1)}${offset < 0 ? '-' : '+'}${hours}:${minutes}`;
}
