import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';

export type Background = {
  pid: number;
  /** How it ended, if it has: an exit code or a signal. */
  ended(): string | undefined;
  /** From now on this process does not wait for it. */
  leave(): void;
};

/** Runs this program again with other arguments, apart from this terminal; what it writes goes to the end of `logFile`. */
export async function startInBackground(args: readonly string[], logFile: string): Promise<Background> {
  const log = await open(logFile, 'a', 0o600);
  try {
    const program = [...process.execArgv, process.argv[1] as string, ...args];
    const child = spawn(process.execPath, program, { detached: true, stdio: ['ignore', log.fd, log.fd] });
    let ended: string | undefined;
    child.once('exit', (code, signal) => {
      ended = signal ? `signal ${signal}` : `exit code ${code}`;
    });
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    return { pid: child.pid as number, ended: () => ended, leave: () => child.unref() };
  } finally {
    await log.close();
  }
}
