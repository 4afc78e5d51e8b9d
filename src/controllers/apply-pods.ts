import { type core, pod } from '../kinds/index.ts';
import { keyOf } from '../meta/owner.ts';
import type { Draft, KubeObject } from '../meta/types.ts';
import { isNamespaceGoing } from './namespace-going.ts';
import type { ControllerContext } from './run.ts';
import { slowStart } from './slow-start.ts';

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export type PodChanges = { create: ReadonlyArray<Draft<core.Pod>>; remove: readonly core.Pod[] };

/** Makes and gives up pods of an owner; resolves with the first failure, which has been told as an event. */
export async function applyPods(owner: KubeObject, { create, remove }: PodChanges, context: ControllerContext): Promise<unknown> {
  const { client, recorder, expectations } = context;
  const key = keyOf(owner);

  const left = [...create];
  const fault = await slowStart(create.length, async () => {
    try {
      const made = await client.create(pod, left.shift() as Draft<core.Pod>);
      expectations.wrote(key, pod, made);
      recorder.record(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${made.metadata.name}`);
    } catch (error) {
      if (isNamespaceGoing(error)) return;
      recorder.record(owner, 'Warning', 'FailedCreate', `Error creating: ${textOf(error)}`);
      throw error;
    }
  });

  const removals = await Promise.allSettled(
    remove.map(async (it) => {
      try {
        const last = await client.delete(pod, it.metadata, { preconditions: { uid: it.metadata.uid } });
        expectations.deleted(key, pod, it);
        if (last) recorder.record(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${it.metadata.name}`);
      } catch (error) {
        recorder.record(owner, 'Warning', 'FailedDelete', `Error deleting: ${textOf(error)}`);
        throw error;
      }
    }),
  );
  return fault ?? removals.find((it) => it.status === 'rejected')?.reason;
}
