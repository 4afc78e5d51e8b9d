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

/** Below this much, or this share of all there is, pods have to go. */
export type Threshold = { signal: Signal; least: { amount: number } | { share: number } };

/** Upstream's evictionHard on Linux (kubelet, apis/config/v1beta1/defaults_linux). */
export const defaultThresholds =
  'memory.available<100Mi,nodefs.available<10%,nodefs.inodesFree<5%,imagefs.available<15%,imagefs.inodesFree<5%';

/** Reads `memory.available<100Mi,nodefs.available<10%`. Shares of 0 % and 100 % switch a signal off. Fails with a RangeError. */
export const parseThresholds = (text: string): Threshold[] =>
  text
    .split(',')
    .filter((it) => it.trim() !== '')
    .flatMap(parseOne);

function parseOne(statement: string): Threshold[] {
  const [name = '', value = ''] = statement.split('<').map((it) => it.trim());
  const signal = signals.find((it) => it === name);
  if (!signal) throw new RangeError(`${JSON.stringify(name)} is none of ${signals.join(', ')}`);
  if (value === '0%' || value === '100%') return [];
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value)?.[1];
  if (percent !== undefined && Number(percent) < 100) return [{ signal, least: { share: Number(percent) / 100 } }];
  if (!isQuantity(value) || quantityValue(value) < 0)
    throw new RangeError(`${JSON.stringify(statement)} must be a signal, <, and an amount such as 100Mi or 10%`);
  return [{ signal, least: { amount: quantityValue(value) } }];
}

/** The fault in such a text, for people who set it. */
export function faultInThresholds(text: string): string | undefined {
  try {
    parseThresholds(text);
    return undefined;
  } catch (error) {
    return (error as RangeError).message;
  }
}

export const leastOf = ({ least }: Threshold, capacity: number): number =>
  'amount' in least ? least.amount : Math.floor(capacity * least.share);
