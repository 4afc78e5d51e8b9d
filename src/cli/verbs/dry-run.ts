import { CommandError } from '../command.ts';

export type DryRun = 'none' | 'client' | 'server';

/** Reads --dry-run. Fails with a CommandError. */
export function dryRunOf(given: string | undefined): DryRun {
  switch (given) {
    case undefined:
    case 'none':
    case 'false':
      return 'none';
    case 'client':
    case 'server':
      return given;
    case 'unchanged':
      throw new CommandError(`Invalid dry-run value (unchanged). Must be "none", "server", or "client".`);
    default:
      throw new CommandError(`Invalid dry-run value (${given}). Must be "none", "server", or "client".`);
  }
}

export const dryRunNote = (it: DryRun): string => (it === 'client' ? ' (dry run)' : it === 'server' ? ' (server dry run)' : '');
