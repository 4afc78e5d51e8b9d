import type { core } from '../kinds/index.ts';
import { toAddress, toNumber } from '../lib/ipv4.ts';
import { keyOf } from '../meta/owner.ts';
import { contains } from './cidr.ts';
import { isBalanced } from './table.ts';

const byAge = (a: core.Service, b: core.Service): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') || keyOf(a).localeCompare(keyOf(b));

/** Addresses of the pool, one by one, without its first and last. */
function* addressesIn(cidr: string): Generator<string> {
  const [base = '', bits = ''] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  for (let i = 1; i < size - 1; i++) yield toAddress(toNumber(base) + i);
}

/**
 * Which LoadBalancer Service has which address of the pool, by key; those that find none are left out. What a Service
 * says it has it keeps, so a restart changes nothing; others get the one they ask for (loadBalancerIP), else the first free.
 */
export function assignAddresses(services: readonly core.Service[], pool: string): Map<string, string> {
  const assigned = new Map<string, string>();
  const taken = new Set<string>();
  const assign = (it: core.Service, address: string | undefined): void => {
    if (address === undefined || assigned.has(keyOf(it)) || taken.has(address) || !contains(pool, address)) return;
    assigned.set(keyOf(it), address);
    taken.add(address);
  };
  const balanced = services.filter(isBalanced).sort(byAge);
  for (const it of balanced)
    for (const entry of it.status?.loadBalancer?.ingress ?? [])
      if (!it.spec.loadBalancerIP || it.spec.loadBalancerIP === entry.ip) assign(it, entry.ip);
  for (const it of balanced) assign(it, it.spec.loadBalancerIP);
  const free = addressesIn(pool);
  for (const it of balanced) {
    if (assigned.has(keyOf(it))) continue;
    let next = free.next();
    while (!next.done && taken.has(next.value)) next = free.next();
    if (next.done) break;
    assign(it, next.value);
  }
  return assigned;
}
