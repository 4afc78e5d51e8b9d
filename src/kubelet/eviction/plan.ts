import type { Milliseconds } from '../../lib/clock.ts';
import type { Observation, Observations } from './observe.ts';
import { enoughOf, leastOf, type Signal, type Threshold } from './thresholds.ts';

export type Pressure = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';
/** What a signal is about, as messages name it. */
export type Starved = 'memory' | 'ephemeral-storage' | 'inodes' | 'pids';

const meaning: Readonly<Record<Signal, [pressure: Pressure, starved: Starved]>> = {
  'memory.available': ['MemoryPressure', 'memory'],
  'nodefs.available': ['DiskPressure', 'ephemeral-storage'],
  'nodefs.inodesFree': ['DiskPressure', 'inodes'],
  'imagefs.available': ['DiskPressure', 'ephemeral-storage'],
  'imagefs.inodesFree': ['DiskPressure', 'inodes'],
  'pid.available': ['PIDPressure', 'pids'],
};

/** What is remembered from one look to the next. */
export type Seen = {
  /** When each pressure was last seen. */
  pressures: ReadonlyMap<Pressure, Milliseconds>;
  /** Since when there is too little. */
  since: ReadonlyMap<Threshold, Milliseconds>;
  /** For which pods have to go, until there is as much more as is wanted. */
  met: readonly Threshold[];
};
export const nothingSeen: Seen = { pressures: new Map(), since: new Map(), met: [] };

/** `isHard`: the node cannot wait. */
export type Shortage = { signal: Signal; starved: Starved; least: number; observed: Observation; isHard: boolean };

/** What to do about the state of the node. */
export type EvictionPlan = {
  seen: Seen;
  /** Conditions that hold: seen now, or so lately that the node must not flap. */
  pressures: readonly Pressure[];
  /** The first thing that is short, memory before all others: a pod must go. */
  shortage: Shortage | undefined;
};

/** Compares what is left with what must be left (kubelet, eviction manager). `transition`: how long a pressure outlasts its cause. */
export function planEviction(
  thresholds: readonly Threshold[],
  observations: Observations,
  { seen, now, transition }: { seen: Seen; now: Milliseconds; transition: Milliseconds },
): EvictionPlan {
  const short = thresholds.filter((it) => isShort(it, observations, seen.met.includes(it)));
  const since = new Map(short.map((it) => [it, seen.since.get(it) ?? now]));
  const pressures = new Map(seen.pressures);
  for (const { signal } of short) pressures.set(meaning[signal][0], now);
  for (const [pressure, at] of pressures) if (now - at >= transition && at !== now) pressures.delete(pressure);
  const met = short.filter((it) => now - (since.get(it) ?? now) >= (it.grace ?? 0));
  const first = met.find((it) => it.signal === 'memory.available') ?? met[0];
  return { seen: { pressures, since, met }, pressures: [...pressures.keys()], shortage: first && shortageOf(first, observations) };
}

/** `enough`: also when there is less than the much more that is wanted once pods had to go. */
export function isShort(threshold: Threshold, observations: Observations, enough: boolean): boolean {
  const observed = observations.get(threshold.signal);
  if (!observed) return false;
  return (enough ? enoughOf : leastOf)(threshold, observed.capacity) > observed.available;
}

function shortageOf(it: Threshold, observations: Observations): Shortage | undefined {
  const observed = observations.get(it.signal);
  if (!observed) return undefined;
  const { signal } = it;
  return { signal, starved: meaning[signal][1], least: leastOf(it, observed.capacity), observed, isHard: it.grace === undefined };
}
