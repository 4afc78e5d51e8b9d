/** More trials than that are not made: who is still among suspects then is taken for one of them. */
const mostTrials = 64;

/** What is said against a table with what these owners want alone; undefined when nothing is. */
export type Trial = (owners: readonly string[]) => Promise<string | undefined>;

/**
 * Of those whose wishes the kernel does not take together, the ones it does not take even alone, each with what it says.
 * `suspects` are looked at first: all else may have been taken before. None when a table for nobody fails as well.
 */
export async function culpritsAmong(suspects: readonly string[], all: readonly string[], trial: Trial): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if ((await trial([])) !== undefined) return found;
  let trials = 0;
  async function look(owners: readonly string[]): Promise<void> {
    if (owners.length === 0) return;
    trials += 1;
    const message = await trial(owners);
    if (message === undefined) return;
    if (owners.length === 1 || trials >= mostTrials) {
      for (const it of owners) found.set(it, message);
      return;
    }
    const half = owners.length >> 1;
    await look(owners.slice(0, half));
    await look(owners.slice(half));
  }
  const known = new Set(all);
  await look(suspects.filter((it) => known.has(it)));
  if (found.size === 0) await look(all);
  return found;
}
