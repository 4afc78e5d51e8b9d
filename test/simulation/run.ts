import { minutes, seconds } from '../../src/lib/clock.ts';
import type { Parts } from './control-plane.ts';
import type { Family } from './families/index.ts';
import type { Invariant } from './invariants/invariant.ts';
import { mendMachines } from './families/machines.ts';
import { calm } from './weather.ts';
import { createWorld, goodLuck, storm, type World } from './world.ts';

export type Settings = { seed: number; steps: number; parts?: Parts };
export type Outcome = {
  family: string;
  seed: number;
  steps: number;
  /** What did not hold; empty when all did. */
  broken: string[];
  /** What happened last, oldest first. */
  trace: string[];
  /** The same for two runs of one seed. */
  sum: number;
  /** Changes of the store, and how long it all took inside. */
  changes: number;
  virtual: number;
};

/** Every so many steps all is let come to rest. */
const stepsBetweenRests = 300;
/** Longer than the longest a key waits after a failure. */
const restingTime = seconds(330);
const longestRest = minutes(60);

/** One life of a cluster: whatever happens, every invariant holds at every change; and in the end nothing is left. */
export async function runSeed(family: Family, { seed, steps, parts }: Settings): Promise<Outcome> {
  const world = await createWorld(seed, parts);
  const { clock, draw, state, trace } = world;
  const began = clock.now();
  const broken: string[] = [];
  const invariants = family.invariants();
  for (const it of invariants) it.begin?.(world);
  let lines: string[] | undefined;
  const blame = (it: Invariant, fault: string): void => {
    // What happens from now on until the step ends leads away from it.
    lines ??= trace.lines();
    broken.push(`${it.name}: ${fault}`);
  };
  world.onBlame = (fault) => {
    lines ??= trace.lines();
    broken.push(fault);
  };
  state.onChange((happening) => {
    for (const it of invariants) for (const fault of it.after?.(happening, world) ?? []) blame(it, fault);
  });
  let step = 0;
  try {
    const starting = world.plane.start();
    world.seen.follow(world.plane.informers);
    await starting;
    await family.begin(world);
    const wheel = Object.values(family.operations).flatMap((it) => Array.from({ length: it.weight }, () => it));
    storm(world);
    for (; step < steps && broken.length === 0; step++) {
      if (draw.chance(0.2)) {
        const did = await draw.one(wheel)?.run(world);
        if (did) trace.note(`-- ${did}`);
      } else await clock.advance(spanOf(world, family));
      if (draw.chance(1 / stepsBetweenRests)) {
        await rest(world, family, invariants, broken);
        storm(world);
      }
    }
    if (broken.length === 0) await rest(world, family, invariants, broken);
  } catch (error) {
    broken.push(`the simulation itself failed: ${error instanceof Error ? error.stack : error}`);
  } finally {
    world.close();
  }
  const sum = trace.sum;
  return {
    ...{ family: family.name, seed, steps: step, broken, trace: lines ?? trace.lines(), sum },
    ...{ changes: state.revision, virtual: clock.now() - began },
  };
}

function spanOf({ draw }: World, { longest }: Family): number {
  const kind = draw.whole(0, 9);
  if (kind < 5) return draw.whole(1, 50);
  if (kind < 9) return draw.whole(50, 1_000);
  return draw.whole(1_000, longest);
}

/** Ends the storm and waits until nobody has anything to do; then everything must be as it is said to be. */
async function rest(world: World, family: Family, invariants: readonly Invariant[], broken: string[]): Promise<void> {
  const { clock, state, trace } = world;
  trace.note('-- all is let come to rest');
  world.weather = calm;
  world.luck = goodLuck;
  await mendMachines(world);
  await family.calmDown?.(world);
  const since = clock.now();
  // Signs of machines do not count as changes, and what was done in this very moment has had no time to be heard of.
  while (clock.now() - Math.max(since, state.changedAt) < restingTime && broken.length === 0) {
    if (clock.now() - since > longestRest) {
      broken.push('it does not come to rest');
      return;
    }
    await clock.advance(seconds(10));
  }
  if (broken.length > 0) return;
  for (const it of invariants) for (const fault of it.quiet?.(world) ?? []) broken.push(`${it.name}: ${fault}`);
}
