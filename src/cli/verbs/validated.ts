import { CommandError } from '../command.ts';
import type { Io } from '../io.ts';
import { type Manifest, NotAnObject } from '../manifests/index.ts';
import { type FileArgs, readFiles } from '../resources/read-files.ts';

export type Validation = 'Strict' | 'Warn' | 'Ignore';

/** Reads --validate; strict unless something else is said. Fails with a CommandError. */
export function validationOf(given: string | undefined): Validation {
  switch (given) {
    case undefined:
    case 'strict':
    case 'true':
      return 'Strict';
    case 'warn':
      return 'Warn';
    case 'ignore':
    case 'false':
      return 'Ignore';
    default:
      throw new CommandError(
        `invalid - validate option ${JSON.stringify(given)}; must be one of: strict (or true), warn, ignore (or false)`,
      );
  }
}

/** The objects that -f and -k name, for verbs that check them before they send them. */
export async function readValidated(given: FileArgs, io: Io): Promise<Manifest[]> {
  try {
    return await readFiles(given, io.input(), (it) => io.tell(`# Warning: ${it}`));
  } catch (cause) {
    if (!(cause instanceof NotAnObject)) throw cause;
    const missing = cause.missing.map((it) => `${it} not set`);
    throw new CommandError(
      `error validating ${JSON.stringify(cause.from)}: error validating data: ${missing.length > 1 ? `[${missing.join(', ')}]` : missing[0]}; if you choose to ignore these errors, turn validation off with --validate=false`,
      { cause },
    );
  }
}
