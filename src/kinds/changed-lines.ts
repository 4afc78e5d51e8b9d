/** Lines before and behind what changed. */
const context = 3;

const linesOf = (value: unknown): string[] => JSON.stringify(value, null, 1).split('\n');

/** What has become of a value, as `diff -u` shows it of its JSON; only the first place to the last, in one piece. */
export function changedLines(was: unknown, now: unknown): string {
  const [before, after] = [linesOf(was), linesOf(now)];
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let same = 0;
  while (same < Math.min(before.length, after.length) - start && before.at(-1 - same) === after.at(-1 - same)) same++;
  const from = Math.max(0, start - context);
  const [end, endAfter] = [before.length - same, after.length - same];
  const tail = before.slice(end, end + context);
  return [
    `@@ -${from + 1},${end + tail.length - from} +${from + 1},${endAfter + tail.length - from} @@`,
    ...before.slice(from, start).map((it) => ` ${it}`),
    ...before.slice(start, end).map((it) => `-${it}`),
    ...after.slice(start, endAfter).map((it) => `+${it}`),
    ...tail.map((it) => ` ${it}`),
    '',
  ].join('\n');
}
