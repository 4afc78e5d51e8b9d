type Amounts = { [name: string]: string };
/** Who waits: what matters more goes first, then Guaranteed pods, then who has waited longest. */
export type Waiter = { priority: number; isGuaranteed: boolean; wake(): void };

/** What all pods of the node have been given, for who wants more. */
export type NodeAllocations = {
  set(uid: string, requests: Amounts): void;
  /** The pod has ended: what it had is free. */
  release(uid: string): void;
  /** All but `uid`'s. */
  others(uid: string): Amounts[];
  /** Wakes the pod once, in its turn, when something has become free. */
  onceFree(uid: string, waiter: Waiter): void;
};

export function createNodeAllocations(): NodeAllocations {
  const given = new Map<string, Amounts>();
  const waiting = new Map<string, Waiter>();
  const wakeAll = (): void => {
    const all = [...waiting.values()].sort((a, b) => b.priority - a.priority || Number(b.isGuaranteed) - Number(a.isGuaranteed));
    waiting.clear();
    for (const it of all) it.wake();
  };
  return {
    set(uid, requests) {
      const isNew = !given.has(uid);
      given.set(uid, requests);
      if (!isNew) wakeAll();
    },
    release(uid) {
      waiting.delete(uid);
      if (given.delete(uid)) wakeAll();
    },
    others: (uid) => [...given].filter(([it]) => it !== uid).map(([, requests]) => requests),
    onceFree: (uid, waiter) => void waiting.set(uid, waiter),
  };
}
