const signals: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT, an interruption',
  3: 'SIGQUIT',
  4: 'SIGILL: an instruction this processor does not know',
  6: 'SIGABRT: the program gave itself up',
  7: 'SIGBUS: memory that is not there',
  8: 'SIGFPE: a calculation without result',
  9: 'SIGKILL: it was ended by force, as when it does not stop in time or memory runs out',
  11: 'SIGSEGV: it reached for memory that is not its own',
  13: 'SIGPIPE: nobody reads what it writes',
  15: 'SIGTERM: it was asked to stop',
};

/** What an exit code says, in words: the shell's meanings, and 128 + n for signal n. */
export function exitCodeText(code: number): string {
  if (code === 0) return 'it ended by itself and without a fault';
  if (code === 126) return 'the command is there but cannot be executed';
  if (code === 127) return 'the command was not found';
  if (code === 128) return 'it could not be started';
  const signal = code > 128 && code < 160 ? code - 128 : undefined;
  if (signal !== undefined) return `ended by ${signals[signal] ?? `signal ${signal}`}`;
  return 'the program reports a fault of its own';
}
