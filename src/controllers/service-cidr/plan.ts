import { isIPv4 } from 'node:net';
import type { networking } from '../../kinds/index.ts';
import { toNumber } from '../../lib/ipv4.ts';
import { isDeleting } from '../../meta/owner.ts';

export const finalizer = 'networking.k8s.io/service-cidr-finalizer';

export function isIn(cidr: string, address: string): boolean {
  const [base = '', bits = ''] = cidr.split('/');
  if (!isIPv4(base) || !isIPv4(address)) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(toNumber(address) / size) === Math.floor(toNumber(base) / size);
}

export type CidrPlan =
  | { type: 'ready' }
  /** Addresses of it are in use: it must stay. */
  | { type: 'in use' }
  | { type: 'release' };

/** What becomes of a range: it goes when nobody has an address of it that no other range covers (upstream: controller/servicecidrs). */
export function planCidr(it: networking.ServiceCIDR, others: readonly networking.ServiceCIDR[], addresses: readonly string[]): CidrPlan {
  if (!isDeleting(it)) return { type: 'ready' };
  const staying = others
    .filter((one) => one.metadata.name !== it.metadata.name && !isDeleting(one))
    .flatMap((one) => one.spec?.cidrs ?? []);
  const isHeld = (address: string): boolean =>
    (it.spec?.cidrs ?? []).some((cidr) => isIn(cidr, address)) && !staying.some((cidr) => isIn(cidr, address));
  return { type: addresses.some(isHeld) ? 'in use' : 'release' };
}
