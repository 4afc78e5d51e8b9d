import type { Edges } from '../edges.ts';
import { type FlagSpecs, type FlagValues, type Globals, globalFlags, kebab } from '../grammar/flags.ts';
import { GrammarError, parseLine } from '../grammar/parse.ts';
import { CommandError, messageOf } from '../command.ts';
import { ExitWith, told } from '../faults.ts';
import type { Io } from '../io.ts';
import { helpOf } from './help.ts';
import { openSession, type Session } from './session.ts';
import type { Verb } from './verb.ts';

export type FoundVerb = { verb: Verb; path: string; rest: string[] };

/** The verb a command line begins with, global flags before it skipped; undefined when it is none of these. */
export function findVerb(argv: readonly string[], verbs: readonly Verb[], above = ''): FoundVerb | undefined {
  const at = firstWord(argv);
  const word = argv[at];
  const found = word === undefined ? undefined : verbs.find((it) => it.name === word || it.aliases?.includes(word));
  if (!found) return undefined;
  const rest = argv.filter((_, i) => i !== at);
  const path = above ? `${above} ${found.name}` : found.name;
  return (found.children && findVerb(rest, found.children, path)) || { verb: found, path, rest };
}

/** Where the first word stands that is neither a global flag nor its value. */
export function firstWord(argv: readonly string[]): number {
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] as string;
    if (word === '--') return argv.length;
    if (!word.startsWith('-')) return at;
    if (!word.includes('=') && takesValue(word)) at++;
  }
  return argv.length;
}

const takesValue = (word: string): boolean =>
  Object.entries(globalFlags).some(
    ([name, spec]) => spec.type !== 'switch' && (word === `--${kebab(name)}` || ('short' in spec && word === `-${spec.short}`)),
  );

/** Runs a verb; resolves with the exit code, having told what went wrong in kubectl's words. */
export async function runVerb({ verb, path, rest }: FoundVerb, edges: Edges, io: Io): Promise<number> {
  let session: Session | undefined;
  try {
    const specs: FlagSpecs = { ...globalFlags, ...verb.flags };
    const { flags, args, dash } = parseLine(rest, specs);
    if (flags.help || !verb.run) {
      if (!verb.run && args.length > 0 && !flags.help)
        throw new CommandError(`unknown command ${JSON.stringify(args[0])}\nSee 'peapod ${path} -h' for help and examples`);
      io.write(helpOf(verb, path));
      return flags.help ? 0 : 1;
    }
    const missing = Object.entries(specs).filter(([name, spec]) => spec.required && flags[name] === undefined);
    if (missing.length > 0) throw new CommandError(`required flag(s) ${missing.map(([name]) => `"${kebab(name)}"`).join(', ')} not set`);
    const values = flags as FlagValues;
    // A flag of the verb's own is none of those that say where the cluster is: `create rolebinding --user`.
    const globals: Globals = Object.fromEntries(Object.entries(flags).filter(([name]) => !(name in verb.flags)));
    const code = await verb.run({
      flags: values,
      globals,
      args,
      dash,
      io,
      edges,
      session: () => (session ??= openSession(globals, edges, io)),
    });
    const warned = session?.warned() ?? 0;
    if (code === 0 && flags.warningsAsErrors && warned > 0) throw new CommandError(`${warned} warning${warned > 1 ? 's' : ''} received`);
    return code;
  } catch (error) {
    return fail(error, { verb, path }, io);
  } finally {
    session?.close();
  }
}

function fail(error: unknown, { verb, path }: Pick<FoundVerb, 'verb' | 'path'>, io: Io): number {
  if (error instanceof ExitWith) return error.code;
  const text = told(error);
  if (error instanceof GrammarError) {
    io.tell(`${text}\nSee 'peapod ${path} ${verb.misuse ? "-h' for help and examples" : "--help' for usage."}`);
    return verb.misuse ?? 1;
  }
  if (text !== undefined) io.tell(text);
  else {
    io.tell(`error: ${messageOf(error)}`);
    // Whoever reports what nobody foresaw needs the place.
    if (error instanceof Error && error.stack && !(error as NodeJS.ErrnoException).code)
      io.tell(error.stack.split('\n').slice(1).join('\n'));
  }
  return 1;
}
