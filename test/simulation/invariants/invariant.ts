import type { KubeObject } from '../../../src/meta/types.ts';
import type { Happening } from '../state.ts';
import type { World } from '../world.ts';

/** Something that is always so. Each part says in words what is not as it must be. */
export type Invariant = {
  name: string;
  /** Once, before anything happens. */
  begin?(world: World): void;
  /** After every change of the store, as the state is right then. */
  after?(happening: Happening, world: World): Iterable<string>;
  /** When nothing has happened for a long while and nothing goes wrong any more. */
  quiet?(world: World): Iterable<string>;
};

export const nameOf = (it: KubeObject): string => `${it.kind} ${it.metadata.namespace ?? ''}/${it.metadata.name}`;
