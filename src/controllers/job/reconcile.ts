import { type batch, type core, isPodReady, job as jobKind, pod as podKind } from '../../kinds/index.ts';
import type { Milliseconds } from '../../lib/clock.ts';
import { controllerOf, keyOf } from '../../meta/owner.ts';
import { matchesSelector } from '../../meta/selector.ts';
import type { KubeObject } from '../../meta/types.ts';
import { claim } from '../claim.ts';
import { perRun } from '../per-run.ts';
import { again, type Controller, type ControllerContext, done, type Result } from '../run.ts';
import { createPods, releasePod, removePods, writeStatus } from './apply.ts';
import { countFailures, type Failures } from './backoff.ts';
import { condition, deadlineIn, isComplete, judgeJob } from './judge.ts';
import { type PodPlan, planPods } from './plan.ts';
import { noteSuspension } from './suspend.ts';
import { countReleased, finish, type Running, trackPods } from './track.ts';
import { type JobView, viewJob } from './view.ts';
import { isFinished, isForeign, isIndexed, isTracked, trackingFinalizer } from './vocabulary.ts';

const selects = (job: batch.Job) => (object: KubeObject) => matchesSelector(job.spec.selector, object.metadata.labels);

/** Failures since the last success, for each job. */
const failuresOf = perRun(() => new Map<string, Failures>());

/** Runs pods until enough of them have succeeded. */
export const jobs: Controller = {
  name: 'job',
  for: jobKind,
  owns: [podKind],
  // A pod that nobody owns may be wanted by a job that selects it.
  also: [
    {
      kind: podKind,
      keys: (it, { informers }) =>
        controllerOf(it)
          ? []
          : informers
              .of(jobKind)
              .inNamespace(it.metadata.namespace ?? '')
              .filter((job) => selects(job)(it))
              .map(keyOf),
    },
  ],
  async reconcile(key, context) {
    const { informers, expectations } = context;
    const job = informers.of(jobKind).get(key);
    if (!job || isFinished(job)) failuresOf(context).delete(key);
    if (!job) {
      expectations.forget(key);
      return done;
    }
    if (isForeign(job) || isFinished(job)) return done;
    // Pods are counted once: until the cache shows what was written last time, nothing can be said.
    const wait = expectations.pending(key);
    if (wait !== undefined) return again(wait);
    return runJob(job, await podsOf(job, context), context);
  },
};

async function podsOf(job: batch.Job, { informers, client }: ControllerContext): Promise<core.Pod[]> {
  const known = informers.of(podKind);
  const orphans = known.ownedBy('').filter((it) => it.metadata.namespace === job.metadata.namespace);
  const claimer = { kind: jobKind, owner: job, selects: selects(job), finalizer: trackingFinalizer };
  return claim(claimer, podKind, [...known.ownedBy(job.metadata.uid), ...orphans], client);
}

async function runJob(found: batch.Job, pods: readonly core.Pod[], context: ControllerContext): Promise<Result> {
  const { clock, recorder } = context;
  const key = keyOf(found);
  const now = clock.now();
  const view = viewJob(found, pods);
  const failures = countFailures(failuresOf(context).get(key) ?? { count: 0 }, view.newly.succeeded, view.newly.failed);

  let end = judgeJob(view, now);
  let plan: PodPlan | undefined;
  let running: Running;
  let fault: unknown;
  let base = view;
  if (end) {
    const result = await removePods(found, view.active, false, context);
    fault = result.fault;
    running = after(view, 0, result.removed);
    // While one of them could not be told to stop, the job is not at its end.
    if (running.active > 0) end = undefined;
  } else {
    plan = planPods(view, failures, now);
    const removal = await removePods(found, plan.remove, true, context);
    const creation = await createPods(view, plan.create, context);
    fault = removal.fault ?? creation.fault;
    running = after(view, creation.created, removal.removed);
    if (isComplete(view, running.active)) {
      end = condition('SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods', now);
    } else {
      const noted = noteSuspension(found, now);
      if (noted) {
        recorder.record(found, 'Normal', ...noted.event);
        base = { ...view, job: { ...found, status: noted.status } };
      }
    }
  }
  const written = await countPods(base, end, running, failures, context);
  if (fault !== undefined) throw fault;
  if (isFinished(written)) return done;
  // Once it is judged its time has no part in it any more: what is waited for is the end of its pods.
  return wakeUp(plan?.again, plan && deadlineIn(written, clock.now()));
}

/** What runs once some more were made and some told to go. */
function after({ active, ready, terminating }: JobView, created: number, removed: readonly core.Pod[]): Running {
  return {
    active: active.length + created - removed.length,
    ready: ready - removed.filter(isPodReady).length,
    terminating: terminating + removed.length,
  };
}

/** Names pods, takes their finalizers, counts them; and, when all is counted, ends the job. Resolves with the job as written. */
async function countPods(
  view: JobView,
  end: batch.JobCondition | undefined,
  running: Running,
  failures: Failures,
  context: ControllerContext,
): Promise<batch.Job> {
  const { clock, recorder } = context;
  const tracking = trackPods(view, end, running, clock.now());
  const cached = view.job;
  let job = await writeStatus(cached, tracking.status, context);
  failuresOf(context).set(keyOf(job), failures);

  const tracked = new Set(view.pods.filter(isTracked).map((it) => it.metadata.uid));
  const results = await Promise.allSettled(
    tracking.release.map(async (pod) => {
      await releasePod(job, pod, context);
      tracked.delete(pod.metadata.uid);
    }),
  );
  const counted = countReleased(job.status ?? {}, tracked, isIndexed(job));
  const fault = results.find((it) => it.status === 'rejected')?.reason;
  const last = fault === undefined && end && tracking.isLast ? finish(counted, end, clock.now()) : undefined;
  job = await writeStatus(job, last ?? counted, context);
  if (fault !== undefined) throw fault;
  if (last && end) tellEnd(job, end, recorder);
  return job;
}

function tellEnd(job: batch.Job, end: batch.JobCondition, recorder: ControllerContext['recorder']): void {
  if (end.type !== 'SuccessCriteriaMet') {
    recorder.record(job, 'Warning', end.reason ?? '', end.message ?? '');
    return;
  }
  const { completions } = job.spec;
  if (completions !== undefined && (job.status?.succeeded ?? 0) > completions)
    recorder.record(job, 'Warning', 'TooManySucceededPods', 'Too many succeeded pods running after completion count reached');
  recorder.record(job, 'Normal', 'Completed', 'Job completed');
}

function wakeUp(...spans: ReadonlyArray<Milliseconds | undefined>): Result {
  const given = spans.filter((it) => it !== undefined);
  return given.length > 0 ? again(Math.max(0, Math.min(...given))) : done;
}
