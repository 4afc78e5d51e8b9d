import { type core, podLimits } from '../../kinds/index.ts';
import { type Clock, type Milliseconds, seconds } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { isCritical } from '../admission/admit.ts';
import { messageOf } from '../faults.ts';
import { limitMessage, type LocalStorage, shortageMessage } from './message.ts';
import type { Observations } from './observe.ts';
import { isShort, nothingSeen, type Pressure, planEviction, type Shortage, type Starved } from './plan.ts';
import { type Candidate, type PodUsage, rank } from './rank.ts';
import type { Threshold } from './thresholds.ts';

export { type Observations, observe } from './observe.ts';
export { defaultThresholds, faultInThresholds, parseThresholds, type Threshold } from './thresholds.ts';
export { localStorage, podUsage } from './usage.ts';

export type EvictionConfig = {
  thresholds: readonly Threshold[];
  /** How long a condition outlasts its cause, so that the node does not flap. */
  transition: Milliseconds;
  /** How long a pod may take to end when the node can wait. */
  mostGraceSeconds?: number;
};

/** A pod that may have to go. */
export type Tenant = {
  pod: core.Pod;
  /** Ends it within so many seconds; resolves when nothing of it runs any more. */
  evict(message: string, how: { isPressure: boolean; graceSeconds: number }): Promise<void>;
};

type Deps = {
  clock: Clock;
  log: Log;
  observe(): Promise<Observations>;
  /** The pods that run here and have not ended. */
  tenants(): readonly Tenant[];
  usageOf(pod: core.Pod, starved: Starved): Promise<PodUsage | undefined>;
  storageOf(pod: core.Pod): Promise<LocalStorage>;
  /** The node's conditions are others than before. */
  onChange(): void;
  onShortage(shortage: Shortage): void;
  /** Takes from the disk what no pod needs. */
  clearDisk?(): Promise<void>;
};

export type Eviction = { pressures(): readonly Pressure[]; stop(): void };

// As often as upstream looks.
const interval = seconds(10);
// What the node cannot wait for has so long to end, in seconds.
const hardGrace = 1;
// So long a pod that must go may take before the next look.
const patience = seconds(30);

/** Watches what is left of the node, and lets pods go when it is too little. */
export function startEviction({ thresholds, transition, mostGraceSeconds = 0 }: EvictionConfig, deps: Deps): Eviction {
  const { clock, log } = deps;
  let seen = nothingSeen;
  let pressures: readonly Pressure[] = [];
  let stopped = false;
  let cancel = (): void => {};

  /** Resolves with whether a pod had to go. */
  async function look(): Promise<boolean> {
    const plan = planEviction(thresholds, await deps.observe(), { seen, now: clock.now(), transition });
    seen = plan.seen;
    const changed = plan.pressures.join() !== pressures.join();
    pressures = plan.pressures;
    if (changed) deps.onChange();
    if (await overLimit()) return true;
    return plan.shortage ? relieve(plan.shortage) : false;
  }

  /** Only pods that have such a limit are measured: that costs a walk over their files. */
  async function overLimit(): Promise<boolean> {
    let any = false;
    for (const it of deps.tenants().filter(({ pod }) => hasStorageLimit(pod) && !isCritical(pod))) {
      const message = limitMessage(it.pod, podLimits(it.pod.spec)['ephemeral-storage'], await deps.storageOf(it.pod));
      if (message === undefined) continue;
      any = true;
      await it.evict(message, { isPressure: false, graceSeconds: hardGrace });
    }
    return any;
  }

  /** One pod at a time: it may be enough. */
  async function relieve(shortage: Shortage): Promise<boolean> {
    deps.onShortage(shortage);
    const { starved } = shortage;
    if ((starved === 'ephemeral-storage' || starved === 'inodes') && deps.clearDisk && (await clears(deps.clearDisk))) return false;
    const tenants = deps.tenants();
    const candidates = await Promise.all(
      tenants.map(async ({ pod }): Promise<Candidate> => ({ pod, usage: await deps.usageOf(pod, starved).catch(() => undefined) })),
    );
    const first = rank(starved, candidates).find(({ pod }) => !isCritical(pod));
    const tenant = first && tenants.find(({ pod }) => pod === first.pod);
    if (!first || !tenant) {
      log.warn('the node runs short and no pod can go', { signal: shortage.signal });
      return false;
    }
    const graceSeconds = shortage.isHard ? hardGrace : Math.max(hardGrace, mostGraceSeconds);
    await tenant.evict(shortageMessage(shortage, first), { isPressure: true, graceSeconds });
    return true;
  }

  /** Whether the node is well after it; what is wanted beyond that counts. */
  async function clears(clearDisk: () => Promise<void>): Promise<boolean> {
    await clearDisk();
    const observations = await deps.observe();
    return !thresholds.some((it) => isShort(it, observations, true));
  }

  async function run(): Promise<void> {
    let evicted = false;
    try {
      const overdue = new Promise<boolean>((resolve) => {
        cancel = clock.schedule(interval + patience, () => resolve(false));
      });
      evicted = await Promise.race([look(), overdue]);
    } catch (error) {
      log.warn('what is left of the node could not be found out', { error: messageOf(error) });
    }
    cancel();
    if (!stopped) cancel = clock.schedule(evicted ? seconds(1) : interval, () => void run());
  }

  cancel = clock.schedule(seconds(1), () => void run());
  return {
    pressures: () => pressures,
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}

const hasStorageLimit = ({ spec }: core.Pod): boolean =>
  spec.containers.some((it) => it.resources?.limits?.['ephemeral-storage'] !== undefined) ||
  (spec.initContainers ?? []).some((it) => it.resources?.limits?.['ephemeral-storage'] !== undefined) ||
  (spec.volumes ?? []).some((it) => it.emptyDir?.sizeLimit !== undefined && it.emptyDir.medium !== 'Memory');
