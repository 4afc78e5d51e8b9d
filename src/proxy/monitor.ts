import { type ChildProcess, spawn } from 'node:child_process';
import { type Clock, seconds } from '../lib/clock.ts';
import { backoff } from '../lib/backoff.ts';
import type { Log } from '../lib/log.ts';

type Deps = { clock: Clock; log: Log };

export type Monitor = { stop(): void };

/**
 * Runs a program that prints what changes, line by line, and starts it again when it ends (it does when the kernel has
 * more news than it can take). `onGap` is called after each such end: news may have been missed.
 */
export function monitor(
  command: readonly [string, ...string[]],
  onLine: (line: string) => void,
  onGap: () => void,
  { clock, log }: Deps,
): Monitor {
  let child: ChildProcess | undefined;
  let isStopped = false;
  let failures = 0;
  let cancel = (): void => {};

  function start(): void {
    const [program, ...args] = command;
    const began = clock.now();
    const started = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    // It ends with us whatever happens, and does not keep us.
    started.unref();
    child = started;
    let rest = '';
    started.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    const onEnd = (): void => {
      if (isStopped || child !== started) return;
      child = undefined;
      failures = clock.now() - began > seconds(30) ? 0 : failures + 1;
      log.warn('a monitor of the kernel ended and is started again', { command: command.join(' ') });
      cancel = clock.schedule(backoff(failures, seconds(0.5), seconds(60)), () => {
        start();
        onGap();
      });
    };
    started.on('error', onEnd);
    started.on('close', onEnd);
  }

  start();
  return {
    stop() {
      isStopped = true;
      cancel();
      child?.kill('SIGKILL');
    },
  };
}
