import { StatusError } from '../meta/status-error.ts';
import { type Command, CommandError, type Flags, type Given, messageOf } from './command.ts';
import { commands } from './commands/index.ts';
import type { ClusterEdge, Edges, Settings } from './edges.ts';
import { rememberedSettings } from './files.ts';
import { type Io, processIo } from './io.ts';
import { parse } from './parse.ts';

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

/** Commands about a cluster that there is find it as it was last run; what is typed goes before. */
async function clusterOf(command: Command, given: Settings, edges: Edges): Promise<ClusterEdge> {
  const edge = await edges.cluster(given);
  if (command.settings !== 'which') return edge;
  const remembered = await rememberedSettings(edge.dataDir);
  return remembered ? edges.cluster({ ...remembered, ...given }) : edge;
}
