import type { Quantity } from './types.ts';

const form = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d+)|(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E))?$/;
const binary: Record<string, bigint> = { Ki: 1n << 10n, Mi: 1n << 20n, Gi: 1n << 30n, Ti: 1n << 40n, Pi: 1n << 50n, Ei: 1n << 60n };
const decimal: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

/** The text is a quantity as resource.Quantity reads it: sign, number, and a decimal, binary or exponent suffix. */
export const isQuantity = (value: unknown): value is Quantity => typeof value === 'string' && form.test(value);

/** What is more counts as this, as upstream does: the largest int64, here in billionths. */
const most = (2n ** 63n - 1n) * 1_000_000_000n;
/** More digits on either side of the point than decide anything. */
const digits = 64;

/** Of texts met before: a cluster has few, and compares them all day. */
const known = new Map<Quantity, bigint>();
const mostKnown = 1_000;

/** Billionths, exact up to the largest there is; what is finer is rounded up, as upstream does. */
function nano(text: Quantity): bigint {
  let value = known.get(text);
  if (value === undefined) {
    value = readNano(text);
    if (known.size >= mostKnown) known.clear();
    if (text.length <= digits) known.set(text, value);
  }
  return value;
}

function readNano(text: Quantity): bigint {
  const match = form.exec(text);
  if (!match) throw new RangeError(`quantities must match the regular expression '${form.source}'`);
  const [, sign, number = '0', exponent, suffix = ''] = match;
  const value = magnitude(number, exponent, suffix);
  const capped = value > most ? most : value;
  return sign === '-' ? -capped : capped;
}

function magnitude(number: string, exponent: string | undefined, suffix: string): bigint {
  const [given = '', allFraction = ''] = number.split('.');
  const whole = given.replace(/^0+/, '');
  const rest = allFraction.slice(digits);
  const fraction = allFraction.slice(0, digits) + (/[1-9]/.test(rest) ? '1' : '');
  if (whole.length > digits) return most;
  let value = BigInt(`${whole}${fraction}` || '0');
  if (value === 0n) return 0n;
  let scale = 9 - fraction.length;
  if (binary[suffix]) value *= binary[suffix];
  else scale += exponent ? Number(exponent.slice(1)) : (decimal[suffix] as number);
  if (scale > 2 * digits) return most;
  if (scale >= 0) return value * 10n ** BigInt(scale);
  if (scale < -4 * digits) return 1n;
  const unit = 10n ** BigInt(-scale);
  return (value + unit - 1n) / unit;
}

const up = (value: bigint, unit: bigint): number => Number(value >= 0n ? (value + unit - 1n) / unit : value / unit);

/** Whole units, rounded up. */
export const quantityValue = (q: Quantity): number => up(nano(q), 1_000_000_000n);
/** Thousandths, rounded up: how CPU is counted. */
export const milliValue = (q: Quantity): number => up(nano(q), 1_000_000n);
export const quantityNumber = (q: Quantity): number => Number(nano(q)) / 1e9;

export function compareQuantities(a: Quantity, b: Quantity): number {
  const difference = nano(a) - nano(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const isBinary = (q: Quantity): boolean => /i$/.test(q);

function write(value: bigint, asBinary: boolean): Quantity {
  if (value === 0n) return '0';
  const unit = 1_000_000_000n;
  if (asBinary && value % unit === 0n) {
    const whole = value / unit;
    for (const suffix of ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki']) {
      if (whole % (binary[suffix] as bigint) === 0n) return `${whole / (binary[suffix] as bigint)}${suffix}`;
    }
    return String(whole);
  }
  let scaled = value;
  let exponent = -9;
  while (scaled % 1000n === 0n && exponent < 18) {
    scaled /= 1000n;
    exponent += 3;
  }
  return `${scaled}${Object.keys(decimal).find((it) => decimal[it] === exponent)}`;
}

/** The shortest form with the same value, keeping binary or decimal style: 1000m is 1, 1024Mi is 1Gi. */
export function canonicalQuantity(q: Quantity): Quantity {
  const exponent = /[eE][+-]?\d+$/.test(q) && !/[A-Za-z]i$/.test(q) && form.exec(q)?.[3];
  const value = nano(q);
  const isCapped = value === most || value === -most;
  return exponent && !isCapped ? q : write(value, isBinary(q));
}
export const addQuantities = (a: Quantity, b: Quantity): Quantity =>
  write(nano(a) + nano(b), isBinary(a) || (isBinary(b) && nano(a) === 0n));
export const subtractQuantities = (a: Quantity, b: Quantity): Quantity => write(nano(a) - nano(b), isBinary(a));
/** `n` whole units in canonical form. */
export const formatQuantity = (n: number, style: 'decimal' | 'binary'): Quantity =>
  write(BigInt(Math.round(n)) * 1_000_000_000n, style === 'binary');
