import { expect, test } from 'vitest';
import type { networking } from '../../kinds/index.ts';
import { isIn, planCidr } from './plan.ts';

test.each([
  ['10.96.0.0/16', '10.96.255.1', true],
  ['10.96.0.0/16', '10.97.0.1', false],
  ['10.96.0.16/28', '10.96.0.31', true],
  ['10.96.0.16/28', '10.96.0.32', false],
  ['fd00::/112', '10.96.0.1', false],
])('%s has %s: %s', (cidr, address, want) => expect(isIn(cidr, address)).toBe(want));

const range = (name: string, cidr: string, isGoing = false): networking.ServiceCIDR =>
  ({
    metadata: { name, ...(isGoing && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    spec: { cidrs: [cidr] },
  }) as networking.ServiceCIDR;
const [own, more, going] = [range('kubernetes', '10.96.0.0/16'), range('more', '10.97.0.0/24'), range('more', '10.97.0.0/24', true)];

const cases: Array<[name: string, it: networking.ServiceCIDR, all: networking.ServiceCIDR[], addresses: string[], want: string]> = [
  ['one that stays', more, [own, more], ['10.97.0.5'], 'ready'],
  ['one that goes, unused', going, [own, going], ['10.96.0.5'], 'release'],
  ['one that goes, in use', going, [own, going], ['10.97.0.5'], 'in use'],
  ['one that another covers', going, [range('wide', '10.97.0.0/16'), going], ['10.97.0.5'], 'release'],
  ['one that another covers which goes too', going, [range('wide', '10.97.0.0/16', true), going], ['10.97.0.5'], 'in use'],
];
for (const [name, it, all, addresses, want] of cases) test(name, () => expect(planCidr(it, all, addresses).type).toBe(want));
