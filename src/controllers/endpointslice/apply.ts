import type { Client } from '../../client/index.ts';
import { endpointSlice } from '../../kinds/index.ts';
import { isNamespaceGoing } from '../namespace-going.ts';
import type { Slice, SliceDraft, SlicePlan } from './pack.ts';

const triggerTime = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Writes what was planned; `changedAt` is when that happened which it reacts to. */
export async function applySlices(plan: SlicePlan, changedAt: string | undefined, client: Client): Promise<void> {
  for (const draft of plan.create) {
    try {
      await client.create(endpointSlice, stamped(draft, changedAt));
    } catch (error) {
      if (isNamespaceGoing(error)) return;
      throw error;
    }
  }
  for (const slice of plan.update) await client.update(endpointSlice, stamped(slice, changedAt));
  for (const { metadata } of plan.remove) await client.delete(endpointSlice, metadata, { preconditions: { uid: metadata.uid } });
}

function stamped<T extends Slice | SliceDraft>(slice: T, changedAt: string | undefined): T {
  const { [triggerTime]: _, ...others } = slice.metadata.annotations ?? {};
  const annotations = { ...others, ...(changedAt && { [triggerTime]: changedAt }) };
  return { ...slice, metadata: { ...slice.metadata, annotations } };
}
