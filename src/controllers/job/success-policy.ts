import { type batch, type Indexes, mergeIndexes, readIndexes, totalOf } from '../../kinds/index.ts';

/** What to say when a rule is met by the indexes that succeeded; undefined when none is (KEP-3998). */
export function metRule({ successPolicy, completions = 0 }: batch.JobSpec, succeeded: Indexes): string | undefined {
  if (!successPolicy || succeeded.length === 0) return undefined;
  const met = successPolicy.rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && totalOf(succeeded) >= succeededCount;
    const wanted = readIndexes(succeededIndexes, completions);
    if (wanted.length === 0) return false;
    const have = overlap(wanted, succeeded);
    return have === totalOf(wanted) || (succeededCount !== undefined && have >= succeededCount);
  });
  return met < 0 ? undefined : `Matched rules at index ${met}`;
}

/** How many are in both. */
const overlap = (a: Indexes, b: Indexes): number => totalOf(a) + totalOf(b) - totalOf(mergeIndexes(a, b));
