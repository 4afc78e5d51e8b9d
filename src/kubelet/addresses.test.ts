import { expect, test } from 'vitest';
import { toAddress } from '../lib/ipv4.ts';
import { createAddresses, gatewayOf, rangeOf } from './addresses.ts';

test('network, gateway and broadcast are never given', () => {
  const addresses = createAddresses('10.244.0.0/29');
  expect([1, 2, 3, 4, 5].map(() => addresses.take())).toEqual(['10.244.0.2', '10.244.0.3', '10.244.0.4', '10.244.0.5', '10.244.0.6']);
  expect(() => addresses.take()).toThrow('no IP addresses available in range set: 10.244.0.2-10.244.0.6');
});

test('an address that was given back comes last', () => {
  const addresses = createAddresses('10.244.0.0/24');
  const first = addresses.take();
  addresses.release(first);
  expect(addresses.take()).not.toBe(first);
});

test('addresses of running pods are not given again', () => {
  const addresses = createAddresses('10.244.0.0/29');
  expect([
    addresses.reserve('10.244.0.4'),
    addresses.reserve('10.244.0.4'),
    addresses.reserve('10.9.0.4'),
    addresses.reserve('10.244.0.1'),
  ]).toEqual([true, false, false, false]);
  expect([1, 2, 3, 4].map(() => addresses.take())).toEqual(['10.244.0.5', '10.244.0.6', '10.244.0.2', '10.244.0.3']);
  expect(addresses.taken()).toBe(5);
});

test('ranges', () => {
  expect(gatewayOf('10.244.3.0/24')).toBe('10.244.3.1');
  expect(toAddress(rangeOf('192.168.255.7/16').broadcast)).toBe('192.168.255.255');
  for (const bad of ['10.0.0.0', '10.0.0.0/31', 'fd00::/64']) expect(() => rangeOf(bad), bad).toThrow('no IPv4 range');
});
