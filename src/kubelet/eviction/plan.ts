import type { Milliseconds } from '../../lib/clock.ts';
import type { Observation, Observations } from './observe.ts';
import { leastOf, type Signal, type Threshold } from './thresholds.ts';

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

/** When each pressure was last seen. */
export type Seen = ReadonlyMap<Pressure, Milliseconds>;

export type Shortage = { signal: Signal; starved: Starved; least: number; observed: Observation };

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
  before: { seen: Seen; now: Milliseconds; transition: Milliseconds },
): EvictionPlan {
  const short = thresholds.flatMap((it): Shortage[] => {
    const observed = observations.get(it.signal);
    if (!observed) return [];
    const least = leastOf(it, observed.capacity);
    return least > observed.available ? [{ signal: it.signal, starved: meaning[it.signal][1], least, observed }] : [];
  });
  const seen = new Map(before.seen);
  for (const { signal } of short) seen.set(meaning[signal][0], before.now);
  for (const [pressure, at] of seen) if (before.now - at >= before.transition && at !== before.now) seen.delete(pressure);
  return { seen, pressures: [...seen.keys()], shortage: short.find((it) => it.signal === 'memory.available') ?? short[0] };
}
