import { StatusError } from '../meta/status-error.ts';
import { CommandError } from './command.ts';
import { GrammarError } from './grammar/parse.ts';

/** A fault that is told as it stands, without `error: ` before it. */
export class PlainFault extends Error {
  override readonly name = 'PlainFault';
}

/** Several faults of one command: each is told on a line of its own. */
export class ManyFaults extends Error {
  override readonly name = 'ManyFaults';
  readonly faults: readonly unknown[];
  constructor(faults: readonly unknown[]) {
    super(faults.map((it) => (it instanceof Error ? it.message : String(it))).join('\n'));
    this.faults = faults;
  }
}

/** A fault of the server, with what was being done: `error when creating "a.yaml"`. */
export class WhileDoing extends Error {
  override readonly name = 'WhileDoing';
  readonly what: string;
  constructor(what: string, cause: unknown) {
    super(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.what = what;
  }
}

/** The command ends with this code and has told why, or need not. */
export class ExitWith extends Error {
  override readonly name = 'ExitWith';
  readonly code: number;
  constructor(code: number) {
    super(`exit code ${code}`);
    this.code = code;
  }
}

/** No server listens there. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** Collects what fails while the rest goes on. */
export async function eachAttempted<T>(items: Iterable<T>, act: (item: T) => Promise<void>): Promise<void> {
  const faults: unknown[] = [];
  for (const item of items) {
    try {
      await act(item);
    } catch (error) {
      faults.push(error);
    }
  }
  throwAll(faults);
}

export function throwAll(faults: readonly unknown[]): void {
  if (faults.length === 1) throw faults[0];
  if (faults.length > 1) throw new ManyFaults(faults);
}

/** Fails with a CommandError, whose message is told after `error: `. */
export function refuse(message: string): never {
  throw new CommandError(message);
}

/** What kubectl prints of a fault (cmd/util/helpers.go); undefined for one that nobody foresaw. */
export function told(error: unknown): string | undefined {
  if (error instanceof ManyFaults) return error.faults.map((it) => told(it) ?? `error: ${(it as Error).message}`).join('\n');
  if (error instanceof PlainFault || error instanceof Unreachable) return error.message;
  if (error instanceof StatusError) return ofStatus(error, '');
  if (error instanceof WhileDoing)
    return error.cause instanceof StatusError ? ofStatus(error.cause, `${error.what}: `) : `error: ${error.message}`;
  if (error instanceof CommandError || error instanceof GrammarError) return `error: ${error.message}`;
  return undefined;
}

function ofStatus(error: StatusError, doing: string): string {
  const { reason, message, details, code } = error;
  if (reason === 'Invalid') return ofInvalid(error, doing);
  if (reason === 'Unauthorized') return `error: You must be logged in to the server (${doing}${message})`;
  const named = code === 501 ? '' : ` (${reason})`;
  if (doing === '' && reason === 'InternalError' && !details) return `Error from server${named}: ${message}`;
  return `Error from server${named}: ${doing}${message}`;
}

function ofInvalid({ message, details }: StatusError, doing: string): string {
  if (!details) return `${doing}The request is invalid${message ? `: ${message}` : ''}`;
  const causes = details.causes ?? [];
  const isNamed = Boolean(details.kind || details.name);
  const start = isNamed
    ? `${doing}The ${details.kind ?? ''} ${JSON.stringify(details.name ?? '')} is invalid`
    : `${doing}The request is invalid${causes.length === 0 && message ? `: ${message}` : ''}`;
  const each = causes.map((it) => (it.field ? `${it.field}: ${it.message ?? ''}` : (it.message ?? '')));
  const unique = [...new Set(each)];
  if (unique.length === 0) return start;
  return unique.length === 1 ? `${start}: ${unique[0]}` : `${start}: \n${unique.map((it) => `* ${it}`).join('\n')}`;
}
