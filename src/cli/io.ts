import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../lib/clock.ts';

/** What is piped or typed in; a terminal can be switched to hand over every key. */
export type Input = Readable & { isTTY?: boolean; setRawMode?(on: boolean): unknown };

/** What a command writes to and waits for: the terminal, time, and the user's Ctrl-C. */
export type Io = {
  /** A line of the result, without the line break. */
  print(line: string): void;
  /** A line that is no result: a fault, a remark. */
  tell(line: string): void;
  /** Plain text where `print` writes: cursor movements, documents. */
  write(text: string): void;
  /** Standard input, asked for by what reads it. */
  input(): Input;
  /** Where `write` and `tell` go, for bytes and with back-pressure. */
  output: Writable;
  faults: Writable;
  /** A person looks at it. */
  isTerminal: boolean;
  columns(): number;
  rows(): number;
  /** Unlike the parts' clock, this one keeps the process alive while something waits for it. */
  clock: Clock;
  /** Aborts at SIGINT or SIGTERM. Asked for by commands that end in an orderly way; others are ended at once. */
  interrupted(): AbortSignal;
};

const waitingClock: Clock = {
  now: () => Date.now(),
  schedule(after, run) {
    const timer = setTimeout(run, after);
    return () => clearTimeout(timer);
  },
};

/** The terminal this process was started from. */
export function processIo(): Io {
  let interruption: AbortController | undefined;
  // A reader that went away (`peapod status | head -1`) is no fault.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return {
    print: (line) => void process.stdout.write(`${line}\n`),
    tell: (line) => void process.stderr.write(`${line}\n`),
    write: (text) => void process.stdout.write(text),
    input: () => process.stdin,
    output: process.stdout,
    faults: process.stderr,
    isTerminal: process.stdout.isTTY === true,
    // A terminal that does not know its size says 0.
    columns: () => process.stdout.columns || 80,
    rows: () => process.stdout.rows || 24,
    clock: waitingClock,
    interrupted() {
      if (!interruption) {
        const controller = new AbortController();
        for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
        interruption = controller;
      }
      return interruption.signal;
    },
  };
}
