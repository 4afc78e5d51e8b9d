/** Go's form of a span in milliseconds: 250ms, 10s, 1m20.5s, 5m0s. */
export function goDuration(span: number): string {
  const total = span / 1_000;
  if (span > 0 && total < 1) return `${span}ms`;
  if (total < 60) return `${total}s`;
  const hours = Math.floor(total / 3600);
  const rest = `${Math.floor((total % 3600) / 60)}m${(span % 60_000) / 1_000}s`;
  return hours > 0 ? `${hours}h${rest}` : rest;
}

const unit: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a span in Go's form; undefined when it is none. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, amount, name]) => sum + Number(amount) * (unit[name as string] as number),
    0,
  );
}
