/**
 * Calls `run` so many times in batches of 1, 2, 4, …; a failure ends it after its batch, so that what is bound to fail
 * (a quota, a bad template) is not tried hundreds of times at once. Resolves with the first failure, if there was one.
 */
export async function slowStart(times: number, run: () => Promise<void>): Promise<unknown> {
  for (let left = times, size = 1; left > 0; left -= size, size = Math.min(2 * size, left)) {
    const results = await Promise.allSettled(Array.from({ length: size }, run));
    const failed = results.find((it) => it.status === 'rejected');
    if (failed) return failed.reason ?? new Error('failed without a reason');
  }
  return undefined;
}
