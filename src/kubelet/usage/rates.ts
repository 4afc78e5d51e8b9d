import type { Milliseconds } from '../../lib/clock.ts';
import type { Usage } from '../../runtime/index.ts';
import type { HostUsage } from './host.ts';

export type ContainerSample = { uid: string; name: string; startedAt: Milliseconds; usage: Usage };
/** One look at everything: containers by id. `host` is undefined when the engine is on another host. */
export type Sample = { at: Milliseconds; host: HostUsage | undefined; containers: ReadonlyMap<string, ContainerSample> };

/** What is used at a time: billionths of a processor, and bytes. */
export type Rate = { nanocores: number; memoryBytes: number };
export type NodeUsage = {
  at: Milliseconds;
  /** The span over which it was looked at. */
  window: Milliseconds;
  node: Rate;
  pods: ReadonlyArray<{ uid: string; at: Milliseconds; window: Milliseconds; containers: ReadonlyArray<Rate & { name: string }> }>;
};

/** A container is not told of before it has run that long: too little to say how much it uses. */
const shortest = 500;

/** What two looks say. A container that the first one did not see is counted from its start, as metrics-server does. */
export function usageBetween(before: Sample, now: Sample): NodeUsage {
  const pods = new Map<string, { uid: string; at: number; window: number; containers: Array<Rate & { name: string }> }>();
  for (const [id, { uid, name, startedAt, usage }] of now.containers) {
    const was = before.containers.get(id)?.usage ?? { at: startedAt, cpuNanoseconds: 0 };
    const window = usage.at - was.at;
    const spent = usage.cpuNanoseconds - was.cpuNanoseconds;
    // A total that falls is of another run.
    if (window < shortest || spent < 0) continue;
    const pod = pods.get(uid) ?? { uid, at: usage.at, window, containers: [] };
    pod.containers.push({ name, nanocores: perSecond(spent, window), memoryBytes: usage.memoryWorkingSetBytes });
    pod.window = Math.min(pod.window, window);
    pods.set(uid, pod);
  }
  const window = now.at - before.at;
  const all = [...pods.values()];
  const hostSpent = now.host && before.host ? now.host.cpuNanoseconds - before.host.cpuNanoseconds : undefined;
  const node =
    now.host && hostSpent !== undefined
      ? { nanocores: perSecond(Math.max(0, hostSpent), window), memoryBytes: now.host.memoryBytes }
      : sumOf(all.flatMap((it) => it.containers));
  return { at: now.at, window, node, pods: all };
}

const perSecond = (nanoseconds: number, window: Milliseconds): number => Math.round((nanoseconds / window) * 1000);

const sumOf = (rates: readonly Rate[]): Rate => ({
  nanocores: rates.reduce((sum, it) => sum + it.nanocores, 0),
  memoryBytes: rates.reduce((sum, it) => sum + it.memoryBytes, 0),
});
