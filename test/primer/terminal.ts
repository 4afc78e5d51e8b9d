import { spawn, spawnSync } from 'node:child_process';
import type { Result } from '../fixtures/cluster/kubectl.ts';

/** Whether there is util-linux's `script`, which gives a program a terminal. */
export const hasTerminals = spawnSync('script', ['--version'], { stdio: 'ignore' }).status === 0;

/** What a terminal is told beside text: colours, positions, titles. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they begin with
const controls = /\u001b(?:\[[0-9;?]*[A-Za-z]|\][^\u0007]*\u0007|[=>()][0-9A-B]?)/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const whereIsTheCursor = /\u001b\[6n/g;

/**
 * Runs a line at a pseudo terminal and types, one text each time that the prompt is seen. Resolves when it ends; what it
 * wrote comes without the terminal's own language.
 */
export function typeAtTerminal(
  line: string,
  prompt: RegExp,
  types: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', `stty rows 24 cols 80; ${line}`, '/dev/null'], {
      ...options,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: 60_000,
    });
    const left = [...types];
    let [all, sincePrompt, stderr] = ['', '', ''];
    child.stdout.on('data', (part: Buffer) => {
      all += part;
      // "Where is your cursor?": asked by programs that do not know the size yet. A terminal answers.
      for (const _ of part.toString().matchAll(whereIsTheCursor)) child.stdin.write('\u001b[1;80R');
      sincePrompt = (sincePrompt + part).replaceAll(controls, '');
      const next = left[0];
      if (next === undefined || !prompt.test(sincePrompt)) return;
      left.shift();
      sincePrompt = '';
      child.stdin.write(`${next}\r`);
    });
    child.stderr.on('data', (part: Buffer) => (stderr += part));
    // It may end before it has read everything.
    child.stdin.on('error', (error: NodeJS.ErrnoException) => error.code !== 'EPIPE' && reject(error));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 137, stdout: all.replaceAll(controls, ''), stderr }));
  });
}
