import { spawn } from 'node:child_process';

/** Programs of the host that change its kernel's tables. */
export interface Programs {
  /**
   * Runs `nft -f -`; fails with its words. `onStart` hears the process's number before the kernel hears anything. A trial
   * changes nothing.
   */
  nft(batch: string, options?: { onStart?: (pid: number) => void; isTrial?: boolean }): Promise<void>;
  /** Resolves with standard output; fails with the program's words. */
  run(program: string, ...args: string[]): Promise<string>;
}

export const programs: Programs = {
  async nft(batch, { onStart, isTrial = false } = {}) {
    await start('nft', [...(isTrial ? ['-c'] : []), '-f', '-'], batch, onStart);
  },
  run: (program, ...args) => start(program, args),
};

/** Longer than the largest batch takes on a busy machine; what hangs must not hold up services for ever. */
const patience = 30_000;

function start(program: string, args: readonly string[], input = '', onStart?: (pid: number) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { timeout: patience, killSignal: 'SIGKILL' });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (it: Buffer) => stdout.push(it));
    child.stderr.on('data', (it: Buffer) => stderr.push(it));
    child.on('error', (cause) => reject(new Error(`${program} cannot be run: ${cause.message}`, { cause })));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(stdout).toString());
      else reject(new Error(`${program} ${args.join(' ')}: ${firstLines(stderr) || `ended with ${code ?? signal}`}`));
    });
    // A program that ended early tells why by its exit code.
    child.stdin.on('error', () => {});
    if (child.pid !== undefined) onStart?.(child.pid);
    child.stdin.end(input);
  });
}

const firstLines = (output: readonly Buffer[]): string =>
  Buffer.concat(output).toString().trim().split('\n').slice(0, 2).join(' ').slice(0, 400);
