import { type batch, type core, job as jobKind, pod as podKind } from '../../kinds/index.ts';
import { keyOf } from '../../meta/owner.ts';
import { isNamespaceGoing } from '../namespace-going.ts';
import { slowStart } from '../slow-start.ts';
import type { ControllerContext } from '../run.ts';
import type { PodPlan } from './plan.ts';
import { jobPodDraft } from './pod-draft.ts';
import type { JobView } from './view.ts';
import { hasFailed, hasSucceeded, isTracked, trackingFinalizer } from './vocabulary.ts';

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What was done, and the first failure. */
export type Done = { created: number; removed: readonly core.Pod[]; fault: unknown };

/** Makes the pods of a plan, in batches that grow. */
export async function createPods({ job, indexed }: JobView, create: PodPlan['create'], context: ControllerContext): Promise<Done> {
  const { client, recorder, expectations } = context;
  const left = [...create];
  let created = 0;
  const fault = await slowStart(create.length, async () => {
    const index = left.shift();
    try {
      const made = await client.create(podKind, jobPodDraft(job, index, index === undefined ? undefined : indexed?.held.get(index)));
      created += 1;
      expectations.wrote(keyOf(job), podKind, made);
      recorder.record(job, 'Normal', 'SuccessfulCreate', `Created pod: ${made.metadata.name}`);
    } catch (error) {
      if (isNamespaceGoing(error)) return;
      recorder.record(job, 'Warning', 'FailedCreate', `Error creating: ${textOf(error)}`);
      throw error;
    }
  });
  return { created, removed: [], fault };
}

/**
 * Deletes pods. Those that are merely too many lose their finalizer first, and so are never counted, unless they have come
 * to their end before; those of a job at its end keep it until they are counted.
 */
export async function removePods(
  job: batch.Job,
  pods: readonly core.Pod[],
  isUncounted: boolean,
  context: ControllerContext,
): Promise<Done> {
  const { client, recorder, expectations } = context;
  const removed: core.Pod[] = [];
  const results = await Promise.allSettled(
    pods.map(async (pod) => {
      try {
        if (isUncounted && !(await giveUp(job, pod, context))) return;
        const last = await client.delete(podKind, pod.metadata, { preconditions: { uid: pod.metadata.uid } });
        expectations.deleted(keyOf(job), podKind, pod);
        removed.push(pod);
        if (last) recorder.record(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
      } catch (error) {
        recorder.record(job, 'Warning', 'FailedDelete', `Error deleting: ${textOf(error)}`);
        throw error;
      }
    }),
  );
  return { created: 0, removed, fault: results.find((it) => it.status === 'rejected')?.reason };
}

/**
 * Takes the finalizer off a pod that is too many. Not when it has come to its end, which the cache did not show yet: then it
 * stays, is counted in the next turn, and the answer is false. (Upstream takes the finalizer off whatever the pod has become,
 * see deleteJobPods, and such a success is in no count and its work is done again.)
 */
async function giveUp(job: batch.Job, pod: core.Pod, { client, expectations }: ControllerContext): Promise<boolean> {
  let isOver = false;
  const written = await client.change(podKind, pod, (draft) => {
    isOver = isTracked(draft) && (hasSucceeded(draft) || hasFailed(job, draft));
    return isOver ? false : takeFinalizer(draft);
  });
  // Where nothing was written this waits until the cache shows what was found.
  if (written) expectations.wrote(keyOf(job), podKind, written);
  else expectations.gone(keyOf(job), podKind, pod);
  return !isOver;
}

/** Takes the finalizer off one pod; one that is gone has none. */
export async function releasePod(job: batch.Job, pod: core.Pod, { client, expectations }: ControllerContext): Promise<void> {
  const written = await client.change(podKind, pod, takeFinalizer);
  if (written) expectations.wrote(keyOf(job), podKind, written);
  // As long as the cache has it, it would be counted once more (upstream does not wait here, and does so).
  else expectations.gone(keyOf(job), podKind, pod);
}

function takeFinalizer({ metadata }: core.Pod): void {
  metadata.finalizers = (metadata.finalizers ?? []).filter((it) => it !== trackingFinalizer);
}

/** Writes a status that was counted from exactly this version of the job: on any other it would count twice. */
export async function writeStatus(
  job: batch.Job,
  status: batch.JobStatus,
  { client, expectations }: ControllerContext,
): Promise<batch.Job> {
  const written = await client.changeStatus(jobKind, job, (draft) => {
    if (draft.metadata.resourceVersion !== job.metadata.resourceVersion)
      throw new Error(`job ${keyOf(job)} has changed since it was counted`);
    draft.status = status;
  });
  if (!written) return job;
  expectations.wrote(keyOf(job), jobKind, written);
  return written;
}
