import { toNumber } from '../../lib/ipv4.ts';

/** First and last address of a range, as numbers. */
function boundsOf(cidr: string): [number, number] {
  const [base = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(toNumber(base) / size) * size;
  return [first, first + size - 1];
}

/** Whether two IPv4 ranges have an address in common. */
export function overlaps(a: string, b: string): boolean {
  const [firstA, lastA] = boundsOf(a);
  const [firstB, lastB] = boundsOf(b);
  return firstA <= lastB && firstB <= lastA;
}
