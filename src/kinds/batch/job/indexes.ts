/** Indexes of a job, as the API writes them: `1,3-5,7`. In order, without overlap or touch. */
export type Indexes = ReadonlyArray<readonly [first: number, last: number]>;

export const totalOf = (indexes: Indexes): number => indexes.reduce((sum, [first, last]) => sum + last - first + 1, 0);

export const hasIndex = (indexes: Indexes, index: number): boolean => indexes.some(([first, last]) => first <= index && index <= last);

/** The union of both. */
export function mergeIndexes(a: Indexes, b: Indexes): Indexes {
  const merged: Array<[number, number]> = [];
  for (const [first, last] of [...a, ...b].sort((x, y) => x[0] - y[0])) {
    const before = merged.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

export const withIndexes = (indexes: Indexes, more: Iterable<number>): Indexes =>
  mergeIndexes(
    indexes,
    [...more].map((it) => [it, it] as const),
  );

/** Two neighbours stand side by side, three and more are a range. */
export const showIndexes = (indexes: Indexes): string =>
  indexes.map(([first, last]) => (first === last ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`)).join(',');

/** What can be read of `text`, below `completions`; what cannot is left out. */
export function readIndexes(text: string | undefined, completions: number): Indexes {
  const read: Array<[number, number]> = [];
  for (const part of text ? text.split(',') : []) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!match) continue;
    const first = Number(match[1]);
    if (first >= completions) break;
    read.push([first, Math.min(match[2] === undefined ? first : Number(match[2]), completions - 1)]);
  }
  return mergeIndexes(read, []);
}

/** The first `count` of all indexes below `completions` that are not among these. */
export function firstFree(indexes: Indexes, count: number, completions: number): number[] {
  const free: number[] = [];
  let candidate = 0;
  for (const [first, last] of [...indexes, [completions, completions] as const]) {
    for (; candidate < first && candidate < completions && free.length < count; candidate++) free.push(candidate);
    candidate = Math.max(candidate, last + 1);
  }
  return free;
}

/** Why a list of indexes cannot be read; undefined when it can (pkg/apis/batch/validation, validateIndexesFormat). */
export function indexListFault(text: string, completions: number): string | undefined {
  let before = -1;
  for (const part of text === '' ? [] : text.split(',')) {
    const limits = part.split('-');
    if (limits.length > 2)
      return `the fragment "${part}" violates the requirement that an index interval can have at most two parts separated by '-'`;
    for (const limit of limits) if (!/^[+-]?\d{1,18}$/.test(limit)) return `cannot convert string to integer for index: "${limit}"`;
    const [first, last] = [Number(limits[0]), limits[1] === undefined ? undefined : Number(limits[1])];
    if (first >= completions) return `too large index: "${limits[0]}"`;
    if (before >= first) return `non-increasing order, previous: ${before}, current: ${first}`;
    before = first;
    if (last === undefined) continue;
    if (last >= completions) return `too large index: "${limits[1]}"`;
    if (first >= last) return `non-increasing order, previous: ${first}, current: ${last}`;
    before = last;
  }
  return undefined;
}
