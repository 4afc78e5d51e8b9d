import { isIPv4, isIPv6 } from 'node:net';

/** The eight groups of an IPv6 address as 32 hexadecimal digits. */
function digitsOf(address: string): string | undefined {
  if (!isIPv6(address)) return undefined;
  // A tail in IPv4 form is two groups.
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes) => {
    const [a, b, c, d] = bytes.slice(0, 4).map(Number) as [number, number, number, number];
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [left = '', right] = text.split('::');
  const head = left.split(':').filter(Boolean);
  const tail = (right ?? '').split(':').filter(Boolean);
  const gap = right === undefined ? [] : Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...gap, ...tail]
    .map((it) => it.padStart(4, '0'))
    .join('')
    .toLowerCase();
}

/** One form for every way to write an address: IPv4 as it is, IPv6 as 32 digits. */
export const addressKey = (address: string): string => digitsOf(address) ?? address;

/** The sixteen bytes of an IPv6 address. */
export const bytesOfIPv6 = (address: string): Buffer | undefined => {
  const digits = digitsOf(address);
  return digits === undefined ? undefined : Buffer.from(digits, 'hex');
};

/** The address (as `addressKey`) that a name below in-addr.arpa or ip6.arpa stands for. */
export function reverseAddress(name: string): string | undefined {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  if (v4) {
    const address = v4.slice(1).reverse().join('.');
    return isIPv4(address) ? address : undefined;
  }
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name);
  return v6?.[1]?.split('.').reverse().join('');
}

/** Whether an IPv4 or IPv6 range such as 10.96.0.0/16 contains the address. */
export function isInRange(range: string, address: string): boolean {
  const [base = '', length = ''] = range.split('/');
  const a = bitsOf(addressKey(base));
  const b = bitsOf(address);
  return a.length === b.length && a.slice(0, Number(length)) === b.slice(0, Number(length));
}

function bitsOf(key: string): string {
  const parts = isIPv4(key)
    ? key.split('.').map((it) => Number(it).toString(2).padStart(8, '0'))
    : [...key].map((it) => Number.parseInt(it, 16).toString(2).padStart(4, '0'));
  return parts.join('');
}
