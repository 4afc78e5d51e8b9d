import type { autoscalingV2 } from '../../kinds/index.ts';
import { type Milliseconds, minutes, seconds } from '../../lib/clock.ts';

type Autoscaler = autoscalingV2.HorizontalPodAutoscaler;
type Rules = autoscalingV2.HPAScalingRules;

/** What was recommended and what was done, kept in memory as upstream does: a restart forgets it. */
export type Memory = {
  recommendations: ReadonlyArray<{ at: Milliseconds; replicas: number }>;
  changes: ReadonlyArray<{ at: Milliseconds; by: number }>;
};
export const noMemory: Memory = { recommendations: [], changes: [] };

export type Limited = {
  replicas: number;
  /** Of AbleToScale: whether older recommendations held it back. */
  able: [reason: string, message: string];
  /** Of ScalingLimited. */
  limit: [isLimited: boolean, reason: string, message: string];
  recommendations: Memory['recommendations'];
};

/** Of what was recommended lately, the highest counts for going down (upstream: --horizontal-pod-autoscaler-downscale-stabilization). */
const usualWindow = minutes(5);
const longest = seconds(3600);

/** What is wanted, within what was wanted before, what may change at a time, and the bounds. */
export function limitReplicas(it: Autoscaler, current: number, wanted: number, memory: Memory, now: Milliseconds): Limited {
  const recent = memory.recommendations.filter((one) => now - one.at < longest);
  const steady = stabilise(it, current, wanted, recent, now);
  const isHeld = steady !== wanted;
  const lower = [
    'ScaleUpStabilized',
    'recent recommendations were lower than current one, applying the lowest recent recommendation',
  ] as const;
  const higher = [
    'ScaleDownStabilized',
    'recent recommendations were higher than current one, applying the highest recent recommendation',
  ] as const;
  const held = it.spec.behavior && wanted >= current ? lower : higher;
  const { replicas, limit } = it.spec.behavior ? withRules(it, current, steady, memory, now) : withoutRules(it, current, steady);
  return {
    ...{ replicas, limit },
    able: isHeld ? [...held] : ['ReadyForNewScale', 'recommended size matches current size'],
    recommendations: [...recent, { at: now, replicas: wanted }],
  };
}

function stabilise({ spec }: Autoscaler, current: number, wanted: number, recent: Memory['recommendations'], now: Milliseconds): number {
  const { scaleUp, scaleDown } = spec.behavior ?? {};
  const windowOf = (rules: Rules | undefined, usual: Milliseconds): Milliseconds =>
    rules?.stabilizationWindowSeconds === undefined ? usual : seconds(rules.stabilizationWindowSeconds);
  const within = (window: Milliseconds): number[] => [wanted, ...recent.filter((it) => now - it.at < window).map((it) => it.replicas)];
  const lowest = Math.min(...within(windowOf(scaleUp, 0)));
  const highest = Math.max(...within(windowOf(scaleDown, usualWindow)));
  if (!spec.behavior) return highest;
  return Math.min(Math.max(current, lowest), highest);
}

const fine: Limited['limit'] = [false, 'DesiredWithinRange', 'the desired count is within the acceptable range'];
const tooFew: Limited['limit'] = [true, 'TooFewReplicas', 'the desired replica count is less than the minimum replica count'];
const tooMany: Limited['limit'] = [true, 'TooManyReplicas', 'the desired replica count is more than the maximum replica count'];
const tooFast: Limited['limit'] = [true, 'ScaleUpLimit', 'the desired replica count is increasing faster than the maximum scale rate'];
const tooFastDown: Limited['limit'] = [
  true,
  'ScaleDownLimit',
  'the desired replica count is decreasing faster than the maximum scale rate',
];

type Bounded = Pick<Limited, 'replicas' | 'limit'>;

/** Twice as many at a time, or four. */
function withoutRules({ spec }: Autoscaler, current: number, wanted: number): Bounded {
  const least = spec.minReplicas ?? 1;
  const rate = Math.max(2 * current, 4);
  const most = Math.min(rate, spec.maxReplicas);
  if (wanted < least)
    return { replicas: least, limit: wanted === 0 ? [true, 'TooFewReplicas', 'the desired replica count is zero'] : tooFew };
  if (wanted > most) return { replicas: most, limit: rate < spec.maxReplicas ? tooFast : tooMany };
  return { replicas: wanted, limit: fine };
}

function withRules({ spec }: Autoscaler, current: number, wanted: number, { changes }: Memory, now: Milliseconds): Bounded {
  const { scaleUp = {}, scaleDown = {} } = spec.behavior ?? {};
  if (wanted > current) {
    const rate = Math.max(current, rateLimit(scaleUp, current, changes, now, 1));
    const most = Math.min(rate, spec.maxReplicas);
    if (wanted > most) return { replicas: most, limit: rate < spec.maxReplicas ? tooFast : tooMany };
  }
  if (wanted < current) {
    const least = spec.minReplicas ?? 1;
    const rate = Math.min(current, rateLimit(scaleDown, current, changes, now, -1));
    const lowest = Math.max(rate, least);
    if (wanted < lowest) return { replicas: lowest, limit: rate > least ? tooFastDown : tooFew };
  }
  return { replicas: wanted, limit: fine };
}

/** How far the policies let it go from where each one's period began. */
function rateLimit(rules: Rules, current: number, changes: Memory['changes'], now: Milliseconds, direction: 1 | -1): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const limits = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const done = changes.filter((it) => now - it.at < seconds(periodSeconds)).reduce((sum, it) => sum + it.by, 0);
    const start = current - done;
    if (type === 'Pods') return start + direction * value;
    const share = start * (1 + (direction * value) / 100);
    return direction > 0 ? Math.ceil(share) : Math.trunc(share);
  });
  if (limits.length === 0) return current;
  const farthest = rules.selectPolicy !== 'Min';
  return direction > 0 === farthest ? Math.max(...limits) : Math.min(...limits);
}

/** A change of size counts for the periods of policies. */
export const noteChange = (memory: Memory, by: number, now: Milliseconds): Memory => ({
  ...memory,
  changes: [...memory.changes.filter((it) => now - it.at < longest), { at: now, by }],
});
