import { type AnyKind, type apps, pod } from '../../kinds/index.ts';
import { keyOf } from '../../meta/owner.ts';
import { isNamespaceGoing } from '../namespace-going.ts';
import { podDraft } from '../pod-draft.ts';
import type { ControllerContext } from '../run.ts';
import { slowStart } from '../slow-start.ts';
import type { ReplicaPlan } from './plan.ts';

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Makes and gives up pods; resolves with the first failure, which has been told as an event. */
export async function applyReplicas(kind: AnyKind, set: apps.ReplicaSet, plan: ReplicaPlan, context: ControllerContext): Promise<unknown> {
  const { client, recorder, expectations } = context;
  const key = keyOf(set);

  const fault = await slowStart(plan.create, async () => {
    try {
      const made = await client.create(pod, podDraft(set.spec.template, kind, set));
      expectations.wrote(key, pod, made);
      recorder.record(set, 'Normal', 'SuccessfulCreate', `Created pod: ${made.metadata.name}`);
    } catch (error) {
      if (isNamespaceGoing(error)) return;
      recorder.record(set, 'Warning', 'FailedCreate', `Error creating: ${textOf(error)}`);
      throw error;
    }
  });
  if (fault !== undefined) return fault;

  const removals = await Promise.allSettled(
    plan.remove.map(async (it) => {
      try {
        const last = await client.delete(pod, it.metadata, { preconditions: { uid: it.metadata.uid } });
        expectations.deleted(key, pod, it);
        if (last) recorder.record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${it.metadata.name}`);
      } catch (error) {
        recorder.record(set, 'Warning', 'FailedDelete', `Error deleting: ${textOf(error)}`);
        throw error;
      }
    }),
  );
  return removals.find((it) => it.status === 'rejected')?.reason;
}
