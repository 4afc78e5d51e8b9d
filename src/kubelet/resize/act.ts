import type { core } from '../../kinds/index.ts';
import { messageOf } from '../faults.ts';
import { newest } from '../observed.ts';
import type { Parts } from '../parts.ts';
import type { Resize } from '../plan.ts';
import { passed } from '../steps.ts';

/** Changes what running containers may use. Resolves with why that did not go all the way; the first fault ends it. */
export async function resizeContainers(parts: Parts, pod: core.Pod, resizes: readonly Resize[]): Promise<string | undefined> {
  const { uid } = pod.metadata;
  for (const { id, name, limits } of resizes) {
    try {
      const had = newest(parts.observer.pods.pod(uid), name)?.limits?.memoryBytes;
      if (limits.memoryBytes !== undefined && had !== undefined && limits.memoryBytes < had)
        await refuseTooLittle(parts, id, name, limits.memoryBytes);
      await parts.runtime.containers.update(id, limits);
      await passed(parts, uid, 'container resized');
      await parts.observer.refresh(uid, id);
    } catch (error) {
      return messageOf(error);
    }
  }
  return undefined;
}

/** A limit below what is in use would have the kernel kill something. */
async function refuseTooLittle({ runtime }: Parts, id: string, name: string, limit: number): Promise<void> {
  const used = (await runtime.streams.usage(id))?.memoryWorkingSetBytes ?? 0;
  if (used >= limit) throw new Error(`attempting to set the memory limit of container ${name} (${limit}) below current usage (${used})`);
}
