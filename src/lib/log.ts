import { pino } from 'pino';

/** Facts that go with a log sentence. */
export type Facts = Record<string, unknown>;

/** A log line is a fixed sentence plus facts. */
export interface Log {
  debug(sentence: string, facts?: Facts): void;
  info(sentence: string, facts?: Facts): void;
  warn(sentence: string, facts?: Facts): void;
  error(sentence: string, facts?: Facts): void;
  /** A log whose lines also carry `facts`. */
  with(facts: Facts): Log;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

type Sink = { [level in 'debug' | 'info' | 'warn' | 'error']: (facts: Facts, sentence: string) => void } & {
  child(facts: Facts): Sink;
};

/** Writes JSON lines to the standard error stream, or to `file`. */
export function createLog(level: LogLevel, file?: string): Log {
  const destination = pino.destination({ dest: file ?? 2, sync: file === undefined, mkdir: true });
  return wrap(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination));
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silentLog };

function wrap(sink: Sink): Log {
  const line =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (sentence: string, facts: Facts = {}): void =>
      sink[level](facts, sentence);
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: (facts) => wrap(sink.child(facts)),
  };
}
