import { type batch, cronJob, job as jobKind } from '../../kinds/index.ts';
import { type Milliseconds, toTime } from '../../lib/clock.ts';
import { controllerOf, keyOf } from '../../meta/owner.ts';
import { isReason } from '../../meta/status-error.ts';
import { isNamespaceGoing } from '../namespace-going.ts';
import { again, type Controller, type ControllerContext, done } from '../run.ts';
import { jobDraft } from './job-draft.ts';
import { activeRef, type CronPlan, jobName, outdatedJobs, planCron, setActive } from './plan.ts';

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Starts a job at each time of a schedule (upstream: cronjob_controllerv2.go). */
export const cronJobs: Controller = {
  name: 'cronjob',
  for: cronJob,
  owns: [jobKind],
  async reconcile(key, context) {
    const { informers, client, clock, recorder, expectations } = context;
    const it = informers.of(cronJob).get(key);
    if (!it) {
      expectations.forget(key);
      return done;
    }
    // Which jobs are known, and which time was the last, is written down: an outdated list would start one twice.
    const wait = expectations.pending(key);
    if (wait !== undefined) return again(wait);
    const owned = informers.of(jobKind).ownedBy(it.metadata.uid);
    const there = new Set<string>();
    for (const ref of it.status?.active ?? []) {
      if (owned.some((job) => job.metadata.uid === ref.uid)) continue;
      const job = await client.get(jobKind, { namespace: it.metadata.namespace ?? '', name: ref.name ?? '' });
      if (job) there.add(job.metadata.uid);
    }
    const plan = planCron(it, owned, (ref) => there.has(ref.uid ?? ''), clock.now());
    for (const told of plan.tell) recorder.record(it, ...told);
    await removeJobs(it, outdatedJobs(it, owned), context);
    const fault = await start(it, plan, context);
    const written = await client.changeStatus(cronJob, it, (draft) => {
      if (draft.metadata.resourceVersion !== it.metadata.resourceVersion)
        throw new Error(`cron job ${key} has changed since it was looked at`);
      draft.status = plan.status;
    });
    if (written) expectations.wrote(key, cronJob, written);
    if (fault !== undefined) throw fault;
    return plan.again === undefined ? done : again(plan.again);
  },
};

async function removeJobs(
  it: batch.CronJob,
  list: readonly batch.Job[],
  { client, recorder, expectations }: ControllerContext,
): Promise<void> {
  for (const job of list) {
    if (job.metadata.deletionTimestamp) continue;
    try {
      await client.delete(jobKind, job.metadata, { propagationPolicy: 'Background', preconditions: { uid: job.metadata.uid } });
      expectations.deleted(keyOf(it), jobKind, job);
      recorder.record(it, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
    } catch (error) {
      recorder.record(it, 'Warning', 'FailedDelete', `Deleted job: ${textOf(error)}`);
      throw error;
    }
  }
}

/** Starts what is due, and notes it in the plan's status; resolves with what went wrong. */
async function start(it: batch.CronJob, plan: CronPlan, context: ControllerContext): Promise<unknown> {
  const { client, informers } = context;
  if (plan.start === undefined) return undefined;
  const replaced = informers
    .of(jobKind)
    .ownedBy(it.metadata.uid)
    .filter((job) => plan.replace.some((ref) => ref.uid === job.metadata.uid));
  try {
    await removeJobs(it, replaced, context);
    if (plan.replace.length > 0) setActive(plan.status, []);
    const made = await makeJob(it, plan.start, context);
    if (!made) return undefined;
    setActive(plan.status, [...(plan.status.active ?? []).filter(({ uid }) => uid !== made.metadata.uid), activeRef(made)]);
    plan.status.lastScheduleTime = toTime(plan.start);
    return undefined;
  } catch (error) {
    if (isNamespaceGoing(error)) return undefined;
    context.recorder.record(it, 'Warning', 'FailedCreate', `Error creating job: ${textOf(error)}`);
    return error;
  }

  async function makeJob(owner: batch.CronJob, time: Milliseconds, { recorder, expectations }: ControllerContext) {
    try {
      const job = await client.create(jobKind, jobDraft(owner, time));
      expectations.wrote(keyOf(owner), jobKind, job);
      recorder.record(owner, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`);
      return job;
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error;
      // Ours from a turn that could not write it down; somebody else's is no answer to this time.
      const job = await client.get(jobKind, { namespace: owner.metadata.namespace ?? '', name: jobName(owner, time) });
      if (!job || controllerOf(job)?.uid !== owner.metadata.uid) throw error;
      return job;
    }
  }
}
