/** Runs a program that takes a while, and shows that it does: the seconds on a terminal, a line now and then elsewhere. */
import { spawn } from 'node:child_process';

/** How much of the output is shown when it fails. */
const lastLines = 25;

/**
 * Resolves when the program has ended well, else fails with its last words. Its output is kept back. It has no input:
 * nothing may wait for an answer that nobody gives.
 */
export async function running(what, command, args, options = {}) {
  const began = Date.now();
  const seconds = () => Math.floor((Date.now() - began) / 1_000);
  const isTerminal = process.stdout.isTTY === true;
  let line = '';
  const show = () => {
    const text = `… ${what} (${seconds()} s)`;
    if (isTerminal) process.stdout.write(`\r\x1b[K${`${text}  ${line}`.slice(0, (process.stdout.columns || 80) - 1)}`);
    else if (seconds() === 1 || seconds() % 15 === 0) process.stdout.write(`${text}\n`);
  };
  const timer = setInterval(show, 1_000);
  try {
    const { failed, output } = await ended(command, args, options, (text) => {
      line =
        text
          .trim()
          .split(/[\r\n]+/)
          .at(-1) ?? '';
    });
    if (isTerminal) process.stdout.write('\r\x1b[K');
    if (failed)
      throw new Error(
        `${what} has failed (${command} ${args.join(' ')}: ${failed})\n${output.trimEnd().split('\n').slice(-lastLines).join('\n')}`,
      );
    process.stdout.write(`✓ ${what}: done in ${((Date.now() - began) / 1_000).toFixed(1)} s\n`);
  } finally {
    clearInterval(timer);
  }
}

function ended(command, args, options, onText) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-100_000);
        onText(text);
      });
    }
    child.once('error', (error) => reject(new Error(`${command} cannot be run: ${error.message}`)));
    child.once('close', (code, signal) =>
      resolve({ failed: code === 0 ? undefined : signal ? `signal ${signal}` : `exit code ${code}`, output }),
    );
  });
}
