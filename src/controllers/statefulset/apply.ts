import { type apps, persistentVolumeClaim, pod } from '../../kinds/index.ts';
import { keyOf } from '../../meta/owner.ts';
import { isReason } from '../../meta/status-error.ts';
import { isNamespaceGoing } from '../namespace-going.ts';
import type { ControllerContext } from '../run.ts';
import { slowStart } from '../slow-start.ts';
import type { ClaimWork } from './claims.ts';
import { identityLabels, ordinalOf } from './identity.ts';
import type { StatefulPlan, Step } from './plan.ts';

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** Does what the plan says; resolves with the first failure, which has been told as an event. */
export async function applyPlan(set: apps.StatefulSet, plan: StatefulPlan, context: ControllerContext): Promise<unknown> {
  for (const phase of plan) {
    const left = [...phase];
    const fault = await slowStart(phase.length, () => take(set, left.shift() as Step, context));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

async function take(set: apps.StatefulSet, step: Step, context: ControllerContext): Promise<void> {
  const { client, expectations } = context;
  const key = keyOf(set);
  switch (step.type) {
    case 'create': {
      const { draft, claims } = step;
      await told(set, 'create', draft.metadata.name, context, async () => {
        await settleClaims(set, draft.metadata.name, claims, context);
        expectations.wrote(key, pod, await client.create(pod, draft));
        return true;
      });
      return;
    }
    case 'remove': {
      const { metadata } = step.pod;
      await told(set, 'delete', metadata.name, context, async () => {
        const last = await client.delete(pod, metadata, { preconditions: { uid: metadata.uid } });
        expectations.deleted(key, pod, step.pod);
        return last !== undefined;
      });
      return;
    }
    case 'claims':
      await settleClaims(set, step.pod.metadata.name, step.claims, context);
      return;
    case 'identify':
      await told(set, 'update', step.pod.metadata.name, context, async () => {
        const written = await client.change(pod, step.pod, (draft) => {
          draft.metadata.labels = { ...draft.metadata.labels, ...identityLabels(set, ordinalOf(draft)) };
        });
        if (written) expectations.wrote(key, pod, written);
        return written !== undefined;
      });
      return;
    default:
      step satisfies never;
  }
}

/** Runs `act` and tells of it, unless it says that it had nothing to do. */
async function told(
  set: apps.StatefulSet,
  verb: 'create' | 'delete' | 'update',
  name: string,
  { recorder }: ControllerContext,
  act: () => Promise<boolean>,
): Promise<void> {
  const what = `${verb} Pod ${name} in StatefulSet ${set.metadata.name}`;
  try {
    if (await act()) recorder.record(set, 'Normal', `Successful${capital(verb)}`, `${what} successful`);
  } catch (error) {
    if (isNamespaceGoing(error)) return;
    // A pod of the name that is not in the cache yet, or somebody else's: nothing that people need to know every time.
    if (!isReason(error, 'AlreadyExists'))
      recorder.record(set, 'Warning', `Failed${capital(verb)}`, `${what} failed error: ${textOf(error)}`);
    throw error;
  }
}

async function settleClaims(set: apps.StatefulSet, member: string, work: ClaimWork, context: ControllerContext): Promise<void> {
  const { client, recorder, expectations } = context;
  const key = keyOf(set);
  const [going] = work.going;
  if (going !== undefined) throw new Error(`pvc ${going} is being deleted`);
  for (const draft of work.create) {
    const { name } = draft.metadata;
    try {
      expectations.wrote(key, persistentVolumeClaim, await client.create(persistentVolumeClaim, draft));
      const message = `create Claim ${name} Pod ${member} in StatefulSet ${set.metadata.name} success`;
      recorder.record(set, 'Normal', 'SuccessfulCreate', message);
    } catch (error) {
      if (isNamespaceGoing(error)) throw error;
      if (!isReason(error, 'AlreadyExists')) {
        const message = `create Claim ${name} for Pod ${member} in StatefulSet ${set.metadata.name} failed error: ${textOf(error)}`;
        recorder.record(set, 'Warning', 'FailedCreate', message);
      }
      throw new Error(`failed to create PVC ${name}: ${textOf(error)}`, { cause: error });
    }
  }
  for (const { claim, references } of work.owners) {
    const written = await client.change(persistentVolumeClaim, claim, (draft) => {
      draft.metadata.ownerReferences = references;
    });
    if (written) expectations.wrote(key, persistentVolumeClaim, written);
  }
}
