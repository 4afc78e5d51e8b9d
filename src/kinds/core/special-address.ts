import { BlockList, isIPv6 } from 'node:net';
import { type FieldError, invalidValue } from '../../meta/field-error.ts';

/** Ranges that lead to nobody in particular, with upstream's words for them (apis/core/validation, ValidateEndpointIP). */
const special: ReadonlyArray<{ text: string; ranges: ReadonlyArray<[address: string, bits: number]> }> = [
  {
    text: 'may not be unspecified (0.0.0.0 or ::)',
    ranges: [
      ['0.0.0.0', 32],
      ['::', 128],
    ],
  },
  {
    text: 'may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ranges: [
      ['127.0.0.0', 8],
      ['::1', 128],
    ],
  },
  {
    text: 'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ranges: [
      ['169.254.0.0', 16],
      ['fe80::', 10],
    ],
  },
  {
    text: 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
    ranges: [
      ['224.0.0.0', 24],
      ['ff02::', 10],
    ],
  },
];

const lists = special.map(({ text, ranges }) => {
  const list = new BlockList();
  for (const [address, bits] of ranges) list.addSubnet(address, bits, isIPv6(address) ? 'ipv6' : 'ipv4');
  return { text, list };
});

/** Faults of an address that traffic is to be sent to; that it is an address is known. */
export const specialAddressFaults = (path: string, address: string): FieldError[] =>
  lists.filter(({ list }) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')).map(({ text }) => invalidValue(path, address, text));
