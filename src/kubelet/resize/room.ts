import { type core, podRequests } from '../../kinds/index.ts';
import { milliValue, quantityValue } from '../../meta/quantity.ts';
import { resizable } from './allocation.ts';

type Amounts = { [name: string]: string };
/** Why a resize has to wait: for room on the node, or for ever. */
export type Pending = { reason: 'Deferred' | 'Infeasible'; message: string };

/** CPU in thousandths, memory in bytes: as upstream's messages count. */
const units = (name: string, amount = '0'): number => (name === 'cpu' ? milliValue(amount) : quantityValue(amount));

/**
 * Whether the node can give a pod what it asks for: `others` is what all other pods of the node have been given. Only
 * what grows needs room (kubelet, allocation manager and lifecycle's general predicates).
 */
export function roomFor(asks: core.Pod, has: core.Pod, others: ReadonlyArray<Amounts>, allocatable: Amounts): Pending | undefined {
  const [wanted, held] = [podRequests(asks.spec), podRequests(has.spec)];
  for (const name of [...resizable].reverse()) {
    const [requested, capacity] = [units(name, wanted[name]), units(name, allocatable[name])];
    if (requested > capacity)
      return { reason: 'Infeasible', message: `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}` };
  }
  for (const name of resizable) {
    const [requested, capacity] = [units(name, wanted[name]), units(name, allocatable[name])];
    if (requested <= units(name, held[name])) continue;
    const used = others.reduce((sum, it) => sum + units(name, it[name]), 0);
    if (used + requested > capacity)
      return {
        reason: 'Deferred',
        message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
      };
  }
  return undefined;
}
