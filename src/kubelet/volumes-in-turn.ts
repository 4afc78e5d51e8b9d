import type { PodVolumes } from './parts.ts';

/** The same volumes, one thing at a time for each pod: a refresh must not meet a mount, nor come after the removal. */
export function volumesInTurn(volumes: PodVolumes): PodVolumes {
  const busy = new Map<string, Promise<unknown>>();
  const inTurn = <T>(uid: string, work: () => Promise<T>): Promise<T> => {
    const next = (busy.get(uid) ?? Promise.resolve()).then(work, work);
    busy.set(uid, next);
    const clear = (): void => {
      if (busy.get(uid) === next) busy.delete(uid);
    };
    next.then(clear, clear);
    return next;
  };
  return {
    prepare: (pod) => inTurn(pod.metadata.uid, () => volumes.prepare(pod)),
    refresh: (pod) => inTurn(pod.metadata.uid, () => volumes.refresh(pod)),
    remove: (uid) => inTurn(uid, () => volumes.remove(uid)),
    podsOnDisk: () => volumes.podsOnDisk(),
  };
}
