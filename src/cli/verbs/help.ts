import { type FlagSpec, type FlagSpecs, globalFlags, kebab } from '../grammar/flags.ts';
import type { Verb } from './verb.ts';

/** The text of `--help`. */
export function helpOf(verb: Verb, path: string): string {
  const { children = [], flags } = verb;
  const parts = [`${verb.summary}.`];
  if (children.length > 0)
    parts.push(
      section(
        'Available Commands',
        children.filter((it) => !it.hidden).map((it) => [it.name, it.summary]),
      ),
    );
  parts.push(`Usage:\n  peapod ${path} ${verb.usage}`);
  const own = linesOf(flags);
  if (own.length > 0) parts.push(section('Flags', own));
  parts.push(section('Flags of every verb', linesOf(globalFlags)));
  return `${parts.join('\n\n')}\n`;
}

const linesOf = (flags: FlagSpecs): Array<[string, string]> =>
  Object.entries(flags)
    .filter(([, it]) => !it.hidden)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, it]) => [flagText(name, it), it.summary]);

const flagText = (name: string, { short, type, bare }: FlagSpec): string =>
  `${short ? `-${short}, ` : '    '}--${kebab(name)}${type === 'switch' ? '' : bare === undefined ? ` <${type}>` : `[=<${type}>]`}`;

/** A headline and two columns. */
export function section(title: string, rows: ReadonlyArray<readonly [string, string]>): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return [`${title}:`, ...rows.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`)].join('\n');
}
