import type { Reference } from './reference.ts';

/**
 * Where images of a registry, or of a path in it, can be had instead. A target is a path the rest of the name is
 * appended to; `{dotted}` in it stands for the rest with dots for slashes.
 */
export type Mirrors = ReadonlyArray<{ prefix: string; targets: readonly string[] }>;

/** The names an image has at its mirrors, in the order they are to be asked: those of the longest prefix that fits. */
export function namesAtMirrors({ registry, path, tag = 'latest', digest }: Reference, mirrors: Mirrors): string[] {
  const full = `${registry}/${path}`;
  const fitting = mirrors.filter(({ prefix }) => full === prefix || full.startsWith(`${prefix}/`));
  const longest = Math.max(0, ...fitting.map((it) => it.prefix.length));
  const rest = full.slice(longest + 1);
  const version = digest ? `@${digest}` : `:${tag}`;
  return fitting
    .filter((it) => it.prefix.length === longest)
    .flatMap((it) => it.targets)
    .map((target) => `${placed(target, rest)}${version}`);
}

function placed(target: string, rest: string): string {
  if (target.includes('{dotted}')) return target.replace('{dotted}', rest.replaceAll('/', '.'));
  return rest === '' ? target : `${target}/${rest}`;
}
