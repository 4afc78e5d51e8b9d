import type { Milliseconds } from '../../lib/clock.ts';
import { parseGoDuration } from '../../lib/go-duration.ts';
import { isQuantity, quantityValue } from '../../meta/quantity.ts';

/** What is watched: how much of a thing of the node is left. */
export const signals = [
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'pid.available',
] as const;
export type Signal = (typeof signals)[number];

export type Amount = { amount: number } | { share: number };
export type Threshold = {
  signal: Signal;
  /** Below this much, or this share of all there is, pods have to go. */
  least: Amount;
  /** Only when there has been too little for so long; at once when absent. */
  grace?: Milliseconds;
  /** Once there was too little: until there is so much more than that. */
  reclaim?: Amount;
};

/** Texts as people write them, in the form of upstream's flags. */
export type ThresholdTexts = { hard: string; soft?: string; softGrace?: string; reclaim?: string };

/** Upstream's evictionHard on Linux (kubelet, apis/config/v1beta1/defaults_linux). */
export const defaultThresholds =
  'memory.available<100Mi,nodefs.available<10%,nodefs.inodesFree<5%,imagefs.available<15%,imagefs.inodesFree<5%';

/** Reads such as `memory.available<100Mi,nodefs.available<10%`. Shares of 0 % and 100 % switch a signal off. Fails with a RangeError. */
export function parseThresholds(texts: string | ThresholdTexts): Threshold[] {
  const { hard, soft = '', softGrace = '', reclaim = '' } = typeof texts === 'string' ? { hard: texts } : texts;
  const graces = new Map(statements(softGrace, '=').map(([signal, value]) => [signal, graceOf(signal, value)]));
  const reclaims = new Map(statements(reclaim, '=').map(([signal, value]) => [signal, amountOf(signal, value)]));
  const of = (text: string, isSoft: boolean): Threshold[] =>
    statements(text, '<').flatMap(([signal, value]): Threshold[] => {
      if (value === '0%' || value === '100%') return [];
      const grace = graces.get(signal);
      if (isSoft && grace === undefined) throw new RangeError(`grace period must be specified for the soft eviction threshold ${signal}`);
      const more = reclaims.get(signal);
      return [{ signal, least: amountOf(signal, value), ...(isSoft && grace !== undefined && { grace }), ...(more && { reclaim: more }) }];
    });
  return [...of(hard, false), ...of(soft, true)];
}

function statements(text: string, operator: '<' | '='): Array<[signal: Signal, value: string]> {
  return text
    .split(',')
    .filter((it) => it.trim() !== '')
    .map((it) => {
      const [name = '', value = ''] = it.split(operator).map((part) => part.trim());
      const signal = signals.find((one) => one === name);
      if (!signal) throw new RangeError(`${JSON.stringify(name)} is none of ${signals.join(', ')}`);
      return [signal, value];
    });
}

function amountOf(signal: Signal, value: string): Amount {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value)?.[1];
  if (percent !== undefined && Number(percent) < 100) return { share: Number(percent) / 100 };
  if (!isQuantity(value) || quantityValue(value) < 0)
    throw new RangeError(`${signal} must have an amount such as 100Mi or 10%, not ${JSON.stringify(value)}`);
  return { amount: quantityValue(value) };
}

function graceOf(signal: Signal, value: string): Milliseconds {
  const grace = parseGoDuration(value);
  if (grace === undefined || grace <= 0) throw new RangeError(`${signal} must have a duration such as 1m30s, not ${JSON.stringify(value)}`);
  return grace;
}

/** The fault in such a text, for people who set it. */
export function faultInThresholds(texts: string | ThresholdTexts): string | undefined {
  try {
    parseThresholds(texts);
    return undefined;
  } catch (error) {
    return (error as RangeError).message;
  }
}

const quantityOf = (it: Amount, capacity: number): number => ('amount' in it ? it.amount : Math.floor(capacity * it.share));

export const leastOf = ({ least }: Threshold, capacity: number): number => quantityOf(least, capacity);

/** What there must be until the shortage is over. */
export const enoughOf = ({ least, reclaim }: Threshold, capacity: number): number =>
  quantityOf(least, capacity) + (reclaim ? quantityOf(reclaim, capacity) : 0);
