import type { Invariant } from '../invariants/invariant.ts';
import type { World } from '../world.ts';
import type { Milliseconds } from '../../../src/lib/clock.ts';

/** One thing that somebody does, or that happens; says in words what it was, undefined when there was nothing to do. */
export type Operation = { weight: number; run(world: World): Promise<string | undefined> };

/** Controllers that are tried together: what is there, what happens, and what must hold. */
export type Family = {
  name: string;
  /** The longest that is waited between two steps. */
  longest: Milliseconds;
  begin(world: World): Promise<void>;
  operations: Readonly<Record<string, Operation>>;
  /** Made anew for each run: some remember what they have seen. */
  invariants(): readonly Invariant[];
  /** What a user does before all is to come to rest. */
  calmDown?(world: World): Promise<void>;
};
