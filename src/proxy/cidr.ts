import { toNumber } from '../lib/ipv4.ts';

/** Whether an IPv4 address lies in a CIDR such as 10.96.0.0/16. */
export function contains(cidr: string, address: string): boolean {
  const [base = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(toNumber(base) / size) === Math.floor(toNumber(address) / size);
}
