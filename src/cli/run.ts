import { StatusError } from '../meta/status-error.ts';
import { type Command, CommandError, type Flags, type Given, messageOf } from './command.ts';
import { commands } from './commands/index.ts';
import type { ClusterEdge, Edges, Settings } from './edges.ts';
import { rememberedSettings } from './files.ts';
import { type Io, processIo } from './io.ts';
import { parse, similarTo } from './parse.ts';
import type { section } from './verbs/help.ts';
import type { Verb } from './verbs/verb.ts';

const about = 'Kubernetes on plain Docker, in one process.';

/** What the system answers when it may not, or has no room. */
const worldly = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EMFILE'];

/** Faults that are the user's or the world's: their message is enough. */
const isExpected = (error: unknown): boolean =>
  error instanceof CommandError ||
  error instanceof StatusError ||
  (error instanceof Error && ['ConfigError', 'KustomizationError'].includes(error.name)) ||
  worldly.includes((error as NodeJS.ErrnoException).code ?? '');

/** Runs a command line; resolves with the exit code, having printed what went wrong. */
export async function runCli(argv: readonly string[], edges: Edges, io: Io = processIo()): Promise<number> {
  // Without kubectl's grammar, which is most of the CLI: the control plane starts sooner, and stays smaller.
  if (commands.some((it) => it.name === argv[0])) return runCommand(argv, edges, io);
  const { completeLine, findVerb, firstWord, runVerb, section, verbs } = await import('./verbs/index.ts');
  if (argv[0] === '__complete') {
    // Not part of the help: shells ask it.
    const words = argv.slice(argv[1] === '--' ? 2 : 1);
    for (const it of await completeLine(
      words,
      verbs,
      commands.map(({ name }) => name),
      edges,
      io,
    ))
      io.print(it);
    return 0;
  }
  const found = findVerb(argv, verbs);
  if (found) return runVerb(found, edges, io);
  const word = argv[firstWord(argv)];
  if (argv.length === 0 || word === 'help' || (word === undefined && ['-h', '--help'].includes(argv[0] as string))) {
    io.write(overview(verbs, section));
    return 0;
  }
  if (word !== undefined && !commands.some((it) => it.name === word)) {
    io.tell(`error: unknown command ${JSON.stringify(word)} for "peapod"${similarTo(word, [...commands, ...verbs])}`);
    return 1;
  }
  return runCommand(argv, edges, io);
}

async function runCommand(argv: readonly string[], edges: Edges, io: Io): Promise<number> {
  try {
    const parsed = parse(argv, commands, edges.settings, about);
    if ('help' in parsed) {
      io.write(parsed.help);
      return 0;
    }
    const { command, flags, settings } = parsed;
    return await command.run({ flags: flags as Given<Flags>, settings, edges, io, cluster: () => clusterOf(command, settings, edges) });
  } catch (error) {
    io.tell(`error: ${messageOf(error)}`);
    // Whoever reports what nobody foresaw needs the place.
    if (!isExpected(error) && error instanceof Error && error.stack) io.tell(error.stack.split('\n').slice(1).join('\n'));
    return 1;
  }
}

const overview = (verbs: readonly Verb[], toSection: typeof section): string =>
  [
    about,
    'Usage:\n  peapod <command> [flags]',
    toSection(
      'The cluster',
      commands.map((it) => [it.name, it.summary]),
    ),
    toSection(
      "Objects in it, in kubectl's grammar",
      verbs.filter((it) => !it.hidden).map((it) => [it.name, it.summary]),
    ),
    'Use "peapod <command> --help" for more about a command.\n',
  ].join('\n\n');

/** Commands about a cluster that there is find it as it was last run; what is typed goes before. */
async function clusterOf(command: Command, given: Settings, edges: Edges): Promise<ClusterEdge> {
  const edge = await edges.cluster(given);
  if (command.settings !== 'which') return edge;
  const remembered = await rememberedSettings(edge.dataDir);
  return remembered ? edges.cluster({ ...remembered, ...given }) : edge;
}
