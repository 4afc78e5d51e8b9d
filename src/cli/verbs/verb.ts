import type { Edges } from '../edges.ts';
import type { FlagSpecs, FlagValues, Globals } from '../grammar/flags.ts';
import type { Io } from '../io.ts';
import type { Session } from './session.ts';

export type VerbContext<F extends FlagSpecs = FlagSpecs> = {
  flags: FlagValues<F>;
  globals: Globals;
  args: readonly string[];
  /** How many arguments stood before a lone `--`. */
  dash: number | undefined;
  io: Io;
  edges: Edges;
  /** The cluster that the kubeconfig and the flags mean; nothing is asked before it is used. */
  session(): Session;
};

/** A verb of kubectl's grammar, written down once: parsing, help and completion follow from it. */
export type Verb<F extends FlagSpecs = FlagSpecs> = {
  name: string;
  aliases?: readonly string[];
  summary: string;
  /** What follows the verb: `(TYPE NAME | TYPE/NAME) [flags]`. */
  usage: string;
  flags: F;
  /** What the arguments are, for completion. */
  completes?: 'resources' | 'pods' | 'contexts' | 'nodes' | 'types';
  hidden?: boolean;
  /** The exit code when the command line is not in its grammar; 1 unless it is said. */
  misuse?: number;
  children?: readonly Verb[];
  /** Resolves with the exit code. Absent where only the children do something. */
  run?(context: VerbContext<F>): Promise<number>;
};

/** Forgets the types of its flags, so that lists can hold it. */
export const verb = <const F extends FlagSpecs>(it: Verb<F>): Verb => it as unknown as Verb;
