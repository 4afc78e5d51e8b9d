/** Keys sorted by bytes, as Go writes maps. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return Object.fromEntries(
    keys
      .filter((it) => (value as Record<string, unknown>)[it] !== undefined)
      .map((it) => [it, sorted((value as Record<string, unknown>)[it])]),
  );
}

const escaped = (json: string): string =>
  json.replace(/[<>&\u2028\u2029]/g, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** JSON on one line as Go's encoder writes it. */
export const goJson = (value: unknown): string => escaped(JSON.stringify(sorted(value)));

/** As `-o json` shows it: four blanks, and nothing escaped that need not be. */
export const prettyJson = (value: unknown): string => `${emptyTogether(JSON.stringify(sorted(value), undefined, 4))}\n`;

const emptyTogether = (json: string): string => json;
