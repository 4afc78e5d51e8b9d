const toNumber = (address: string): number => address.split('.').reduce((sum, it) => sum * 256 + Number(it), 0);

/** Whether an IPv4 address lies in a CIDR such as 10.96.0.0/16. */
export function contains(cidr: string, address: string): boolean {
  const [base = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(toNumber(base) / size) === Math.floor(toNumber(address) / size);
}
