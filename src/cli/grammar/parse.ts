import { parseDuration } from './duration.ts';
import { type FlagSpec, type FlagSpecs, kebab } from './flags.ts';

/** What a command line says. `dash` is how many arguments stood before a lone `--`; undefined when there was none. */
export type Line = { flags: Record<string, unknown>; args: string[]; dash: number | undefined };

/** A command line that is not in the grammar of its verb. */
export class GrammarError extends Error {
  override readonly name = 'GrammarError';
}

type Known = { name: string; spec: FlagSpec };

/** Reads flags and arguments in any order, as pflag does. Fails with a GrammarError in pflag's words. */
export function parseLine(words: readonly string[], specs: FlagSpecs): Line {
  const long = new Map<string, Known>(Object.entries(specs).map(([name, spec]) => [kebab(name), { name, spec }]));
  const short = new Map<string, Known>([...long.values()].flatMap((it) => (it.spec.short ? [[it.spec.short, it] as const] : [])));
  const line: Line = { flags: {}, args: [], dash: undefined };
  const rest = [...words];
  const put = (known: Known, value: string): void => {
    line.flags[known.name] = read(known, value, line.flags[known.name]);
  };
  const takeLong = (word: string): void => {
    const [name = '', value] = splitOnce(word.slice(2));
    const known = long.get(name);
    if (name === 'help') line.flags.help = true;
    else if (!known) throw new GrammarError(`unknown flag: --${name}`);
    else if (value !== undefined) put(known, value);
    else if (bareOf(known.spec) !== undefined) put(known, bareOf(known.spec) as string);
    else if (rest.length > 0) put(known, rest.shift() as string);
    else throw new GrammarError(`flag needs an argument: --${name}`);
  };
  const takeShort = (word: string): void => {
    for (let letters = word.slice(1); letters !== ''; ) {
      const letter = letters[0] as string;
      const known = short.get(letter);
      const after = letters.slice(1);
      if (!known && letter === 'h') {
        line.flags.help = true;
        letters = after;
        continue;
      }
      if (!known) throw new GrammarError(`unknown shorthand flag: '${letter}' in -${letters}`);
      if (after.startsWith('=')) put(known, after.slice(1));
      else if (bareOf(known.spec) !== undefined) {
        put(known, bareOf(known.spec) as string);
        letters = after;
        continue;
      } else if (after !== '') put(known, after);
      else if (rest.length > 0) put(known, rest.shift() as string);
      else throw new GrammarError(`flag needs an argument: '${letter}' in -${letters}`);
      return;
    }
  };
  while (rest.length > 0) {
    const word = rest.shift() as string;
    if (word === '--') {
      line.dash = line.args.length;
      line.args.push(...rest);
      break;
    }
    if (word.startsWith('--')) takeLong(word);
    else if (word.startsWith('-') && word !== '-') takeShort(word);
    else line.args.push(word);
  }
  return line;
}

const bareOf = (spec: FlagSpec): string | undefined => spec.bare ?? (spec.type === 'switch' ? 'true' : undefined);

function splitOnce(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function read(known: Known, value: string, before: unknown): unknown {
  const quoted = JSON.stringify(value);
  const refuse = (why: string): never => {
    const name = `${known.spec.short ? `-${known.spec.short}, ` : ''}--${kebab(known.name)}`;
    throw new GrammarError(`invalid argument ${quoted} for "${name}" flag: ${why}`);
  };
  switch (known.spec.type) {
    case 'switch':
      if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
      if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
      return refuse(`strconv.ParseBool: parsing ${quoted}: invalid syntax`);
    case 'number':
      return /^[+-]?\d+$/.test(value) ? Number(value) : refuse(`strconv.ParseInt: parsing ${quoted}: invalid syntax`);
    case 'duration':
      return parseDuration(value) ?? refuse(spanFault(value, quoted));
    case 'texts':
      return [...((before as string[] | undefined) ?? []), ...value.split(',')];
    case 'lines':
      return [...((before as string[] | undefined) ?? []), value];
    case 'text':
      return value;
  }
}

const spanFault = (value: string, quoted: string): string =>
  /^[+-]?\d+(\.\d*)?$/.test(value) ? `time: missing unit in duration ${quoted}` : `time: invalid duration ${quoted}`;
