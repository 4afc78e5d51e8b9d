import type { batch } from '../../kinds/index.ts';
import { type Milliseconds, toTime } from '../../lib/clock.ts';
import { findCondition } from '../../meta/condition.ts';
import { isSuspended } from './vocabulary.ts';

/** The job as it is now that its Suspended condition says what its spec says; undefined when it does already. */
export function noteSuspension(
  job: batch.Job,
  now: Milliseconds,
): { status: batch.JobStatus; event: [reason: string, message: string] } | undefined {
  const conditions = job.status?.conditions ?? [];
  const before = findCondition(conditions, 'Suspended');
  const suspended = isSuspended(job);
  // From nothing to False is no news.
  if (before ? (before.status === 'True') === suspended : !suspended) return undefined;
  const time = toTime(now);
  const condition: batch.JobCondition = {
    type: 'Suspended',
    status: suspended ? 'True' : 'False',
    ...{ lastProbeTime: time, lastTransitionTime: time },
    reason: suspended ? 'JobSuspended' : 'JobResumed',
    message: suspended ? 'Job suspended' : 'Job resumed',
  };
  // A resumed job begins its time anew: its deadline must not have run while it waited. One that waits has none (KEP-5440).
  const { startTime: _, ...rest } = job.status ?? {};
  return {
    status: { ...rest, conditions: [...conditions.filter((it) => it !== before), condition], ...(!suspended && { startTime: time }) },
    event: suspended ? ['Suspended', 'Job suspended'] : ['Resumed', 'Job resumed'],
  };
}
