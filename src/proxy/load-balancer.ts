import type { Client, EventRecorder } from '../client/index.ts';
import { type core, service } from '../kinds/index.ts';
import type { Log } from '../lib/log.ts';
import { isDeleting, keyOf, splitKey } from '../meta/owner.ts';
import { isReason } from '../meta/status-error.ts';
import { isBalanced } from './table.ts';

type Ingress = NonNullable<NonNullable<core.ServiceStatus['loadBalancer']>['ingress']>;

/**
 * What status.loadBalancer.ingress should be, seen from the node at `address`: each node answers for its own entry alone.
 * `isServed` says whether every port is listening there.
 */
export function wantedIngress(it: core.Service, address: string, isServed: boolean): Ingress {
  const now = it.status?.loadBalancer?.ingress ?? [];
  const has = now.some((entry) => entry.ip === address);
  if (!isBalanced(it)) return now.filter((entry) => entry.ip !== address);
  if (has || !isServed || isDeleting(it)) return now;
  return [...now, { ip: address, ipMode: 'VIP' }];
}

/** Writes the status of LoadBalancer services, as a cloud's controller would. One write at a time and service. */
export function createLoadBalancerStatus(address: string, deps: { client: Client; recorder: EventRecorder; log: Log }) {
  const { client, recorder, log } = deps;
  const writing = new Set<string>();
  const again = new Map<string, boolean>();

  async function write(key: string, isServed: boolean): Promise<void> {
    let isNew = false;
    const written = await client.changeStatus(service, splitKey(key) as { namespace: string; name: string }, (draft) => {
      const now = draft.status?.loadBalancer?.ingress ?? [];
      const wanted = wantedIngress(draft, address, isServed);
      isNew = wanted.length > now.length;
      if (wanted.length === now.length) return false;
      draft.status = { ...draft.status, loadBalancer: wanted.length > 0 ? { ingress: wanted } : {} };
      return true;
    });
    if (written && isNew) recorder.record(written, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
  }

  return {
    /** Never fails; called again after every change of the service or of what listens. */
    async update(it: core.Service, isServed: boolean): Promise<void> {
      const key = keyOf(it);
      if (wantedIngress(it, address, isServed) === it.status?.loadBalancer?.ingress) return;
      if (writing.has(key)) {
        again.set(key, isServed);
        return;
      }
      writing.add(key);
      try {
        let served: boolean | undefined = isServed;
        while (served !== undefined) {
          again.delete(key);
          await write(key, served);
          served = again.get(key);
        }
      } catch (error) {
        // The next change or the next listing of the service tries again.
        if (!isReason(error, 'NotFound')) log.warn('the status of a load balancer was not written', { service: key, error: String(error) });
      } finally {
        writing.delete(key);
        again.delete(key);
      }
    },
  };
}
