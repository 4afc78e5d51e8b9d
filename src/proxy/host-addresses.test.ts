import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { hostAddresses } from './host-addresses.ts';

test('0.0.0.0 is every address of this host, once', () => {
  const info = (address: string, family: 'IPv4' | 'IPv6'): NetworkInterfaceInfo => ({ address, family }) as NetworkInterfaceInfo;
  const interfaces = { lo: [info('127.0.0.1', 'IPv4'), info('::1', 'IPv6')], eth0: [info('192.0.2.2', 'IPv4')] };
  expect(hostAddresses(['0.0.0.0', '10.244.0.1', '192.0.2.2'], interfaces)).toEqual(['127.0.0.1', '192.0.2.2', '10.244.0.1']);
  expect(hostAddresses(['127.0.0.1'], interfaces)).toEqual(['127.0.0.1']);
});
