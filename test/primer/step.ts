/** One command line, and what must come of it. */
export type Step = {
  /** As it is typed. `kubectl` stands for the client under test. */
  line: string;
  /** Why it is typed though the primer does not have it; absent for the primer's own lines. */
  besides?: string;
  /** Variables of the shell, each the output of a command line that is run before. */
  given?: Readonly<Record<string, string>>;
  /** Typed on standard input. */
  input?: string;
  /** Run at a pseudo terminal: whenever the output ends in the prompt, the next of these is typed. */
  terminal?: { prompt: RegExp; types: readonly string[] };
  /** What standard output must look like. */
  shows?: readonly RegExp[];
  /** What standard error must look like. */
  tells?: readonly RegExp[];
  /** The exit code; 0 unless it is said. */
  ends?: number;
  /** Seconds in which it may be asked again until it shows that; without it the first answer counts. */
  within?: number;
  /**
   * How much of the output must be the same with every client, names by chance and ages aside: all of it (`text`), its
   * first line (`head`), all of it but only between peapod and the newest kubectl (`newest`), or nothing.
   */
  alike: 'text' | 'head' | 'newest' | 'nothing';
  /** The first kubectl that has it. */
  since?: string;
};

/** A question to a service, as a browser would ask it. */
export type Ask = { ask: string; user?: string; shows: RegExp; within: number };

export type Section = {
  title: string;
  /** Files in the folder in which the lines are typed: name → where the project has it, or its text. */
  files?: Readonly<Record<string, { from: string } | { text: string }>>;
  /** Holds ports of this machine that only one at a time can have. */
  alone?: boolean;
  steps: ReadonlyArray<Step | Ask>;
};

/** One line of a table: these words, apart by blanks. */
export const row = (...cells: readonly string[]): RegExp => new RegExp(`^${cells.join(' +')} *$`, 'm');

export const seconds = '\\d+m?\\d*s?';
/** The hash of a pod template and the end of a pod's name, without the letters that make words. */
export const hash = '[bcdfghjklmnpqrstvwxz2456789]{6,10}';
export const suffix = '[bcdfghjklmnpqrstvwxz2456789]{5}';
export const address = '\\d+\\.\\d+\\.\\d+\\.\\d+';
