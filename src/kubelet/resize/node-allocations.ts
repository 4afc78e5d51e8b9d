type Amounts = { [name: string]: string };

/** What all pods of the node have been given, for who wants more. */
export type NodeAllocations = {
  set(uid: string, requests: Amounts): void;
  /** The pod has ended: what it had is free. */
  release(uid: string): void;
  /** All but `uid`'s. */
  others(uid: string): Amounts[];
  /** Calls `wake` once when something has become free. */
  onceFree(uid: string, wake: () => void): void;
};

export function createNodeAllocations(): NodeAllocations {
  const given = new Map<string, Amounts>();
  const waiting = new Map<string, () => void>();
  const wakeAll = (): void => {
    const all = [...waiting.values()];
    waiting.clear();
    for (const wake of all) wake();
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
    onceFree: (uid, wake) => void waiting.set(uid, wake),
  };
}
