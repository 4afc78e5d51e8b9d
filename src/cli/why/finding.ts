import type { core } from '../../kinds/index.ts';
import type { Milliseconds } from '../../lib/clock.ts';
import type { KubeObject } from '../../meta/types.ts';
import type { Scope } from './scope.ts';

/** A command to type, and what for. */
export type Advice = { command: string; to: string };

/** Where log lines are to be had that tell more. */
export type LogPlace = { namespace: string; pod: string; container: string; previous: boolean };

/** Something that is wrong, and what bears it out. */
export type Finding = {
  /** The whole truth in one sentence, that begins with the object at fault. */
  says: string;
  about: KubeObject;
  container?: string;
  /** More on it, each a sentence. */
  notes?: readonly string[];
  /** Oldest first. */
  evidence?: readonly core.Event[];
  log?: LogPlace;
  advice?: readonly Advice[];
  /** How long it has to stand until it is certain that it will not come right by itself; absent: it might at any time. */
  patience?: Milliseconds;
};

/** One way for things to go wrong. Finds nothing where it is not so. */
export type Cause = { name: string; find(scope: Scope): Finding[] };
