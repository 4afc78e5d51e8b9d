/** Go's form of a span in milliseconds: 250ms, 10s, 1m20.5s, 5m0s. */
export function goDuration(span: number): string {
  const total = span / 1_000;
  if (span > 0 && total < 1) return `${span}ms`;
  if (total < 60) return `${total}s`;
  const hours = Math.floor(total / 3600);
  const rest = `${Math.floor((total % 3600) / 60)}m${(span % 60_000) / 1_000}s`;
  return hours > 0 ? `${hours}h${rest}` : rest;
}
