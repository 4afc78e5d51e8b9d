import type { coordination, Swap } from '../../kinds/index.ts';
import type { Milliseconds } from '../../lib/clock.ts';

/** A swap lasts as long as whoever made it says so: it ends by itself when nothing was heard for the Lease's time. */
export type SwapPlan = { type: 'lasts'; wakeIn: Milliseconds } | { type: 'over'; why: string };

export function planSwap(swap: Swap, lease: coordination.Lease | undefined, now: Milliseconds): SwapPlan {
  if (!lease) return { type: 'over', why: `the swap to ${swap.to} was given back` };
  const { renewTime, acquireTime, leaseDurationSeconds = 5 } = lease.spec ?? {};
  const heard = Date.parse(renewTime ?? acquireTime ?? lease.metadata.creationTimestamp ?? '');
  const left = heard + leaseDurationSeconds * 1000 - now;
  if (Number.isNaN(left) || left <= 0)
    return { type: 'over', why: `whoever swapped it to ${swap.to} has not been heard of for ${leaseDurationSeconds} s` };
  return { type: 'lasts', wakeIn: left };
}
