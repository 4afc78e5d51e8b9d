import type { ClusterEdge, Edges } from './edges.ts';
import type { Io } from './io.ts';

/** A flag: `--name`, with a value unless it is a switch. `hidden` ones are for ourselves. */
export type Flag = { summary: string; value?: string; short?: string; hidden?: boolean };
export type Flags = Readonly<Record<string, Flag>>;

/** What was typed: a switch is true, a value a text, the rest is absent. */
export type Given<F extends Flags> = { readonly [name in keyof F]?: F[name] extends { value: string } ? string : true };

export type Context<F extends Flags = Flags> = {
  flags: Given<F>;
  edges: Edges;
  io: Io;
  /** The cluster that the settings name. */
  cluster(): Promise<ClusterEdge>;
  /** The command line without the command's own flags: how to name the same cluster again. */
  settings: Readonly<Record<string, string>>;
};

/** A command, written down once: parsing, help and the list in the README follow from it. Names of flags are in camel case. */
export type Command<F extends Flags = Flags> = {
  name: string;
  summary: string;
  /** More for `--help`, after the summary. */
  details?: string;
  /** Which settings can be flags: all, or those that say which cluster is meant. */
  settings: 'all' | 'which' | 'none';
  flags: F;
  /** Resolves with the exit code. A failure that the user can act upon is a CommandError. */
  run(context: Context<F>): Promise<number>;
};

export const command = <const F extends Flags>(it: Command<F>): Command<F> => it;

/** A fault whose message says all that the user needs: it is printed as `error: …` without a stack. */
export class CommandError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CommandError';
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** In the user's kubeconfig the default cluster is `peapod`, another `peapod-<name>`. */
export const contextNameOf = (cluster: string): string => (cluster === 'peapod' ? 'peapod' : `peapod-${cluster}`);
